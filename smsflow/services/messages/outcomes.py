"""Outcomes of submits: the answers of operators, recorded in groups."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import assert_never

from msgspec import Struct

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
from smsflow.domain.message import OUTLIVED, Kind, Status
from smsflow.services.messages import closing
from smsflow.services.messages.closing import End
from smsflow.services.messages.stopped import StopReason, stop, stopped
from smsflow.store.messages import late_refusals, queue, submitted, unknowns
from smsflow.store.postgres.transactions import Tx

# An unanswered message waits this many times longer before each further sending; with a minute at first, the longest wait is 17 hours.
_LONGER = 4
_LONGEST = 5


@dataclass(frozen=True, slots=True)
class Graces:
    """How long an unknown outcome may stay so: before it is sent again for the first time, and before it is given up."""

    resend: timedelta = timedelta(seconds=60)
    give_up: timedelta = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Way:
    """The way out that outcomes came from: one dispatcher's bind of one connector."""

    connector_id: int
    account_id: int
    instance_id: int
    graces: Graces = field(default=Graces())


class Report(Struct, frozen=True):
    """The outcome of one claim."""

    message_id: int
    attempt: int
    outcome: Outcome


async def record_accepted(tx: Tx, way: Way, reports: Sequence[Report], *, now: datetime) -> None:
    """Record what operators accepted, in one statement. A claim that is no longer held changes no status, but its references are kept."""
    sent = [
        submitted.Sent(r.message_id, r.attempt, r.outcome.references)
        for r in reports
        if isinstance(r.outcome, Accepted)
    ]
    await submitted.record_sent(
        tx,
        sent,
        connector_id=way.connector_id,
        account_id=way.account_id,
        instance_id=way.instance_id,
        now=now,
    )


async def record_others(tx: Tx, way: Way, reports: Sequence[Report], *, now: datetime) -> None:
    """Record every other outcome. A claim that is no longer held changes nothing, unless its message is unknown from this very attempt."""
    stops = await stopped(tx, [r.message_id for r in reports if isinstance(r.outcome, Deferred | NotSent)])
    claims = [queue.Held(r.message_id, r.attempt) for r in reports]
    held = await queue.still_held(tx, claims, instance_id=way.instance_id)
    ours = [r for r in reports if (r.message_id, r.attempt) in held]
    others = [r for r in reports if (r.message_id, r.attempt) not in held]
    ends: list[End] = []
    back: list[tuple[queue.Held, datetime | None]] = []
    unsure: list[tuple[int, int]] = []
    for r in ours:
        match r.outcome:
            case Rejected(error):
                ends.append(End(r.message_id, Status.FAILED, error, not_taken=True))
            case Outlived():
                ends.append(End(r.message_id, Status.EXPIRED, OUTLIVED, not_taken=True))
            case Deferred(_, wait):
                back.append((queue.Held(r.message_id, r.attempt), now + timedelta(seconds=wait)))
            case NotSent():
                back.append((queue.Held(r.message_id, r.attempt), None))
            case Unanswered():
                unsure.append((r.message_id, r.attempt))
            case Accepted():
                raise TypeError("what was accepted is recorded by record_accepted")
            case _:  # pragma: no cover
                assert_never(r.outcome)
    if back:
        await queue.release(tx, back, instance_id=way.instance_id)
        ends += await stop(tx, [h.message_id for h, _ in back], stops)
    if unsure:
        found = await unknowns.claims(tx, unsure, instance_id=way.instance_id)
        await unknowns.mark(tx, [decide_unknown(c, way.graces, now) for c in found], now=now)
    ends += await _record_late(tx, others, stops, now=now)
    # All at once, and last: it locks companies in the order of their ids, and nothing is locked after them.
    await closing.close(tx, ends, now=now)


async def give_back(tx: Tx, claims: Sequence[queue.Held], *, instance_id: int, now: datetime) -> None:
    """Give claims back whose messages have surely not left: they leave in their old place, unless they must not any more."""
    ids = [claim.message_id for claim in claims]
    stops = await stopped(tx, ids)
    await queue.release(tx, [(claim, None) for claim in claims], instance_id=instance_id)
    await closing.close(tx, await stop(tx, ids, stops), now=now)


async def _record_late(
    tx: Tx, reports: Sequence[Report], stops: Mapping[int, StopReason], *, now: datetime
) -> list[End]:
    """Record refusals that came after their time, and return the ends that they bring.

    Each settles the message that is unknown, or waits again, from this very attempt.

    One that cannot be taken now waits again where it may be sent again, and ends where it may not (ADR 1). An attempt before the last
    one counts no more as one that may have reached the handset.
    """
    noes = {(r.message_id, r.attempt): r.outcome for r in reports if isinstance(r.outcome, Rejected | Deferred)}
    if not noes:
        return []
    new = await late_refusals.keep(tx, noes, now=now)
    if not new:
        return []
    waiting = await late_refusals.uncount(tx, new)
    ends: list[End] = []
    again: list[tuple[unknowns.Settled, datetime]] = []
    for settled in await unknowns.settled(tx, list(new)):
        no = noes[settled.message_id, settled.attempt]
        if isinstance(no, Deferred) and resend_policy(settled.kind, settled.resend) == "at_least_once":
            again.append((settled, now + timedelta(seconds=no.wait)))
        else:
            ends.append(End(settled.message_id, Status.FAILED, no.error, not_taken=True))
    for message_id, attempt in new:
        no = noes[message_id, attempt]
        if message_id in waiting and isinstance(no, Rejected):
            ends.append(End(message_id, Status.FAILED, no.error, not_taken=True))
    if again:
        await unknowns.queue_again(tx, again)
        ends += await stop(tx, [settled.message_id for settled, _ in again], stops)
    return ends


def resend_policy(kind: Kind, wish: str | None) -> Resend:
    """Return whether a message may be sent again that may have left (ADR 1): marketing never, unless its company says so."""
    if wish is not None:
        return "at_most_once" if wish == "at_most_once" else "at_least_once"
    return "at_most_once" if kind is Kind.MARKETING else "at_least_once"


def decide_unknown(orphan: unknowns.Orphan, graces: Graces, now: datetime) -> unknowns.Unsure:
    """Return when a message that may have left is sent again, if ever.

    Each further time is later: an operator that delivers and never answers must not make a handset ring all day.
    """
    grace = graces.resend * _LONGER ** min(orphan.losses, _LONGEST)
    # Not beyond its validity, which ends it then.
    later = max(now + graces.resend, min(now + grace, orphan.valid_until))
    resend_at = later if resend_policy(orphan.kind, orphan.resend) == "at_least_once" else None
    return unknowns.Unsure(orphan.message_id, resend_at, now + graces.give_up)
