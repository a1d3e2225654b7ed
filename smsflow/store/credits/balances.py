"""The balances of companies, changed with a line in the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from smsflow.domain.credits import Budget
from smsflow.store.postgres.arrays import ints
from smsflow.store.postgres.transactions import Tx, text


async def balance(tx: Tx, company_id: int) -> int | None:
    """Return the credits that a company has left, or None."""
    return (
        await tx.execute(text("SELECT balance FROM company WHERE id = :id"), {"id": company_id})
    ).scalar_one_or_none()


async def balances(tx: Tx) -> dict[int, int]:
    """Return the credits that every company has left, by its id."""
    return dict(await tx.execute("SELECT id, balance FROM company"))


@dataclass(frozen=True, slots=True)
class Movement:
    """A line of the ledger: credits sold, charged or given back; `reserved` is what a campaign sets aside or frees of the balance."""

    id: int
    amount: int
    reserved: int
    reason: str
    messages: int
    campaign_id: int | None
    note: str
    created_at: datetime


async def movements(tx: Tx, company_id: int, *, limit: int) -> list[Movement]:
    """Return a company's last lines of the ledger, newest first (walks ledger_company backwards)."""
    query = text("""
        SELECT id, amount, reserved, reason, messages, campaign_id, note, created_at FROM ledger WHERE company_id = :id ORDER BY id DESC LIMIT :limit
    """)
    return [Movement(*row) for row in await tx.execute(query, {"id": company_id, "limit": limit})]


async def credit(tx: Tx, company_id: int, amount: int, *, note: str, now: datetime) -> int | None:
    """Add credits (or take them away, when negative) with their line in the ledger; return the new balance.

    Returns None when there is no such company, or not so many credits that no campaign has reserved.
    """
    update = text("""
        UPDATE company SET balance = balance + :amount
        WHERE id = :id AND (:amount >= 0 OR balance - reserved + :amount >= 0) RETURNING balance
    """)
    left = (await tx.execute(update, {"id": company_id, "amount": amount})).scalar_one_or_none()
    if left is not None:
        insert = text(
            "INSERT INTO ledger (company_id, amount, reason, note, created_at) VALUES (:id, :amount, 'credit', :note, :now)"
        )
        await tx.execute(insert, {"id": company_id, "amount": amount, "note": note, "now": now})
    return left


async def lock_budgets(tx: Tx, company_ids: Sequence[int]) -> dict[int, Budget]:
    """Lock companies in the order of their ids and return what each can spend."""
    query = text("""
        SELECT id, balance - reserved, suspended, send_rate, rate_left, rate_at, opted_out_of_all FROM company WHERE id = ANY(CAST(:ids AS bigint[]))
        ORDER BY id FOR NO KEY UPDATE
    """)
    return {company_id: Budget(*budget) for company_id, *budget in await tx.execute(query, {"ids": ints(company_ids)})}


async def keep_rate(tx: Tx, company_id: int, *, left: float, now: datetime) -> None:
    """Keep the room that a company has left under its send rate."""
    update = text("UPDATE company SET rate_left = :left, rate_at = :now WHERE id = :id")
    await tx.execute(update, {"id": company_id, "left": left, "now": now})
