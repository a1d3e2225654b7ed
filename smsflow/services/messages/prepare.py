"""Preparing: the rules that one message must pass before it is stored."""

from datetime import datetime, timedelta

from msgspec import Struct

from smsflow.domain import phone, segments
from smsflow.domain.account import Company
from smsflow.domain.message import Kind, NewMessage, composed
from smsflow.domain.routing import Table
from smsflow.errors import (
    AccountSuspended,
    ConnectorDisabled,
    CountryNotAllowed,
    DateOutOfRange,
    MessageTooLong,
    NoRoute,
    NumberNotMobile,
    ParameterInvalid,
    SenderNotAllowed,
)

# A connector is disabled by hand, for some minutes at least.
_TRY_AGAIN = 60

_PAST_IS_NOW = timedelta(minutes=5)


_FARTHEST = timedelta(days=366)


class Order(Struct, frozen=True):
    """An SMS as somebody asks for it; `parameters` names number and text as that door's customers know them."""

    number: str
    text: str
    sender: str | None = None
    campaign_id: int | None = None
    planned_at: datetime | None = None
    kind: Kind = Kind.TRANSACTIONAL
    parameters: tuple[str, str, str] = ("number", "message", "planned_date")


class Limits(Struct, frozen=True):
    """Limits of every message."""

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
    text = _storable(order.text, text_is)
    sender = company.sender(order.sender)
    if sender is None:
        raise SenderNotAllowed(sender=order.sender or "")
    due_at = _due(order.planned_at, date_is, now)
    ways = routes.decide(number, company_id=company.id, sender=sender.name, kind=order.kind)
    if not ways:
        if routes.is_disabled(number, company_id=company.id, sender=sender.name, kind=order.kind):
            raise ConnectorDisabled(number=number.e164, retry_after=_TRY_AGAIN)
        raise NoRoute(number=number.e164)
    # As the route's first connector sends it; a fallback to another connector changes nothing of the charge (ADR 7).
    count = segments.count(text, latin1=routes.connectors[ways[0]].latin1)
    if count > limits.segments:
        raise MessageTooLong(parameter=text_is, segments=count, limit=limits.segments)
    return NewMessage(
        company_id=company.id,
        number=number.e164,
        country=number.country,
        text=text,
        sender=sender.name,
        kind=order.kind,
        segments=count,
        connector_id=ways[0],
        valid_until=(due_at or now) + limits.validity,
        campaign_id=order.campaign_id,
        due_at=due_at,
    )


def _storable(text: str, parameter: str) -> str:
    """Return the text composed; refuse what no database can hold: a NUL, or half a surrogate pair."""
    if "\x00" in text:
        raise ParameterInvalid(parameter=parameter, expected="a text without NUL characters")
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ParameterInvalid(parameter=parameter, expected="a text in UTF-8") from None
    return composed(text)


def _due(planned_at: datetime | None, parameter: str, now: datetime) -> datetime | None:
    if planned_at is None:
        return None
    if planned_at < now - _PAST_IS_NOW or planned_at > now + _FARTHEST:
        raise DateOutOfRange(parameter=parameter)
    return planned_at if planned_at > now else None
