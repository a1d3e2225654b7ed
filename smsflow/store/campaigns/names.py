"""Campaigns: names under which messages are counted."""

from dataclasses import dataclass
from datetime import datetime

from smsflow.store.postgres.transactions import Tx, text


async def add_campaign(tx: Tx, company_id: int, name: str) -> int:
    """Add a campaign; return its id."""
    insert = text("INSERT INTO campaign (company_id, name) VALUES (:company_id, :name) RETURNING id")
    return int((await tx.execute(insert, {"company_id": company_id, "name": name})).scalar_one())


async def has_campaign(tx: Tx, company_id: int, campaign_id: int) -> bool:
    """Tell whether the company has this campaign."""
    query = text("SELECT 1 FROM campaign WHERE id = :id AND company_id = :company_id")
    return (await tx.execute(query, {"id": campaign_id, "company_id": company_id})).one_or_none() is not None


@dataclass(frozen=True, slots=True)
class CampaignName:
    """A name under which a company's messages are counted."""

    id: int
    name: str
    created_at: datetime


async def campaigns(tx: Tx, company_id: int) -> list[CampaignName]:
    """Return a company's campaigns, newest first (walks campaign_company)."""
    query = text("SELECT id, name, created_at FROM campaign WHERE company_id = :company_id ORDER BY id DESC")
    return [CampaignName(*row) for row in await tx.execute(query, {"company_id": company_id})]
