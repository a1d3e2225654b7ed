"""SMS that handsets send to us: assembled from their parts, and stored once however often the operator repeats them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from smsflow.domain import phone, segments
from smsflow.domain.account import Company
from smsflow.domain.message import NewMessage
from smsflow.domain.optout import Command, command
from smsflow.domain.routing import Table
from smsflow.errors import NotFound
from smsflow.services.contacts import by_sms
from smsflow.services.contacts.by_sms import Asked
from smsflow.services.messages.permission import Fingerprint
from smsflow.services.messages.prepare import Limits, Order, prepare
from smsflow.services.routing import numbers
from smsflow.services.routing.numbers import InboundText
from smsflow.smpp.reassembly import TIMEOUT, Reassembly, TextPart, Whole
from smsflow.store import inbound
from smsflow.store.campaigns import responses
from smsflow.store.campaigns.responses import Caused
from smsflow.store.inbound import Inbound, InboundPage, InboundPart, Key, StoredPart
from smsflow.store.postgres.transactions import Tx

InboundRow = inbound.InboundRow

# Within this an operator repeats what it believes unanswered.
REPEATED_WITHIN: Final = timedelta(minutes=5)
# An operator waits at least so long for an answer before it repeats; a person who sends a text twice may be quicker.
_PATIENCE: Final = timedelta(seconds=5)
_MOST: Final = 500
_WAIT: Final = timedelta(seconds=TIMEOUT)


@dataclass(frozen=True, slots=True)
class Taken:
    """How many deliveries became messages, and how many had come before."""

    messages: int
    repeated: int


async def receive(
    tx: Tx, connector_id: int, parts: Sequence[InboundPart], *, fingerprint: Fingerprint, now: datetime
) -> Taken:
    """Store deliveries of one connector, and do what they ask for; when the transaction is committed they may be acknowledged."""
    known = await inbound.lock_and_find(tx, connector_id, (part.key for part in parts))
    reassembly = _restored(known, now)
    alone: dict[Key, list[StoredPart]] = {}
    for stored in known:
        if stored.part.total == 1:
            alone.setdefault(stored.part.key, []).append(stored)
    new: list[InboundPart] = []
    whole: list[Whole] = []
    repeats: dict[int, InboundPart] = {}
    for part in parts:
        before = alone.setdefault(part.key, []) if part.total == 1 else []
        first = next((place for place, stored in enumerate(before) if is_repeat(stored, part)), None)
        if first is not None:
            repeats[before[first].id] = part
            before[first] = _repeated(before[first], part)
            continue
        duplicates = reassembly.duplicates
        released = reassembly.put(part.key, part.number, _part(part, part), part.received_at.timestamp())
        if reassembly.duplicates > duplicates:
            continue
        before.append(StoredPart(0, part, now, None, answered=False))
        new.append(part)
        whole += released
    # Those of this batch have no id yet.
    repeats.pop(0, None)
    if repeats:
        await inbound.note_repeated(tx, list(repeats.items()))
    await responses.add(tx, await _keep(tx, new, whole, fingerprint=fingerprint, now=now))
    return Taken(len(whole), len(parts) - len(new))


async def note_answered(tx: Tx, connector_id: int, parts: Sequence[InboundPart]) -> None:
    """Note that deliveries are acknowledged: a delivery that comes again by another bind is then another SMS."""
    await inbound.note_answered(tx, connector_id, parts)


async def latest(tx: Tx, *, since: datetime | None, limit: int) -> list[InboundRow]:
    """Return the last SMS that handsets sent, newest first."""
    return await inbound.latest(tx, since=since, limit=limit)


async def of_company(tx: Tx, company_id: int, *, before: int | None, limit: int, ending: str = "") -> InboundPage:
    """Return the SMS that handsets sent to a company, older than the one `before`, newest first."""
    return await inbound.of_company(tx, company_id, before=before, limit=limit, ending=ending)


async def show(tx: Tx, company_id: int, inbound_id: int) -> InboundRow:
    """Return one SMS that a handset sent to a company; raise NotFound."""
    found = await inbound.one_of_company(tx, company_id, inbound_id)
    if found is None:
        raise NotFound(what="inbound SMS", id=inbound_id)
    return found


def answer(
    company: Company, received: InboundRow, text: str, *, routes: Table, limits: Limits, now: datetime
) -> NewMessage:
    """Return the answer to an SMS, for `submit`; raise Refused.

    It leaves from the number that was written to, by its connector, where that number can be a sender: people can answer again.
    """
    message = prepare(Order(received.source, text), company=company, routes=routes, now=now, limits=limits)
    connector = routes.connectors.get(received.connector_id)
    if connector is None or not phone.is_sender(received.destination):
        return message
    count = segments.count(message.text, latin1=connector.latin1)
    return replace(message, sender=received.destination, connector_id=received.connector_id, segments=count)


async def release(tx: Tx, *, fingerprint: Fingerprint, now: datetime) -> int:
    """Store as far as they came the texts whose missing parts did not come in time; return how many."""
    released, caused = 0, Caused()
    for connector_id, keys in (await inbound.overdue(tx, before=now - _WAIT, limit=_MOST)).items():
        reassembly = _restored(await inbound.lock_and_find(tx, connector_id, keys), now)
        whole = reassembly.expire(now.timestamp())
        caused += await _keep(tx, [], whole, fingerprint=fingerprint, now=now)
        released += len(whole)
    await inbound.forget_parts(tx, before=now - 2 * REPEATED_WITHIN)
    await responses.add(tx, caused)
    return released


def is_repeat(first: StoredPart, second: InboundPart) -> bool:
    """Return whether an SMS is one that came before: same text, and an answer of ours that the operator may not have had.

    A person may send a text twice: by one session these have two sequence numbers, and the first is answered before the second comes.
    """
    stored, then = first.part, first.part.received_at
    if (stored.body, stored.data_coding) != (second.body, second.data_coding):
        return False
    if second.received_at - then > REPEATED_WITHIN:
        return False
    if stored.stamp and second.stamp:
        return stored.stamp == second.stamp
    if stored.bound_at == second.bound_at:
        unanswered = second.received_at < first.stored_at and second.received_at - then >= _PATIENCE
        return stored.sequence == second.sequence or unanswered
    return not first.answered or second.bound_at > then


def _repeated(first: StoredPart, second: InboundPart) -> StoredPart:
    """Return a part as it is known after it came again: by its last session and number, not answered there."""
    part = replace(first.part, bound_at=second.bound_at, sequence=second.sequence)
    return replace(first, part=part, answered=False)


def _restored(known: Iterable[StoredPart], now: datetime) -> Reassembly:
    """Return the texts that wait, and those of the last minutes, as they were before."""
    reassembly = Reassembly()
    for stored in known:
        part = stored.part
        done = stored.inbound_id is not None
        if part.total > 1 and not (done and now - part.received_at > REPEATED_WITHIN):
            reassembly.restore(part.key, part.number, _part(part, stored), part.received_at.timestamp(), done=done)
    return reassembly


def _part(part: InboundPart, tag: InboundPart | StoredPart) -> TextPart:
    return TextPart(part.data_coding, part.body, part.locking, part.single, tag)


async def _keep(
    tx: Tx, new: Sequence[InboundPart], whole: Sequence[Whole], *, fingerprint: Fingerprint, now: datetime
) -> Caused:
    """Store messages and new parts, note which belongs to which, and do what the messages ask for; return what campaigns caused by that."""
    addressed = await _addressed(tx, [_message(text) for text in whole], fingerprint)
    messages = [message for message, _ in addressed]
    ids = await inbound.keep(tx, messages) if messages else []
    stored: list[tuple[int, int]] = []
    message_of: dict[int, int] = {}
    for inbound_id, text in zip(ids, whole, strict=True):
        for tag in text.tags:
            if isinstance(tag, StoredPart):
                stored.append((tag.id, inbound_id))
            else:
                message_of[id(tag)] = inbound_id
    if stored:
        await inbound.assign(tx, stored)
    if new:
        await inbound.keep_parts(tx, [(part, message_of.get(id(part))) for part in new], now=now)
    asked = [a for message, campaign_id in addressed if (a := _asked(message, campaign_id)) is not None]
    opt_outs = await by_sms.obey(tx, asked, now=now) if asked else Counter()
    replies = Counter(
        (message.company_id, campaign_id)
        for message, campaign_id in addressed
        if message.company_id is not None and campaign_id is not None and message.command is None
    )
    return Caused(opt_outs, replies)


async def _addressed(tx: Tx, messages: Sequence[Inbound], fingerprint: Fingerprint) -> list[tuple[Inbound, int | None]]:
    """Return messages of one connector with the company that each is for and what it asks for, each with the campaign that it answers."""
    if not messages:
        return []
    texts = [InboundText(m.source, m.destination, m.text) for m in messages]
    found = await numbers.addressees(tx, messages[0].connector_id, texts, fingerprint=fingerprint)
    return [
        (
            replace(
                message,
                company_id=whom.company_id,
                number=whom.number,
                keyword=whom.keyword,
                command=command(message.text, keyword=whom.keyword),
            ),
            whom.campaign_id,
        )
        for message, whom in zip(messages, found, strict=True)
    ]


def _asked(message: Inbound, campaign_id: int | None) -> Asked | None:
    if message.company_id is None or message.number is None or message.command is None:
        return None
    return Asked(
        message.company_id,
        message.number,
        Command(message.command),
        message.connector_id,
        message.destination,
        message.keyword,
        campaign_id,
    )


def _message(whole: Whole) -> Inbound:
    parts = [tag.part if isinstance(tag, StoredPart) else tag for tag in whole.tags]
    first = parts[0]
    return Inbound(
        first.connector_id,
        whole.source,
        whole.destination,
        first.data_coding,
        first.esm_class,
        whole.data,
        whole.text.replace("\x00", ""),
        whole.parts,
        whole.total,
        min(part.received_at for part in parts),
    )
