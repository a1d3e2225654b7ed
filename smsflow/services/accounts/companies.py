"""Companies: opened, found, changed and suspended."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from smsflow.domain import phone, verification
from smsflow.domain.account import Company
from smsflow.errors import Ambiguous, NotFound, ParameterInvalid
from smsflow.services.accounts.senders import add_sender
from smsflow.store.accounts import companies
from smsflow.store.credits import balances
from smsflow.store.postgres.transactions import Tx

_LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Account:
    """A company and the credits that it has left."""

    company: Company
    balance: int


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
        await balances.credit(tx, company_id, credits, note="ouverture", now=now)
    if sender is not None:
        await add_sender(tx, company_id, sender, state="approved", is_default=True)
    return company_id


async def find(tx: Tx, wanted: str) -> Company:
    """Return the company of that id, or else of that name when only one has it; raise NotFound or Ambiguous."""
    if wanted.isascii() and wanted.isdigit() and int(wanted) <= _LARGEST_ID:
        found = await companies.company(tx, int(wanted))
        if found is not None:
            return found
    named = await companies.named(tx, wanted)
    if not named:
        raise NotFound(what="company", id=wanted)
    if len(named) > 1:
        raise Ambiguous(what="company", name=wanted, ids=", ".join(str(c.id) for c in named))
    return named[0]


async def account(tx: Tx, company_id: int) -> Account:
    """Return a company with its balance; raise NotFound when there is none of that id."""
    company = await companies.company(tx, company_id)
    balance = await balances.balance(tx, company_id)
    if company is None or balance is None:
        raise NotFound(what="company", id=company_id)
    return Account(company, balance)


async def every(tx: Tx) -> list[Account]:
    """Return every company with its balance, by id."""
    left = await balances.balances(tx)
    return [Account(c, left.get(c.id, 0)) for c in await companies.companies(tx)]


async def change(tx: Tx, company_id: int, values: Mapping[str, Any], *, most_segments: int) -> Account:
    """Change the name or the rules of a company, by column; return it as it is now.

    Raises MessageTooLong when the text of its codes, which may hold the name, would then be refused at each sending.
    """
    if not await companies.update_company(tx, company_id, values):
        raise NotFound(what="company", id=company_id)
    changed = await account(tx, company_id)
    if changed.company.code_template is not None:
        verification.check_template(
            changed.company.code_template, company=changed.company.name, most_segments=most_segments
        )
    return changed


async def suspend(tx: Tx, company_id: int, *, suspended: bool) -> None:
    """Suspend a company, or let it send again."""
    if not await companies.set_suspended(tx, company_id, suspended=suspended):
        raise NotFound(what="company", id=company_id)
