"""Delivery receipts, applied to the messages they speak of (docs/smpp.md, rules 5 to 9)."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from msgspec.structs import replace

from smsflow.domain.delivery import Policy, combine
from smsflow.domain.matching import Agreement, Candidate, Form, agreement, choose, fold
from smsflow.domain.message import Status
from smsflow.services.messages import closing
from smsflow.services.messages.closing import End
from smsflow.store.messages import closing as stored
from smsflow.store.messages import parked, receipts
from smsflow.store.messages.receipts import News
from smsflow.store.postgres.transactions import Tx

Forms = Callable[[str], Iterable[str]]


async def deliver(tx: Tx, news: Sequence[News], *, near: int, now: datetime) -> list[News]:
    """Record plain deliveries of messages with ids up to `near`, in one statement; return what needs more than that, in its order."""
    plain = [place for place, n in enumerate(news) if n.status is Status.DELIVERED]
    if not plain:
        return list(news)
    settled = await receipts.deliver(tx, [news[p] for p in plain], near=near, now=now)
    done = {plain[p] for p in settled}
    return [n for place, n in enumerate(news) if place not in done]


async def settle_or_park(tx: Tx, news: Sequence[News], *, policy: Policy, forms: Forms, now: datetime) -> list[News]:
    """Apply receipts, and park those that no message was found for; `forms` gives the other ways that an operator may write an id.

    A receipt without the flag of one, and without a message, is a text of a person: these are returned.
    """
    unmatched = [news[place] for place in await settle(tx, news, policy=policy, forms=forms, now=now)]
    kept = [n for n in unmatched if n.flagged]
    # Each id alone: one of them finds the message when it comes.
    kept += [replace(n, reference=n.other_reference) for n in kept if n.other_reference]
    if kept:
        await parked.park(tx, kept, forms=forms, now=now)
    return [n for n in unmatched if not n.flagged]


async def settle(tx: Tx, news: Sequence[News], *, policy: Policy, forms: Forms, now: datetime) -> list[int]:
    """Apply receipts to the messages they speak of; return the places of those that speak of none."""
    found = await _find(tx, news, forms)
    whole: dict[int, News] = {}
    parts: list[tuple[int, int, Status]] = []
    by_message: dict[int, list[News]] = {}
    for place, candidate in found.items():
        n = news[place]
        if candidate.total == 1:
            whole.setdefault(candidate.message_id, n)
        else:
            # An operator that gives all parts one id speaks of all of them at once.
            parts += [(candidate.message_id, part, n.status) for part in candidate.parts]
            by_message.setdefault(candidate.message_id, []).append(n)
    locked = await stored.lock(tx, sorted({*whole, *by_message}))
    if parts:
        for message_id, states in (await receipts.note_parts(tx, parts)).items():
            end = combine(states, policy)
            if end is not None:
                whole[message_id] = _decisive(by_message[message_id], end)
    ends = [End(message_id, n.status, n.error, not_taken=n.refused) for message_id, n in whole.items()]
    await closing.close(tx, ends, now=now, locked=locked)
    return [place for place in range(len(news)) if place not in found]


def _decisive(news: Sequence[News], end: Status) -> News:
    """Return the news of a part that brought the end about, a refusal first: its credits go back."""
    deciding = [n for n in news if n.status is end] or list(news)
    return replace(max(deciding, key=lambda n: n.refused), status=end)


async def _find(tx: Tx, news: Sequence[News], forms: Forms) -> dict[int, Candidate]:
    """Return, by place, the messages that receipts speak of: by the id as it stands, else folded, in another base, or by the text's id."""
    candidates = await receipts.find(tx, [(n.account_id, n.reference) for n in news])
    found = {place: _choose(n, candidates[place]) for place, n in enumerate(news)}
    left = [place for place, best in found.items() if best is None or not best.is_open]
    tries = [
        (place, form, is_base)
        for place in left
        for form, is_base in (*((f, True) for f in forms(news[place].reference)), (news[place].other_reference, False))
        if form and form not in {news[place].reference, fold(news[place].reference)}
    ]
    if tries:
        others = await receipts.find(tx, [(news[place].account_id, form) for place, form, _ in tries])
        for (place, _, is_base), more in zip(tries, others, strict=True):
            candidates[place] += [replace(c, form=Form.OTHER_BASE) if is_base else c for c in more]
        found.update((place, _choose(news[place], candidates[place])) for place in left)
    return {place: best for place, best in found.items() if best is not None}


def _choose(news: News, candidates: Sequence[Candidate]) -> Candidate | None:
    """Return the message that a receipt speaks of; a person who knows an id still has only the own number."""
    if news.flagged:
        return choose(candidates, (news.number, news.sender))
    return choose(
        [c for c in candidates if agreement(c.number, c.sender, (news.number,)) is Agreement.AGREES], (news.number,)
    )
