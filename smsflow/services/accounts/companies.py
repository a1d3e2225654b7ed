"""Companies, opened and suspended."""

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from smsflow.domain import phone
from smsflow.errors import NotFound, ParameterInvalid
from smsflow.services.accounts.senders import add_sender
from smsflow.store.accounts import companies
from smsflow.store.credits import balances
from smsflow.store.postgres.transactions import Tx


def is_timezone(name: str) -> bool:
    """Tell whether there is a time zone of that name."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


async def open_company(
    tx: Tx,
    name: str,
    *,
    country: str,
    timezone: str,
    credits: int,
    sender: str | None,
    now: datetime,
) -> int:
    """Add a company, with credits and a default sender if given; return its id."""
    if country not in phone.COUNTRIES:
        raise ParameterInvalid(parameter="country", expected="a country of two letters, such as CM")
    if not is_timezone(timezone):
        raise ParameterInvalid(parameter="timezone", expected="a time zone such as Africa/Douala")
    company_id = await companies.add_company(tx, name, country=country, timezone=timezone)
    if credits:
        await balances.credit(tx, company_id, credits, note="opening", now=now)
    if sender is not None:
        await add_sender(tx, company_id, sender, state="approved", is_default=True)
    return company_id


async def suspend(tx: Tx, company_id: int, *, suspended: bool) -> None:
    """Suspend a company, or let it send again."""
    if not await companies.set_suspended(tx, company_id, suspended=suspended):
        raise NotFound(what="company", id=company_id)
