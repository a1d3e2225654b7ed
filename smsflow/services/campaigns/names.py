"""Campaigns as names under which SMS are counted."""

from smsflow.errors import NotFound
from smsflow.store.accounts import companies
from smsflow.store.campaigns import names
from smsflow.store.postgres.transactions import Tx

CampaignName = names.CampaignName


async def add(tx: Tx, company_id: int, name: str) -> int:
    """Add a campaign to a company; return its id."""
    if await companies.company(tx, company_id) is None:
        raise NotFound(what="company", id=company_id)
    return await names.add_campaign(tx, company_id, name)


async def of_company(tx: Tx, company_id: int, *, limit: int | None = None) -> list[CampaignName]:
    """Return a company's campaigns, or the last `limit` of them, newest first."""
    return await names.campaigns(tx, company_id, limit=limit)
