"""Credits set aside for a campaign: reserved, taken by its messages, released at its end."""

from datetime import datetime

from smsflow.store.postgres.transactions import Tx, text

_RESERVE = text("""
WITH held AS (
    UPDATE company SET reserved = reserved + :amount WHERE id = :company_id AND balance - reserved >= :amount RETURNING id
)
INSERT INTO ledger (company_id, amount, reserved, reason, campaign_id, created_at)
SELECT id, 0, :amount, 'reserve', :campaign_id, :now FROM held RETURNING company_id
""")
_RELEASE = text("""
WITH freed AS (UPDATE company SET reserved = reserved - :amount WHERE id = :company_id RETURNING id)
INSERT INTO ledger (company_id, amount, reserved, reason, campaign_id, created_at)
SELECT id, 0, -:amount, 'release', :campaign_id, :now FROM freed
""")


async def reserve(tx: Tx, company_id: int, amount: int, *, campaign_id: int, now: datetime) -> bool:
    """Set credits aside for a campaign; False when the company has not that many available."""
    parameters = {"company_id": company_id, "amount": amount, "campaign_id": campaign_id, "now": now}
    return (await tx.execute(_RESERVE, parameters)).one_or_none() is not None


async def release(tx: Tx, company_id: int, amount: int, *, campaign_id: int, now: datetime) -> None:
    """Give back credits that had been set aside for a campaign."""
    if amount:
        parameters = {"company_id": company_id, "amount": amount, "campaign_id": campaign_id, "now": now}
        await tx.execute(_RELEASE, parameters)


async def available(tx: Tx, company_id: int) -> int | None:
    """Return the credits that a company can spend: its balance less what is reserved; None when there is no such company."""
    query = text("SELECT balance - reserved FROM company WHERE id = :id")
    return (await tx.execute(query, {"id": company_id})).scalar_one_or_none()
