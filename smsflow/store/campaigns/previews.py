"""The recipient with the longest SMS, and the recipient at a place."""

from smsflow.store.campaigns.recipients import Recipient, following
from smsflow.store.postgres.transactions import Tx, text

# Reads every recipient of the campaign once, in the background for a large one: its page then finds the place noted.
_NOTE = text("""
UPDATE campaign_run SET longest = (
    SELECT place FROM campaign_recipient WHERE company_id = :company_id AND campaign_id = :campaign_id AND reason IS NULL
    ORDER BY segments DESC, length(coalesce("values"::text, '')) DESC, place LIMIT 1)
WHERE company_id = :company_id AND campaign_id = :campaign_id
""")


async def note_longest(tx: Tx, company_id: int, campaign_id: int) -> None:
    """Note which recipient of a prepared campaign gets the longest SMS."""
    await tx.execute(_NOTE, {"company_id": company_id, "campaign_id": campaign_id})


async def longest(tx: Tx, company_id: int, campaign_id: int) -> int | None:
    """Return the place of the recipient who gets the longest SMS; None when nobody gets one, or it was not noted."""
    query = text("SELECT longest FROM campaign_run WHERE company_id = :company_id AND campaign_id = :campaign_id")
    return (await tx.execute(query, {"company_id": company_id, "campaign_id": campaign_id})).scalar_one_or_none()


async def at(tx: Tx, company_id: int, campaign_id: int, place: int) -> Recipient | None:
    """Return the recipient at a place, or None."""
    found = await following(tx, company_id, campaign_id, after=place - 1, limit=1)
    return found[0] if found else None
