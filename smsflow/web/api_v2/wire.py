"""All that the customers of the v2 API see: its replies, its names and its dates; the sentences of its refusals are in `sentences`."""

from collections.abc import Iterable
from datetime import datetime
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

import msgspec

from smsflow.domain.account import User
from smsflow.domain.message import Status, public_id
from smsflow.domain.verification import CodeState
from smsflow.services.messages.reading import Shown
from smsflow.services.verifications import Code

CONTENT_TYPE = "application/json; charset=utf-8"
LIST_LIMIT = 1000
# The fields that hold a phone number: one request is about one.
NUMBERS = ("number", "phone_number")

STATUS_NAMES = {
    Status.RECEIVED: "Reçu",
    Status.SENT: "Envoyé",
    Status.DELIVERED: "Livré",
    Status.FAILED: "Échoué",
    Status.PLANNED: "Planifié",
    Status.EXPIRED: "Expiré",
    Status.CANCELLED: "Annulé",
    Status.UNKNOWN: "Indéterminé",
}

_RECEIVED, _PLANNED = STATUS_NAMES[Status.RECEIVED], STATUS_NAMES[Status.PLANNED]

CODE_STATE_NAMES = {
    CodeState.SENT: "Envoyé",
    CodeState.VALIDATED: "Validé",
    CodeState.EXPIRED: "Expiré",
    CodeState.BLOCKED: "Bloqué",
    CodeState.REPLACED: "Remplacé",
    CodeState.FAILED: "Échoué",
}

CODE_VALIDATED = "Le code a été validé"

encode = msgspec.json.Encoder().encode


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def date(moment: datetime | None, timezone: str) -> str:
    """Return a date as customers read it, in their time zone; none is an empty text."""
    return "" if moment is None else _date_text(int(moment.timestamp()), timezone)


# A list of a thousand SMS has few distinct seconds, and strftime reads the time zone file every time.
@lru_cache(maxsize=10_000)
def _date_text(seconds: int, timezone: str) -> str:
    local = datetime.fromtimestamp(seconds, _zone(timezone))
    return f"{local.day:02}-{local.month:02}-{local.year:04} {local.hour:02}:{local.minute:02}:{local.second:02}"


class Error(msgspec.Struct):
    """Every error."""

    code: int
    message: str


class LoginReply(msgspec.Struct):
    """A new token."""

    token: str
    username: str
    code: int
    is_admin: bool
    company_name: str
    company_id: int


class SendReply(msgspec.Struct):
    """An SMS that was accepted; `total_sms` is an integer here."""

    message: str
    code: int
    sms_id: str
    status: str
    total_sms: int
    planned_date: str


class SmsRow(msgspec.Struct):
    """An SMS in a list; `total_sms` is a text here."""

    sms_id: str
    creation_date: str
    numero_destinataire: str
    total_sms: str
    campagne: str | None
    status: int
    sender: str
    planned_date: str
    status_name: str


class SmsReply(msgspec.Struct):
    """A list of SMS."""

    data: list[SmsRow]


class CodeReply(msgspec.Struct):
    """A code that was sent; `code` is a text here."""

    id: int
    code: str
    status: str
    numero: str


class CodeRow(msgspec.Struct):
    """A code in a list; `code` is an integer here."""

    id: int
    code: int
    timeout: int
    status_name: str
    phone_number: str


class CodesReply(msgspec.Struct):
    """A list of codes."""

    data: list[CodeRow]


class VerifiedReply(msgspec.Struct):
    """A code that was right."""

    code: int
    message: str


class BalanceReply(msgspec.Struct):
    """The credits that are left."""

    balance: int
    partner: str


def login_reply(token: str, user: User) -> bytes:
    """Return the reply to a login."""
    return encode(LoginReply(token, user.username, 200, user.is_admin, user.company_name, user.company_id))


def send_reply(message_id: int, segments: int, planned_date: str) -> bytes:
    """Return the reply to an SMS that was accepted, for a date or for now."""
    status = _PLANNED if planned_date else _RECEIVED
    return encode(SendReply("success", 200, public_id(message_id), status, segments, planned_date))


def sms_reply(shown: Iterable[Shown], timezone: str) -> bytes:
    """Return a list of SMS."""
    return encode(SmsReply([_sms_row(one, timezone) for one in shown]))


def _sms_row(shown: Shown, timezone: str) -> SmsRow:
    return SmsRow(
        public_id(shown.id),
        date(shown.created_at, timezone),
        shown.number,
        str(shown.segments),
        shown.campaign,
        shown.status,
        shown.sender,
        date(shown.planned_at, timezone),
        STATUS_NAMES[shown.status],
    )


def code_reply(code: Code) -> bytes:
    """Return the reply to a code that was sent."""
    return encode(CodeReply(code.id, code.code, CODE_STATE_NAMES[code.state], code.number))


def codes_reply(codes: Iterable[Code]) -> bytes:
    """Return a list of codes."""
    rows = [CodeRow(c.id, int(c.code), c.timeout, CODE_STATE_NAMES[c.state], c.number) for c in codes]
    return encode(CodesReply(rows))


def verified_reply() -> bytes:
    """Return the reply to the right code."""
    return encode(VerifiedReply(200, CODE_VALIDATED))


def balance_reply(balance: int, partner: str) -> bytes:
    """Return the reply about the credits."""
    return encode(BalanceReply(balance, partner))


def error(status: int, message: str) -> bytes:
    """Return the body of an error."""
    return encode(Error(status, message))
