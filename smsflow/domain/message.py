"""A message: its kind, its status, and the one table of its transitions."""

import unicodedata
from datetime import datetime
from enum import IntEnum

from msgspec import Struct


class Kind(IntEnum):
    """The purpose of a message; the lower number leaves first."""

    OTP = 0
    TRANSACTIONAL = 1
    MARKETING = 2


class Status(IntEnum):
    """Where a message is; the numbers are those of the published contract (section 3)."""

    RECEIVED = 1
    SENT = 2
    DELIVERED = 3
    FAILED = 4
    PLANNED = 5
    EXPIRED = 6
    CANCELLED = 7
    UNKNOWN = 8


FINAL = frozenset({Status.DELIVERED, Status.FAILED, Status.EXPIRED, Status.CANCELLED})


# Every legal step. Any other is stale news and changes nothing.
TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.PLANNED: frozenset({Status.RECEIVED, Status.CANCELLED, Status.EXPIRED}),
    Status.RECEIVED: frozenset(
        {Status.SENT, Status.DELIVERED, Status.FAILED, Status.EXPIRED, Status.CANCELLED, Status.UNKNOWN},
    ),
    Status.SENT: frozenset({Status.DELIVERED, Status.FAILED, Status.EXPIRED}),
    # An unknown message is sent again (RECEIVED), or news of it comes late.
    Status.UNKNOWN: frozenset({Status.RECEIVED, Status.SENT, Status.DELIVERED, Status.FAILED, Status.EXPIRED}),
    Status.DELIVERED: frozenset(),
    Status.FAILED: frozenset(),
    Status.EXPIRED: frozenset(),
    Status.CANCELLED: frozenset(),
}


# The error of an SMS whose validity ended before it left.
OUTLIVED = "validity ended"
# The error of an SMS that may have left and whose validity ended without news: its end is presumed, and news may still come.
PRESUMED = "validity ended without a receipt"

# The steps of a presumed end besides.
_LATE_NEWS: dict[Status, frozenset[Status]] = {Status.EXPIRED: frozenset({Status.DELIVERED, Status.FAILED})}


def is_presumed(status: Status, error: str | None) -> bool:
    """Tell whether a message ended because nobody said what became of it."""
    return status is Status.EXPIRED and error == PRESUMED


def advance(current: Status, news: Status, *, presumed: bool = False) -> Status:
    """Return the status after `news`: `news` when the step is legal, else `current`; `presumed` says that its end only is."""
    legal = _LATE_NEWS[current] if presumed else TRANSITIONS[current]
    return news if news in legal else current


def public_id(message_id: int) -> str:
    """Return the id that customers see: `SMS` and at least seven digits."""
    return f"SMS{message_id:07d}"


def internal_id(public: str) -> int | None:
    """Return the row's id behind a public id, or None when it has not that form."""
    digits = public[3:]
    well_formed = public[:3].upper() == "SMS" and 7 <= len(digits) <= 18 and digits.isascii() and digits.isdigit()
    return int(digits) if well_formed else None


def composed(text: str) -> str:
    """Return the text in its composed form (NFC): « é » written in two characters is outside of the GSM alphabet, and costs three times as much."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


class NewMessage(Struct, frozen=True, gc=False):
    """A message that passed every rule and waits to be stored and charged."""

    company_id: int
    number: str
    country: str
    text: str
    sender: str
    kind: Kind
    segments: int
    connector_id: int
    valid_until: datetime
    campaign_id: int | None = None
    due_at: datetime | None = None
    sealed: bool = False
    free: bool = False
    """The company pays nothing for it."""
