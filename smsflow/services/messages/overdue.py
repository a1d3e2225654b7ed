"""Changes that time alone brings: unknown messages are sent again or end, sent ones without a receipt end, waiting ones move."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from smsflow.domain.message import OUTLIVED, PRESUMED, Status
from smsflow.domain.phone import Number
from smsflow.domain.routing import Table
from smsflow.services.messages import closing
from smsflow.services.messages.closing import End
from smsflow.services.messages.outcomes import Graces, decide_unknown
from smsflow.services.messages.stopped import StopReason, stop, stopped
from smsflow.store.messages import due, rerouting, unknowns, unsettled
from smsflow.store.messages.rerouting import Place
from smsflow.store.postgres.arrays import ints
from smsflow.store.postgres.transactions import Tx


async def release_due(tx: Tx, *, limit: int, now: datetime) -> int:
    """Let planned and deferred messages leave whose time has come; return how many there were.

    One whose reader has opted out of all meanwhile is cancelled with its credits back, or held where it may have left before.
    """
    taken = await due.take(tx, now=now, limit=limit)
    over = dict.fromkeys(await due.opted_out(tx, taken), StopReason.OPTED_OUT)
    # First: it locks companies, and what goes moves their turns.
    await closing.close(tx, await stop(tx, list(over), over), now=now)
    await due.let_go(tx, [d for d in taken if d.message_id not in over] if over else taken)
    return len(taken)


async def resend_unknown(tx: Tx, table: Table, *, limit: int, now: datetime) -> int:
    """Send unknown messages again whose grace has passed, by another connector where there is one; return how many.

    One whose validity has ended ends presumed: it may have been delivered, so its credits stay where they are. A code that was used,
    replaced or blocked meanwhile is not sent again, nor what is of a cancelled campaign or to somebody who opted out: it stays unknown.
    """
    due_ = await unknowns.due(tx, now=now, limit=limit)
    if not due_:
        return 0
    stops = await stopped(tx, due_)
    waiting = await unknowns.to_resend(tx, due_, now=now)
    live = [w for w in waiting if w.valid_until > now]
    over = {w.message_id for w in live if stops.get(w.message_id) not in {None, StopReason.PAUSED}}
    if over:
        await unknowns.keep(tx, over)
    again = [(w.message_id, _next_way(w, table)) for w in live if w.message_id not in over]
    if again:
        await unknowns.requeue(tx, again, now=now)
        await stop(tx, [message_id for message_id, _ in again], stops)
    late = [End(w.message_id, Status.EXPIRED, PRESUMED, not_taken=False) for w in waiting if w.valid_until <= now]
    await closing.close(tx, late, now=now)
    return len(again)


def _next_way(waiting: unknowns.Waiting, table: Table) -> int:
    number = Number(waiting.number, waiting.country, mobile=True)
    ways = table.decide(number, company_id=waiting.company_id, sender=waiting.sender, kind=waiting.kind)
    return next((w for w in ways if w != waiting.connector_id), waiting.connector_id)


async def give_up(tx: Tx, *, limit: int, now: datetime) -> int:
    """Stop waiting for news of unknown messages that must not be sent again: they stay unknown; return how many."""
    return await unknowns.give_up(tx, now=now, limit=limit)


async def take_back(tx: Tx, instance_id: int, *, graces: Graces, limit: int, now: datetime) -> int:
    """Make unknown up to `limit` messages that a dispatcher had claimed which was declared dead; return how many."""
    found = await unknowns.orphans(tx, instance_id, limit=limit)
    if found:
        await unknowns.mark(tx, [decide_unknown(o, graces, now) for o in found], now=now)
    return len(found)


async def remember_sent(tx: Tx, *, below: int) -> bool:
    """Remember a block of messages with ids below this one, for `expire_sent`; False when every one of them is remembered."""
    return await unsettled.remember(tx, below=below)


async def expire_sent(tx: Tx, *, limit: int, now: datetime) -> int | None:
    """End up to `limit` sent messages whose validity has passed without a receipt; return how many, or None when no block is due.

    The operator took them, so they stay charged; their end is presumed, and a later receipt still settles them.
    """
    block = await unsettled.overdue(tx, limit=limit, now=now)
    if block is None:
        return None
    ends = [End(message_id, Status.EXPIRED, PRESUMED, not_taken=False) for message_id in block.ids]
    closed = await closing.close(tx, ends, now=now)
    await unsettled.put_back(tx, block, now=now)
    return closed


@dataclass(frozen=True, slots=True)
class Rerouted:
    """The result for a page of a queue: how many were moved, and the place that the next page begins after (None: it was the last)."""

    moved: int
    after: Place | None


async def reroute(
    tx: Tx, table: Table, connector_id: int, *, out: frozenset[int], after: Place, limit: int, now: datetime
) -> Rerouted:
    """Move a page of what waits for a connector that is out of order to the next of its routes, and end what has outlived its validity.

    `out` holds every connector that is out of order; what has no other way keeps its place.
    """
    page = await rerouting.stuck(tx, connector_id, after=after, before=now, limit=limit)
    late = [End(s.message_id, Status.EXPIRED, OUTLIVED, not_taken=True) for s in page if s.valid_until <= now]
    await closing.close(tx, late, now=now)
    moved = _other_ways([s for s in page if s.valid_until > now], table, out)
    if moved:
        await rerouting.move(tx, ints(m for m, _ in moved), ints(c for _, c in moved))
    return Rerouted(len(moved), page[-1].place if len(page) == limit else None)


def _other_ways(page: Sequence[rerouting.Stuck], table: Table, out: frozenset[int]) -> list[tuple[int, int]]:
    moved = []
    for s in page:
        number = Number(s.number, s.country, mobile=True)
        ways = table.decide(number, company_id=s.company_id, sender=s.sender, kind=s.kind, without=out)
        if ways:
            moved.append((s.message_id, ways[0]))
    return moved
