"""Delivery receipts, applied to the messages they speak of."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from smsflow.domain.delivery import (
    Policy,
    combine,
)
from smsflow.domain.message import Status, advance
from smsflow.store.messages import closing, receipts
from smsflow.store.messages.receipts import News
from smsflow.store.postgres.transactions import Database, Tx


async def receive(
    database: Database,
    news: Sequence[News],
    *,
    policy: Policy,
    forms: Callable[[str], Iterable[str]],
    now: datetime,
) -> list[News]:
    """Record receipts; when this returns they are on disk and may be acknowledged.

    `forms` gives the other ways that an operator may write a reference. A receipt that belongs to no message yet is parked, but
    without the flag of a receipt it is a text of a person: these are returned.
    """
    async with database.autocommit() as tx:
        plain = [place for place, n in enumerate(news) if n.status is Status.DELIVERED]
        settled = await receipts.deliver(tx, [news[p] for p in plain], now=now) if plain else set()
    done = {plain[p] for p in settled}
    left = [n for place, n in enumerate(news) if place not in done]
    if left:
        async with database.transaction() as tx:
            foreign = await settle(tx, left, policy=policy, forms=forms, guess=False, now=now)
            parked = [n for n in foreign if n.flagged]
            # Each id alone: one of them finds the message when it comes.
            parked += [replace(n, reference=n.other_reference) for n in parked if n.other_reference]
            if parked:
                await receipts.park(tx, parked, forms=forms, now=now)
            return [n for n in foreign if not n.flagged]
    return []


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
    locked = await closing.lock(tx, sorted({*whole, *(p[0] for p in parts)}))
    if parts:
        for message_id, states in (await receipts.note_parts(tx, parts)).items():
            end = combine(states, policy)
            if end is not None:
                whole[message_id] = _decisive(by_message[message_id], end)
    await closing.close(tx, _ends(whole, locked), locked, now=now)
    return [n for place, n in enumerate(strangers) if place not in guessed]


def _decisive(news: Sequence[News], end: Status) -> News:
    """Return the news of a part that brought the end about, a refusal first: its credits go back."""
    deciding = [n for n in news if n.status is end] or list(news)
    return replace(max(deciding, key=lambda n: n.refused), status=end)


def _ends(whole: Mapping[int, News], locked: Mapping[int, closing.Locked]) -> list[closing.Closed]:
    """Return the messages whose status moves; stale news moves nothing, and only what the operator refused is returned."""
    return [
        closing.Closed(message_id, n.status, n.error, refund=n.refused)
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
        for form in (*forms(n.reference), n.other_reference)
        if form and form != n.reference
    ]
    if tries:
        for position, part in (await receipts.find(tx, [n for _, n in tries])).items():
            place = tries[position][0]
            if place not in found or part.agrees:
                found[place] = part
    # A person who knows an id still has only the own number.
    return {place: part for place, part in found.items() if news[place].flagged or part.agrees}
