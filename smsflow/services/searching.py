"""Search over what a company has: messages, campaigns and contacts, each as its own rooms find them."""

from collections.abc import Sequence
from dataclasses import dataclass

from smsflow.domain.account import Company
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


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of each kind."""

    messages: Sequence[Shown]
    campaigns: Sequence[CampaignName]
    contacts: Sequence[Contact]


def digits_of(wanted: str) -> str:
    """Return the digits of a number as it was typed, without what stands before the country; nothing when there are too few."""
    digits = "".join(c for c in wanted if c.isascii() and c.isdigit()).removeprefix("00").lstrip("0")
    return digits if _LEAST_DIGITS <= len(digits) <= _MOST_DIGITS else ""


async def search(
    tx: Tx, company: Company, wanted: str, *, contacts_too: bool, campaigns_too: bool, limit: int
) -> Found:
    """Return what fits a number, or the name of a campaign or a person."""
    digits = digits_of(wanted)
    page = await log.page(tx, company.id, LogFilter(number=digits), before=None, limit=limit) if digits else None
    return Found(
        page.messages if page is not None else (),
        await names.containing(tx, company.id, wanted, limit=limit) if campaigns_too else (),
        await contacts.search(tx, company, wanted, limit=limit) if contacts_too else (),
    )
