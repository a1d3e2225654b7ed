"""Campaigns: names under which messages are counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from smsflow.domain.message import Kind
from smsflow.store.postgres.arrays import texts
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
    kind: Kind
    state: str
    drafted: bool
    """Otherwise it is only a name, under which SMS are counted for as long as they come."""


_NAMES = "SELECT id, name, created_at, kind, state, drafted FROM campaign"


def _name(row: Any) -> CampaignName:
    campaign_id, name, created_at, kind, state, drafted = row
    return CampaignName(campaign_id, name, created_at, Kind(kind), state, drafted)


async def find(tx: Tx, company_id: int, campaign_id: int) -> CampaignName | None:
    """Return a campaign of the company, drafted or not, or None."""
    query = text(f"{_NAMES} WHERE company_id = :company_id AND id = :id")
    row = (await tx.execute(query, {"company_id": company_id, "id": campaign_id})).one_or_none()
    return None if row is None else _name(row)


async def company_of(tx: Tx, campaign_id: int) -> int | None:
    """Return the company that a campaign belongs to; for the platform's own administrator only."""
    return (
        await tx.execute(text("SELECT company_id FROM campaign WHERE id = :id"), {"id": campaign_id})
    ).scalar_one_or_none()


async def taken(tx: Tx, company_id: int, wanted: Sequence[str]) -> set[str]:
    """Return those among these names that campaigns of the company have, in small letters (walks campaign_company)."""
    query = text("""
        SELECT lower(name) FROM campaign WHERE company_id = :company_id AND lower(name) = ANY(
            SELECT lower(w) FROM unnest(CAST(:wanted AS text[])) AS w)
    """)
    return {name for (name,) in await tx.execute(query, {"company_id": company_id, "wanted": texts(wanted)})}


async def campaigns(tx: Tx, company_id: int, *, limit: int | None = None) -> list[CampaignName]:
    """Return a company's campaigns, or the last `limit` of them, newest first (walks campaign_company)."""
    query = text(f"{_NAMES} WHERE company_id = :company_id ORDER BY id DESC LIMIT CAST(:limit AS bigint)")
    return [_name(row) for row in await tx.execute(query, {"company_id": company_id, "limit": limit})]


async def containing(tx: Tx, company_id: int, wanted: str, *, limit: int) -> list[CampaignName]:
    """Return the company's campaigns whose name has these letters, newest first (walks campaign_company)."""
    query = text(f"""
        {_NAMES} WHERE company_id = :company_id AND drafted AND position(lower(:wanted) IN lower(name)) > 0
        ORDER BY id DESC LIMIT :limit
    """)
    parameters = {"company_id": company_id, "wanted": wanted, "limit": limit}
    return [_name(row) for row in await tx.execute(query, parameters)]
