"""Recipients whose turn came on a day on which they had got as much marketing as it allows: they wait for another."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from smsflow.store.campaigns.recipients import Recipient, recipient
from smsflow.store.postgres.arrays import ints, times
from smsflow.store.postgres.transactions import Tx, text

_PUT = text("""
INSERT INTO campaign_deferred AS d (company_id, campaign_id, place, not_before)
SELECT :company_id, :campaign_id, t.place, t.not_before
FROM unnest(CAST(:places AS bigint[]), CAST(:times AS timestamptz[])) AS t(place, not_before)
ON CONFLICT (company_id, campaign_id, place) DO UPDATE SET not_before = excluded.not_before
""")
# Walks campaign_deferred_due, then the primary key of each.
_DUE = text("""
SELECT r.place, r.number, r.country, r.connector_id, r.segments, CAST(r."values" AS text), r.reason
FROM (
    SELECT company_id, campaign_id, place FROM campaign_deferred
    WHERE company_id = :company_id AND campaign_id = :campaign_id AND not_before <= :now ORDER BY not_before, place LIMIT :limit
) AS d JOIN campaign_recipient r USING (company_id, campaign_id, place) ORDER BY r.place
""")
_DROP = text("""
DELETE FROM campaign_deferred
WHERE company_id = :company_id AND campaign_id = :campaign_id AND place = ANY(CAST(:places AS bigint[]))
""")


async def put(tx: Tx, company_id: int, campaign_id: int, waiting: Mapping[int, datetime]) -> None:
    """Let recipients, given by place, wait for a time."""
    if waiting:
        of = {"company_id": company_id, "campaign_id": campaign_id}
        await tx.execute(_PUT, {**of, "places": ints(waiting), "times": times(waiting.values())})


async def due(tx: Tx, company_id: int, campaign_id: int, *, limit: int, now: datetime) -> list[Recipient]:
    """Return recipients whose time has come, those who have waited longest."""
    parameters = {"company_id": company_id, "campaign_id": campaign_id, "now": now, "limit": limit}
    return [recipient(*row) for row in await tx.execute(_DUE, parameters)]


async def first(tx: Tx, company_id: int, campaign_id: int) -> datetime | None:
    """Return when the first of those who wait may be written to, None where nobody waits (reads the begin of campaign_deferred_due)."""
    query = text("""
        SELECT not_before FROM campaign_deferred
        WHERE company_id = :company_id AND campaign_id = :campaign_id ORDER BY not_before LIMIT 1
    """)
    parameters = {"company_id": company_id, "campaign_id": campaign_id}
    return (await tx.execute(query, parameters)).scalar_one_or_none()


async def clear(tx: Tx, company_id: int, campaign_id: int) -> None:
    """Let nobody of a campaign wait any more."""
    delete = text("DELETE FROM campaign_deferred WHERE company_id = :company_id AND campaign_id = :campaign_id")
    await tx.execute(delete, {"company_id": company_id, "campaign_id": campaign_id})


async def drop(tx: Tx, company_id: int, campaign_id: int, places: Sequence[int]) -> None:
    """Take recipients from those who wait."""
    if places:
        await tx.execute(_DROP, {"company_id": company_id, "campaign_id": campaign_id, "places": ints(places)})
