"""Search over what a company has: messages, campaigns and contacts, each as its own rooms find them."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from smsflow.domain import digits
from smsflow.domain.account import Company
from smsflow.domain.message import Status
from smsflow.services.contacts import contacts
from smsflow.services.messages import log
from smsflow.services.messages.log import LogFilter
from smsflow.store.campaigns import names
from smsflow.store.campaigns.names import CampaignName
from smsflow.store.contacts.contacts import Contact
from smsflow.store.messages.rows import Shown
from smsflow.store.postgres.transactions import Tx

_LEAST_DIGITS = 4
_MOST_DIGITS = 20
_MOST_ID = 18


@dataclass(frozen=True, slots=True)
class Found:
    """The finds of each kind."""

    messages: Sequence[Shown]
    campaigns: Sequence[CampaignName]
    contacts: Sequence[Contact]
    more_contacts: bool = False
    """Whether others of them may be among older contacts."""


def digits_of(wanted: str) -> str:
    """Return the digits of a number as it was typed, without what stands before the country; nothing when there are too few."""
    found = digits.only(wanted).removeprefix("00").lstrip("0")
    return found if _LEAST_DIGITS <= len(found) <= _MOST_DIGITS else ""


def ending_of(wanted: str) -> str:
    """Return the digits with which numbers must end to be found; all numbers do with none."""
    return digits.only(wanted)[:_MOST_DIGITS].removeprefix("00").lstrip("0")


def log_filter(asked: Mapping[str, str], timezone: str) -> LogFilter:
    """Return the filter of an address, with days of a time zone; a field that it does not understand filters nothing."""
    status = asked.get("status", "")
    since = _day(asked.get("day", ""), timezone)
    return LogFilter(
        number=ending_of(asked.get("q", "")) or None,
        status=Status(int(status)) if status in {str(int(s)) for s in Status} else None,
        campaign_id=_id(asked.get("campaign", "")),
        connector_id=_id(asked.get("operator", "")),
        since=since,
        until=None if since is None else _next_day(since, timezone),
    )


def _id(written: str) -> int | None:
    return int(written) if written.isascii() and written.isdigit() and len(written) <= _MOST_ID else None


def _day(written: str, timezone: str) -> datetime | None:
    """Return the first moment of a day written YYYY-MM-DD or DD/MM/YYYY."""
    for form in ("%Y-%m-%d", "%d/%m/%Y"):
        with contextlib.suppress(ValueError, OverflowError):
            return datetime.strptime(written, form).replace(tzinfo=ZoneInfo(timezone)).astimezone(UTC)
    return None


def _next_day(since: datetime, timezone: str) -> datetime | None:
    try:
        return (since.astimezone(ZoneInfo(timezone)) + timedelta(days=1)).astimezone(UTC)
    except OverflowError:
        return None


async def search(
    tx: Tx, company: Company, wanted: str, *, contacts_too: bool, campaigns_too: bool, limit: int
) -> Found:
    """Return what fits a number, or the name of a campaign or a person."""
    number = digits_of(wanted)
    page = await log.page(tx, company.id, LogFilter(number=number), before=None, limit=limit) if number else None
    people = await contacts.search(tx, company, wanted, limit=limit) if contacts_too else None
    return Found(
        page.messages if page is not None else (),
        await names.containing(tx, company.id, wanted, limit=limit) if campaigns_too else (),
        people.contacts if people is not None else (),
        people is not None and people.older is not None,
    )
