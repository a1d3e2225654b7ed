"""Messages that end: by the legal steps of a message, and with the one rule by which credits go back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from smsflow.domain.delivery import returns_credits
from smsflow.domain.message import PRESUMED, Status, advance, is_presumed
from smsflow.store.messages import closing
from smsflow.store.messages.closing import Closed, Locked
from smsflow.store.postgres.transactions import Tx


@dataclass(frozen=True, slots=True)
class End:
    """The last status of a message, and why; `not_taken` when what it ends with never reached the operator's network."""

    message_id: int
    status: Status
    error: str | None
    not_taken: bool


async def close(tx: Tx, ends: Sequence[End], *, now: datetime, locked: Mapping[int, Locked] | None = None) -> int:
    """Close messages whose status may move, and return credits where the rule says so; return how many were closed.

    The first end of a message counts. `locked` holds their rows when the caller has locked them already.
    """
    if not ends:
        return 0
    first = {e.message_id: e for e in reversed(ends)}
    if locked is None:
        locked = await closing.lock(tx, sorted(first))
    closed = [
        _closed(e, message)
        for e in first.values()
        if (message := locked.get(e.message_id)) is not None and _moves(message, e.status)
    ]
    await closing.close(tx, closed, locked, now=now)
    return len(closed)


def _closed(end: End, message: Locked) -> Closed:
    refund = returns_credits(not_taken=end.not_taken, losses=message.losses)
    # An earlier attempt may be on the handset, and news of it may still come.
    presumed = end.status is Status.EXPIRED and end.not_taken and not refund
    return Closed(end.message_id, end.status, PRESUMED if presumed else end.error, refund=refund)


def _moves(message: Locked, status: Status) -> bool:
    presumed = is_presumed(message.status, message.error)
    return advance(message.status, status, presumed=presumed) is not message.status
