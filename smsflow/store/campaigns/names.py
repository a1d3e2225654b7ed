"""Campaigns: names under which messages are counted."""

from dataclasses import dataclass
from datetime import datetime

from smsflow.domain.message import Kind
from smsflow.store.postgres.transactions import Tx, text


async def add_campaign(tx: Tx, company_id: int, name: str, *, kind: Kind = Kind.TRANSACTIONAL) -> int:
    """Add a campaign as a name; return its id."""
    insert = text("INSERT INTO campaign (company_id, name, kind) VALUES (:company_id, :name, :kind) RETURNING id")
    parameters = {"company_id": company_id, "name": name, "kind": int(kind)}
    return int((await tx.execute(insert, parameters)).scalar_one())


async def campaign_kind(tx: Tx, company_id: int, campaign_id: int) -> Kind | None:
    """Return what the SMS of the company's campaign are for, or None when it has no such campaign."""
    query = text("SELECT kind FROM campaign WHERE id = :id AND company_id = :company_id")
    kind = (await tx.execute(query, {"id": campaign_id, "company_id": company_id})).scalar_one_or_none()
    return None if kind is None else Kind(kind)


@dataclass(frozen=True, slots=True)
class CampaignName:
    """A name under which a company's messages are counted."""

    id: int
    name: str
    created_at: datetime


async def campaigns(tx: Tx, company_id: int, *, limit: int | None = None) -> list[CampaignName]:
    """Return a company's campaigns, or the last `limit` of them, newest first (walks campaign_company)."""
    query = text("""
        SELECT id, name, created_at FROM campaign WHERE company_id = :company_id ORDER BY id DESC LIMIT CAST(:limit AS bigint)
    """)
    return [CampaignName(*row) for row in await tx.execute(query, {"company_id": company_id, "limit": limit})]


async def containing(tx: Tx, company_id: int, wanted: str, *, limit: int) -> list[CampaignName]:
    """Return the company's campaigns whose name has these letters, newest first (walks campaign_company)."""
    query = text("""
        SELECT id, name, created_at FROM campaign
        WHERE company_id = :company_id AND drafted AND position(lower(:wanted) IN lower(name)) > 0 ORDER BY id DESC LIMIT :limit
    """)
    parameters = {"company_id": company_id, "wanted": wanted, "limit": limit}
    return [CampaignName(*row) for row in await tx.execute(query, parameters)]
