"""Credits, sold and taken back."""

from datetime import datetime

from smsflow.errors import NotFound, ParameterInvalid
from smsflow.store.credits import balances, reserve
from smsflow.store.postgres.transactions import Tx

Movement = balances.Movement


async def balance(tx: Tx, company_id: int) -> int:
    """Return the credits that a company has left; raise NotFound."""
    left = await balances.balance(tx, company_id)
    if left is None:
        raise NotFound(what="company", id=company_id)
    return left


async def add_credit(tx: Tx, company_id: int, amount: int, *, note: str, now: datetime) -> int:
    """Sell credits to a company (or take them back, when negative); return the new balance."""
    if amount < 0 and (await reserve.available(tx, company_id) or 0) + amount < 0:
        raise ParameterInvalid(parameter="amount", expected="not more than the credits that are left")
    left = await balances.credit(tx, company_id, amount, note=note, now=now)
    if left is None:
        raise NotFound(what="company", id=company_id)
    return left


async def movements(tx: Tx, company_id: int, *, limit: int) -> list[Movement]:
    """Return a company's last movements of credits, newest first."""
    return await balances.movements(tx, company_id, limit=limit)


async def available(tx: Tx, company_id: int) -> int:
    """Return the credits that a company can spend: its balance less what its campaigns have reserved."""
    return await reserve.available(tx, company_id) or 0
