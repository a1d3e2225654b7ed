"""People that campaigns wrote to: their values are removed sooner, and they themselves with the messages."""

from datetime import datetime

from smsflow.store.postgres.transactions import Tx, text

# `campaign` is small; each of its old campaigns costs one look into the primary key of its recipients.
_WITH_RECIPIENTS = text("""
SELECT c.company_id, c.id FROM campaign c WHERE c.drafted AND c.finished_at < :before AND EXISTS (
    SELECT FROM campaign_recipient r WHERE r.company_id = c.company_id AND r.campaign_id = c.id) ORDER BY c.id
""")
_WITH_VALUES = text("""
SELECT c.id FROM campaign c JOIN campaign_run r ON r.company_id = c.company_id AND r.campaign_id = c.id
WHERE c.company_id = :company_id AND c.drafted AND c.finished_at < :before AND NOT r.values_gone ORDER BY c.id
""")
_FORGET = text("""
DELETE FROM campaign_recipient WHERE company_id = :company_id AND campaign_id = :campaign_id AND place IN (
    SELECT place FROM campaign_recipient WHERE company_id = :company_id AND campaign_id = :campaign_id ORDER BY place LIMIT :limit)
RETURNING place
""")
_FORGET_VALUES = text("""
WITH page AS MATERIALIZED (
    SELECT place FROM campaign_recipient WHERE company_id = :company_id AND campaign_id = :campaign_id AND place > :after
    ORDER BY place LIMIT :limit
), emptied AS (
    UPDATE campaign_recipient r SET "values" = NULL FROM page p
    WHERE r.company_id = :company_id AND r.campaign_id = :campaign_id AND r.place = p.place AND r."values" IS NOT NULL
)
SELECT place FROM page ORDER BY place OFFSET :limit - 1
""")


async def with_recipients(tx: Tx, *, before: datetime) -> list[tuple[int, int]]:
    """Return the company and the id of each campaign that ended before then and has recipients still."""
    return [
        (company_id, campaign_id) for company_id, campaign_id in await tx.execute(_WITH_RECIPIENTS, {"before": before})
    ]


async def with_values(tx: Tx, company_id: int, *, before: datetime) -> list[int]:
    """Return a company's campaigns that ended before then and whose recipients have values still."""
    rows = await tx.execute(_WITH_VALUES, {"company_id": company_id, "before": before})
    return [campaign_id for (campaign_id,) in rows]


async def forget(tx: Tx, company_id: int, campaign_id: int, *, limit: int) -> int:
    """Remove up to `limit` recipients of a campaign, and the numbers that were pasted for it; return how many recipients."""
    of = {"company_id": company_id, "campaign_id": campaign_id}
    mark = "UPDATE campaign_run SET recipients_gone = true WHERE company_id = :company_id AND campaign_id = :campaign_id AND NOT recipients_gone"
    await tx.execute(text(mark), of)
    await tx.execute(
        text("DELETE FROM campaign_number WHERE company_id = :company_id AND campaign_id = :campaign_id"), of
    )
    return len((await tx.execute(_FORGET, {**of, "limit": limit})).all())


async def forget_values(tx: Tx, company_id: int, campaign_id: int, *, after: int, limit: int) -> int | None:
    """Remove the values of the next recipients behind a place, at the end those of its file; return the place to go on after, None at the end."""
    of = {"company_id": company_id, "campaign_id": campaign_id}
    last = (await tx.execute(_FORGET_VALUES, {**of, "after": after, "limit": limit})).scalar_one_or_none()
    if last is None:
        mark = (
            "UPDATE campaign_run SET values_gone = true WHERE company_id = :company_id AND campaign_id = :campaign_id"
        )
        await tx.execute(text(mark), of)
        file = 'UPDATE campaign_number SET "values" = NULL WHERE company_id = :company_id AND campaign_id = :campaign_id AND "values" IS NOT NULL'
        await tx.execute(text(file), of)
    return last
