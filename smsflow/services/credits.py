"""Credits, sold and taken back."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, get_args

from smsflow.errors import NotFound, ParameterInvalid
from smsflow.store.credits import balances, reserve, statement
from smsflow.store.postgres.transactions import Tx

Movement = balances.Movement
Line = statement.Line
Reason = statement.Reason
REASONS: Final[tuple[Reason, ...]] = get_args(Reason)

# As many purchases and reserves a month has at most.
_MOST_RARE = 20_000


@dataclass(frozen=True, slots=True)
class Standing:
    """The balance of a company, the part that its campaigns have reserved, and the rest that it can spend."""

    balance: int
    reserved: int
    available: int


async def balance(tx: Tx, company_id: int) -> int:
    """Return the credits that a company has left; raise NotFound."""
    left = await balances.balance(tx, company_id)
    if left is None:
        raise NotFound(what="company", id=company_id)
    return left


async def add_credit(tx: Tx, company_id: int, amount: int, *, note: str, now: datetime) -> int:
    """Sell credits to a company (or take them back, when negative); return the new balance."""
    left = await balances.credit(tx, company_id, amount, note=note, now=now)
    if left is None and await reserve.available(tx, company_id) is None:
        raise NotFound(what="company", id=company_id)
    if left is None:
        raise ParameterInvalid(parameter="amount", expected="not more than the credits that are left")
    return left


async def movements(tx: Tx, company_id: int, *, limit: int) -> list[Movement]:
    """Return a company's last movements of credits, newest first."""
    return await balances.movements(tx, company_id, limit=limit)


async def available(tx: Tx, company_id: int) -> int:
    """Return the credits that a company can spend: its balance less what its campaigns have reserved."""
    return await reserve.available(tx, company_id) or 0


async def standing(tx: Tx, company_id: int) -> Standing:
    """Return what a company has; raise NotFound."""
    has, can_spend = await balance(tx, company_id), await available(tx, company_id)
    return Standing(has, has - can_spend, can_spend)


async def statement_lines(
    tx: Tx, company_id: int, *, reason: Reason | None = None, before: int | None = None, limit: int
) -> list[Line]:
    """Return a company's movements with their causes, older than the line `before`, newest first."""
    return await statement.lines(tx, company_id, reason=reason, before=before, limit=limit)


async def rare_lines(tx: Tx, company_id: int, *, since: datetime, timezone: str) -> list[Line]:
    """Return a company's purchases since a time, and what each campaign reserved and released by month, newest first."""
    return await statement.rare(tx, company_id, since=since, timezone=timezone, limit=_MOST_RARE)


async def lines_between(
    tx: Tx, company_id: int, *, since: datetime, until: datetime, before: int | None = None, limit: int
) -> list[Line]:
    """Return a company's lines of the ledger in a span of time, older than the line `before`, newest first."""
    return await statement.between(tx, company_id, since=since, until=until, before=before, limit=limit)


async def campaign_names(tx: Tx, company_id: int, ids: Iterable[int]) -> dict[int, str]:
    """Return what these campaigns of a company are called."""
    return await statement.campaign_names(tx, company_id, ids)
