"""Submitting SMS: the rules that one must pass, and the transaction that stores and charges many."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from smsflow.domain import credits, phone, segments
from smsflow.domain.account import Company
from smsflow.domain.message import Kind, NewMessage
from smsflow.domain.routing import Table
from smsflow.errors import (
    AccountSuspended,
    CountryNotAllowed,
    DateOutOfRange,
    MessageTooLong,
    NoRoute,
    NumberNotMobile,
    ParameterInvalid,
    Refused,
    SenderNotAllowed,
    Unavailable,
)
from smsflow.store.accounts import companies as accounts
from smsflow.store.messages import accept as messages
from smsflow.store.postgres.transactions import Tx

_PAST_IS_NOW = timedelta(minutes=5)
_FARTHEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Order:
    """An SMS as somebody asks for it; `parameters` names number and text as that door's customers know them."""

    number: str
    text: str
    sender: str | None = None
    campaign_id: int | None = None
    planned_at: datetime | None = None
    kind: Kind = Kind.TRANSACTIONAL
    parameters: tuple[str, str, str] = ("number", "message", "planned_date")


@dataclass(frozen=True, slots=True)
class Limits:
    """What bounds every message."""

    segments: int = 10
    validity: timedelta = timedelta(hours=48)


def prepare(order: Order, *, company: Company, routes: Table, now: datetime, limits: Limits) -> NewMessage:
    """Return the message that `order` asks for, or raise the Refused that says why not; nothing is stored."""
    number_is, text_is, date_is = order.parameters
    if company.suspended:
        raise AccountSuspended
    number = phone.parse(order.number, country=company.country, parameter=number_is)
    if company.mobile_only and not number.mobile:
        raise NumberNotMobile(parameter=number_is, number=number.e164)
    if not company.reaches(number.country):
        raise CountryNotAllowed(country=number.country)
    _check_storable(order.text, text_is)
    count = segments.count(order.text)
    if count > limits.segments:
        raise MessageTooLong(parameter=text_is, segments=count, limit=limits.segments)
    sender = company.sender(order.sender)
    if sender is None:
        raise SenderNotAllowed(sender=order.sender or "")
    due_at = _due(order.planned_at, date_is, now)
    ways = routes.decide(number, company_id=company.id, sender=sender.name, kind=order.kind)
    if not ways:
        raise NoRoute(number=number.e164)
    return NewMessage(
        company_id=company.id,
        number=number.e164,
        country=number.country,
        text=order.text,
        sender=sender.name,
        kind=order.kind,
        segments=count,
        connector_id=ways[0],
        valid_until=(due_at or now) + limits.validity,
        campaign_id=order.campaign_id,
        due_at=due_at,
    )


def _check_storable(text: str, parameter: str) -> None:
    """Refuse what no database can hold as text: a NUL, or half a surrogate pair."""
    if "\x00" in text:
        raise ParameterInvalid(parameter=parameter, expected="a text without NUL characters")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise ParameterInvalid(parameter=parameter, expected="a text in UTF-8") from None


def _due(planned_at: datetime | None, parameter: str, now: datetime) -> datetime | None:
    if planned_at is None:
        return None
    if planned_at < now - _PAST_IS_NOW or planned_at > now + _FARTHEST:
        raise DateOutOfRange(parameter=parameter)
    return planned_at if planned_at > now else None


async def submit(tx: Tx, batch: Sequence[NewMessage], *, now: datetime) -> list[int | Refused]:
    """Store, queue and charge `batch`; return each message's id, or why it alone is refused.

    Works inside a transaction. Nothing was charged for what is refused.
    """
    ids = await messages.accept(tx, batch, now=now)
    left = [place for place, message_id in enumerate(ids) if message_id is None]
    answers: list[int | Refused] = [Unavailable(retry_after=1) if i is None else i for i in ids]
    if left:
        for place, answer in zip(left, await _one_by_one(tx, [batch[p] for p in left], now=now), strict=True):
            answers[place] = answer
    return answers


async def _one_by_one(tx: Tx, batch: Sequence[NewMessage], *, now: datetime) -> list[int | Refused]:
    """Decide message by message, under the companies' locks; then store those that can be paid."""
    purses = await accounts.lock_purses(tx, sorted({m.company_id for m in batch}))
    verdicts: list[Refused | None] = [AccountSuspended()] * len(batch)
    for company_id, purse in purses.items():
        places = [p for p, m in enumerate(batch) if m.company_id == company_id]
        decided, room = credits.decide(purse, [batch[p] for p in places], now=now)
        for place, verdict in zip(places, decided, strict=True):
            verdicts[place] = verdict
        if purse.send_rate is not None:
            await accounts.keep_rate(tx, company_id, left=room, now=now)
    paid = [p for p, verdict in enumerate(verdicts) if verdict is None]
    ids = iter(await messages.accept(tx, [batch[p] for p in paid], now=now, checked=True) if paid else [])
    answers: list[int | Refused] = []
    for verdict in verdicts:
        if verdict is not None:
            answers.append(verdict)
        else:
            stored = next(ids)
            answers.append(Unavailable(retry_after=1) if stored is None else stored)
    return answers
