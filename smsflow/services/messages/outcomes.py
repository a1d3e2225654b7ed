"""What became of messages: the answers of operators and their receipts, recorded in groups."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from smsflow.domain.account import Resend
from smsflow.domain.delivery import (
    Accepted,
    Deferred,
    NotSent,
    Outcome,
    Outlived,
    Policy,
    Rejected,
    Unanswered,
    combine,
)
from smsflow.domain.message import FINAL, Kind, Status, advance
from smsflow.store.messages import accept as messages
from smsflow.store.messages import queue, receipts, unknowns
from smsflow.store.messages.receipts import News
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
    ended: list[messages.Closed] = []
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
                ended.append(messages.Closed(r.message_id, Status.FAILED, error, refund=True))
            case Outlived():
                ended.append(messages.Closed(r.message_id, Status.EXPIRED, "validity ended", refund=True))
            case Deferred(_, wait):
                back.append((claim, now + timedelta(seconds=wait)))
            case NotSent():
                back.append((claim, None))
            case Unanswered():
                unsure.append((r.message_id, r.attempt))
            case Accepted():  # pragma: no cover - recorded before
                pass
    if ended:
        locked = await messages.lock(tx, [e.message_id for e in ended])
        await messages.close(tx, [e for e in ended if locked[e.message_id].status not in FINAL], locked, now=now)
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


async def receive(
    database: Database,
    news: Sequence[News],
    *,
    policy: Policy,
    forms: Callable[[str], Iterable[str]],
    now: datetime,
) -> None:
    """Record receipts; when this returns they are on disk and may be acknowledged.

    `forms` gives the other ways that an operator may write a reference. What belongs to no message yet is parked.
    """
    async with database.autocommit() as tx:
        plain = [place for place, n in enumerate(news) if n.status is Status.DELIVERED]
        settled = await receipts.deliver(tx, [news[p] for p in plain], now=now) if plain else set()
    done = {plain[p] for p in settled}
    left = [n for place, n in enumerate(news) if place not in done]
    if left:
        async with database.transaction() as tx:
            foreign = await settle(tx, left, policy=policy, forms=forms, guess=False, now=now)
            if foreign:
                await receipts.park(tx, foreign, forms=forms, now=now)


async def settle(
    tx: Tx,
    news: Sequence[News],
    *,
    policy: Policy,
    forms: Callable[[str], Iterable[str]],
    guess: bool,
    now: datetime,
) -> list[News]:
    """Apply receipts to the messages they speak of; return those that speak of none.

    `guess` allows a receipt whose reference nobody knows to settle the one unknown message that it can speak of.
    """
    found = await _find(tx, news, forms)
    whole: dict[int, News] = {}
    parts: list[tuple[int, int, Status]] = []
    by_message: dict[int, list[News]] = {}
    for place, part in found.items():
        n = news[place]
        if part.total == 1:
            whole.setdefault(part.message_id, n)
        else:
            parts.append((part.message_id, part.number, n.status))
            by_message.setdefault(part.message_id, []).append(n)
    strangers = [n for p, n in enumerate(news) if p not in found]
    guessed = await receipts.guess(tx, strangers) if guess and strangers else {}
    for place, message_id in guessed.items():
        whole.setdefault(message_id, strangers[place])
    locked = await messages.lock(tx, sorted({*whole, *(p[0] for p in parts)}))
    if parts:
        for message_id, states in (await receipts.note_parts(tx, parts)).items():
            end = combine(states, policy)
            if end is not None:
                whole[message_id] = _decisive(by_message[message_id], end)
    await messages.close(tx, _ends(whole, locked), locked, now=now)
    return [n for place, n in enumerate(strangers) if place not in guessed]


def _decisive(news: Sequence[News], end: Status) -> News:
    """Return the news of a part that brought the end about, a refusal first: its credits go back."""
    deciding = [n for n in news if n.status is end] or list(news)
    return replace(max(deciding, key=lambda n: n.refused), status=end)


def _ends(whole: Mapping[int, News], locked: Mapping[int, messages.Locked]) -> list[messages.Closed]:
    """Return the messages whose status moves; stale news moves nothing, and only what the operator refused is returned."""
    return [
        messages.Closed(message_id, n.status, n.error, refund=n.refused)
        for message_id, n in whole.items()
        if message_id in locked and advance(locked[message_id].status, n.status) is not locked[message_id].status
    ]


async def _find(tx: Tx, news: Sequence[News], forms: Callable[[str], Iterable[str]]) -> dict[int, receipts.Found]:
    """Return the parts that receipts speak of: by the reference as it is, or in another base when only that agrees with the number."""
    found = await receipts.find(tx, news)
    tries = [
        (place, replace(n, reference=form))
        for place, n in enumerate(news)
        if place not in found or not found[place].agrees
        for form in forms(n.reference)
        if form != n.reference
    ]
    if tries:
        for position, part in (await receipts.find(tx, [n for _, n in tries])).items():
            place = tries[position][0]
            if place not in found or part.agrees:
                found[place] = part
    return found
