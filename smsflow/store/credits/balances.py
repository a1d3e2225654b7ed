"""What companies have left, changed with a line in the ledger."""

from collections.abc import Sequence
from datetime import datetime

from smsflow.domain.credits import Purse
from smsflow.store.postgres.arrays import ints
from smsflow.store.postgres.transactions import Tx, text


async def balance(tx: Tx, company_id: int) -> int | None:
    """Return the credits that a company has left, or None."""
    return (
        await tx.execute(text("SELECT balance FROM company WHERE id = :id"), {"id": company_id})
    ).scalar_one_or_none()


async def credit(tx: Tx, company_id: int, amount: int, *, note: str, now: datetime) -> int | None:
    """Add credits (or take them away, when negative) with their line in the ledger; return the new balance, or None."""
    update = text("UPDATE company SET balance = balance + :amount WHERE id = :id RETURNING balance")
    left = (await tx.execute(update, {"id": company_id, "amount": amount})).scalar_one_or_none()
    if left is not None:
        insert = text(
            "INSERT INTO ledger (company_id, amount, reason, note, created_at) VALUES (:id, :amount, 'credit', :note, :now)"
        )
        await tx.execute(insert, {"id": company_id, "amount": amount, "note": note, "now": now})
    return left


async def lock_purses(tx: Tx, company_ids: Sequence[int]) -> dict[int, Purse]:
    """Lock companies in the order of their ids and return what each has."""
    query = text("""
        SELECT id, balance, suspended, send_rate, rate_left, rate_at FROM company WHERE id = ANY(CAST(:ids AS bigint[]))
        ORDER BY id FOR NO KEY UPDATE
    """)
    return {row[0]: Purse(*row[1:]) for row in await tx.execute(query, {"ids": ints(company_ids)})}


async def keep_rate(tx: Tx, company_id: int, *, left: float, now: datetime) -> None:
    """Keep the room that a company has left under its send rate."""
    update = text("UPDATE company SET rate_left = :left, rate_at = :now WHERE id = :id")
    await tx.execute(update, {"id": company_id, "left": left, "now": now})
