"""What became of submits: the answers of operators, recorded in groups."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from smsflow.domain.account import Resend
from smsflow.domain.delivery import (
    Accepted,
    Deferred,
    NotSent,
    Outcome,
    Outlived,
    Rejected,
    Unanswered,
)
from smsflow.domain.message import FINAL, Kind, Status
from smsflow.store.messages import closing, queue, unknowns
from smsflow.store.postgres.transactions import Database, Tx

# So much longer each further time, and for the last time after so many: with a minute at first, 17 hours.
_LONGER = 4


_LONGEST = 5


@dataclass(frozen=True, slots=True)
class Graces:
    """How long an unknown outcome may stay so: before it is sent again for the first time, and before one stops waiting."""

    resend: timedelta = timedelta(seconds=60)
    give_up: timedelta = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Way:
    """The way out that outcomes came from: one dispatcher's bind of one connector."""

    connector_id: int
    account_id: int
    instance_id: int
    graces: Graces = field(default=Graces())


@dataclass(frozen=True, slots=True)
class Report:
    """What became of one claim."""

    message_id: int
    attempt: int
    outcome: Outcome


async def record(database: Database, way: Way, reports: Sequence[Report], *, now: datetime) -> None:
    """Record what became of claims. A claim that is no longer held changes no status (but a reference is always kept)."""
    sent = [
        queue.Sent(r.message_id, r.attempt, r.outcome.references) for r in reports if isinstance(r.outcome, Accepted)
    ]
    if sent:
        async with database.autocommit() as tx:
            await queue.record_sent(
                tx,
                sent,
                connector_id=way.connector_id,
                account_id=way.account_id,
                instance_id=way.instance_id,
                now=now,
            )
    others = [r for r in reports if not isinstance(r.outcome, Accepted)]
    if others:
        async with database.transaction() as tx:
            await _record_others(tx, way, others, now=now)


async def _record_others(tx: Tx, way: Way, reports: Sequence[Report], *, now: datetime) -> None:
    held = await queue.still_held(
        tx, [queue.Held(r.message_id, r.attempt) for r in reports], instance_id=way.instance_id
    )
    ended: list[closing.Closed] = []
    back: list[tuple[queue.Held, datetime | None]] = []
    unsure: list[tuple[int, int]] = []
    refused = [(r.message_id, r.attempt) for r in reports if isinstance(r.outcome, Rejected)]
    # A refusal that came after its time settles what was unknown from this very attempt.
    late = await unknowns.settled(tx, [r for r in refused if r not in held]) if refused else set()
    for r in reports:
        if (r.message_id, r.attempt) not in held | late:
            continue
        claim = queue.Held(r.message_id, r.attempt)
        match r.outcome:
            case Rejected(error):
                ended.append(closing.Closed(r.message_id, Status.FAILED, error, refund=True))
            case Outlived():
                ended.append(closing.Closed(r.message_id, Status.EXPIRED, "validity ended", refund=True))
            case Deferred(_, wait):
                back.append((claim, now + timedelta(seconds=wait)))
            case NotSent():
                back.append((claim, None))
            case Unanswered():
                unsure.append((r.message_id, r.attempt))
            case Accepted():  # pragma: no cover - recorded before
                pass
    if ended:
        locked = await closing.lock(tx, [e.message_id for e in ended])
        await closing.close(tx, [e for e in ended if locked[e.message_id].status not in FINAL], locked, now=now)
    if back:
        await queue.release(tx, back, instance_id=way.instance_id)
    if unsure:
        claims = await unknowns.claims(tx, unsure, instance_id=way.instance_id)
        await unknowns.mark(tx, [decide_unknown(c, way.graces, now) for c in claims], now=now)


def decide_unknown(orphan: unknowns.Orphan, graces: Graces, now: datetime) -> unknowns.Unsure:
    """Return when a message that may have left is sent again, if ever (ADR 1: marketing never, unless its company says so).

    Each further time is later: an operator that delivers and never answers must not make a handset ring all day.
    """
    policy: Resend = "at_most_once" if orphan.kind is Kind.MARKETING else "at_least_once"
    if orphan.resend is not None:
        policy = "at_most_once" if orphan.resend == "at_most_once" else "at_least_once"
    grace = graces.resend * _LONGER ** min(orphan.losses, _LONGEST)
    # Not beyond its validity, which ends it then.
    later = max(now + graces.resend, min(now + grace, orphan.valid_until))
    resend_at = later if policy == "at_least_once" else None
    return unknowns.Unsure(orphan.message_id, resend_at, now + graces.give_up)


async def take_back(database: Database, instance_id: int, *, graces: Graces, now: datetime, most: int = 500) -> int:
    """Make unknown what a dead dispatcher had claimed; return how many. The dispatcher must be buried in the same way."""
    total = 0
    while True:
        async with database.transaction() as tx:
            found = await unknowns.orphans(tx, instance_id, limit=most)
            if found:
                await unknowns.mark(tx, [decide_unknown(o, graces, now) for o in found], now=now)
        total += len(found)
        if len(found) < most:
            return total
