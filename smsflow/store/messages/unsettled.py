"""Messages whose end has not come, remembered by blocks of ids: a look for those whose validity has passed reads no others.

An index by validity or status would cost every message something at each step; a block costs one row, written seldom.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from smsflow.store.postgres.bounds import bounded
from smsflow.store.postgres.transactions import Tx, text

# Read in a few milliseconds by message_pkey.
WIDTH = 10_000
# A block is not read again sooner, however many of its messages end one after the other.
_PAUSE = timedelta(seconds=10)
# An SMS that should have ended in another way by now (it waits, or nobody knows whether it left) is looked at again, for a while.
_LATE_PAUSE = timedelta(minutes=10)
_LATE_FOR = timedelta(days=2)

_TAKE = text("SELECT next_id FROM unsettled_walk FOR UPDATE SKIP LOCKED")
# Behind a gap in the ids there may be none for a long way.
_NEXT = text("SELECT id FROM message WHERE id >= :low AND id < :high ORDER BY id LIMIT 1")
_BLOCK = bounded(f"""
INSERT INTO unsettled_block AS b (start, next_at)
SELECT id / {WIDTH} * {WIDTH}, min(valid_until) FROM message
WHERE id >= :low AND id < :high AND WITHIN(id) AND status IN (1, 2, 5, 8) GROUP BY 1
ON CONFLICT (start) DO UPDATE SET next_at = least(b.next_at, excluded.next_at)
""")
_MOVE = text("UPDATE unsettled_walk SET next_id = :next_id")


async def last_id(tx: Tx) -> int:
    """Return the last id that was given to a message; it may not be committed yet."""
    return int((await tx.execute(text("SELECT last_value FROM message_id_seq"))).scalar_one())


async def remember(tx: Tx, *, below: int) -> bool:
    """Remember a block of messages with ids below this one that nobody has looked at yet; False when there is none."""
    next_id = (await tx.execute(_TAKE)).scalar_one_or_none()
    if next_id is None or next_id >= below:
        return False
    low = (await tx.execute(_NEXT, {"low": next_id, "high": below})).scalar_one_or_none()
    high = below
    if low is not None:
        high = min(below, (low // WIDTH + 1) * WIDTH)
        await tx.execute(_BLOCK((low, high - 1)), {"low": low, "high": high})
    await tx.execute(_MOVE, {"next_id": high})
    return high < below


_DUE = text("SELECT start FROM unsettled_block WHERE next_at <= :now ORDER BY next_at LIMIT 1 FOR UPDATE SKIP LOCKED")
_OVERDUE = bounded("""
SELECT id FROM message WHERE id >= :low AND id < :high AND WITHIN(id) AND status = 2 AND valid_until <= :now ORDER BY id LIMIT :limit
""")
_AGAIN = bounded("""
SELECT min(CASE WHEN valid_until > :now THEN valid_until ELSE :later END) FROM message
WHERE id >= :low AND id < :high AND WITHIN(id) AND status IN (1, 2, 5, 8) AND valid_until > :since
""")


@dataclass(frozen=True, slots=True)
class Overdue:
    """A block, and those of its sent messages whose validity has passed; `full` when it may have more."""

    start: int
    ids: list[int]
    full: bool


async def overdue(tx: Tx, *, limit: int, now: datetime) -> Overdue | None:
    """Take a block that is due; None when there is none. Call `put_back` once its messages are dealt with."""
    start = (await tx.execute(_DUE, {"now": now})).scalar_one_or_none()
    if start is None:
        return None
    parameters = {"low": start, "high": start + WIDTH, "now": now, "limit": limit}
    ids = [message_id for (message_id,) in await tx.execute(_OVERDUE((start, start + WIDTH - 1)), parameters)]
    return Overdue(start, ids, len(ids) == limit)


async def put_back(tx: Tx, block: Overdue, *, now: datetime) -> None:
    """Have a block looked at again when the next of its messages is due, or forget it when every message has ended."""
    if block.full:
        return
    bounds = {"low": block.start, "high": block.start + WIDTH}
    times = {"now": now, "later": now + _LATE_PAUSE, "since": now - _LATE_FOR}
    statement = _AGAIN((block.start, block.start + WIDTH - 1))
    again = (await tx.execute(statement, {**bounds, **times})).scalar_one()
    if again is None:
        await tx.execute(text("DELETE FROM unsettled_block WHERE start = :start"), {"start": block.start})
    else:
        update = text("UPDATE unsettled_block SET next_at = :again WHERE start = :start")
        await tx.execute(update, {"start": block.start, "again": max(again, now + _PAUSE)})
