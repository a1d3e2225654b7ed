"""Approvals of campaigns: the author, the person who asked and the person who answered."""

from dataclasses import dataclass
from datetime import datetime

from smsflow.store.postgres.transactions import Tx, text


@dataclass(frozen=True, slots=True)
class Approval:
    """The people of a campaign, by username; `authors` have written or submitted it."""

    authors: tuple[str, ...]
    submitted_by: str | None
    submitted_at: datetime | None
    reviewed_by: str | None


async def of_campaign(tx: Tx, company_id: int, campaign_id: int) -> Approval | None:
    """Return the people of a campaign, or None."""
    query = text("""
        SELECT authors, submitted_by, submitted_at, reviewed_by FROM campaign WHERE company_id = :company_id AND id = :id AND drafted
    """)
    row = (await tx.execute(query, {"company_id": company_id, "id": campaign_id})).one_or_none()
    if row is None:
        return None
    authors, *review = row
    return Approval(tuple(authors), *review)


async def written(tx: Tx, company_id: int, campaign_id: int, author: str) -> None:
    """Note one more author of a campaign; an earlier submission or review was of another text."""
    update = text("""
        UPDATE campaign SET submitted_by = NULL, submitted_at = NULL, reviewed_by = NULL,
            authors = CASE WHEN :author = '' OR :author = ANY(authors) THEN authors ELSE authors || CAST(:author AS text) END
        WHERE company_id = :company_id AND id = :id
    """)
    await tx.execute(update, {"company_id": company_id, "id": campaign_id, "author": author})


async def submitted(tx: Tx, company_id: int, campaign_id: int, author: str, *, now: datetime) -> None:
    """Note who asked for the approval, who is then an author too."""
    await written(tx, company_id, campaign_id, author)
    update = text("""
        UPDATE campaign SET submitted_by = :author, submitted_at = :now WHERE company_id = :company_id AND id = :id
    """)
    await tx.execute(update, {"company_id": company_id, "id": campaign_id, "author": author, "now": now})


async def reviewed(tx: Tx, company_id: int, campaign_id: int, reviewer: str) -> None:
    """Note who approved a campaign or sent it back."""
    update = text("UPDATE campaign SET reviewed_by = :reviewer WHERE company_id = :company_id AND id = :id")
    await tx.execute(update, {"company_id": company_id, "id": campaign_id, "reviewer": reviewer})
