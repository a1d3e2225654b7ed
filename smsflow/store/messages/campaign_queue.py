"""Queued messages of campaigns: held while these are paused, found when they are cancelled or a recipient opts out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from smsflow.domain.message import Kind
from smsflow.store.postgres.arrays import ints, texts
from smsflow.store.postgres.bounds import bounded
from smsflow.store.postgres.transactions import Tx, text

# Walks queue_campaign. A time that never comes: held messages are neither claimed nor released by the sweep.
_HOLD_CAMPAIGN = text("""
UPDATE queue SET due_at = 'infinity' WHERE message_id IN (
    SELECT message_id FROM queue WHERE company_id = :company_id AND campaign_id = :campaign_id AND claimed_by IS NULL
    ORDER BY message_id FOR UPDATE
)
""")
# A message that was planned keeps its date. Messages are looked up one by one, by their key.
_FREE_CAMPAIGN = text("""
UPDATE queue q SET due_at = greatest(:now, (SELECT m.planned_at FROM message m WHERE m.id = q.message_id))
WHERE company_id = :company_id AND campaign_id = :campaign_id AND due_at = 'infinity'
    AND NOT (losses > 0 AND EXISTS (
        SELECT FROM message m JOIN opt_out o ON o.company_id = m.company_id AND o.number = m.number
        WHERE m.id = q.message_id AND (m.kind = 2 OR o.scope = 'all')))
""")
_OF_CAMPAIGN = text("""
SELECT message_id FROM queue WHERE company_id = :company_id AND campaign_id = :campaign_id
""")


async def hold_campaign(tx: Tx, company_id: int, campaign_id: int) -> None:
    """Keep what waits unclaimed of a campaign from leaving."""
    await tx.execute(_HOLD_CAMPAIGN, {"company_id": company_id, "campaign_id": campaign_id})


async def hold(tx: Tx, ids: Sequence[int]) -> None:
    """Keep these messages from leaving, as far as they are unclaimed."""
    statement = text("""
        UPDATE queue SET due_at = 'infinity' WHERE message_id IN (
            SELECT message_id FROM queue WHERE message_id = ANY(CAST(:ids AS bigint[])) AND claimed_by IS NULL ORDER BY message_id FOR UPDATE
        )
    """)
    await tx.execute(statement, {"ids": ints(ids)})


async def free_campaign(tx: Tx, company_id: int, campaign_id: int, *, now: datetime) -> None:
    """Let the held messages of a campaign leave, each in its fair turn; one that may have left before an opt-out stays held."""
    await tx.execute(_FREE_CAMPAIGN, {"company_id": company_id, "campaign_id": campaign_id, "now": now})


async def of_campaign(tx: Tx, company_id: int, campaign_id: int) -> list[int]:
    """Return the messages of a campaign that are in the queue, claimed or not."""
    rows = await tx.execute(_OF_CAMPAIGN, {"company_id": company_id, "campaign_id": campaign_id})
    return [message_id for (message_id,) in rows]


@dataclass(frozen=True, slots=True)
class OfCampaign:
    """A message of a campaign, or marketing of none."""

    id: int
    company_id: int
    campaign_id: int | None
    kind: Kind
    number: str


_OF_CAMPAIGNS = bounded("""
SELECT id, company_id, campaign_id, kind, number FROM message
WHERE id = ANY(CAST(:ids AS bigint[])) AND WITHIN(id) AND (campaign_id IS NOT NULL OR kind = 2)
""")


async def of_campaigns(tx: Tx, ids: Sequence[int]) -> list[OfCampaign]:
    """Return those of these messages that are of a campaign, or marketing."""
    return [
        OfCampaign(message_id, company_id, campaign_id, Kind(kind), number)
        for message_id, company_id, campaign_id, kind, number in await tx.execute(
            _OF_CAMPAIGNS(ids), {"ids": ints(ids)}
        )
    ]


# Of those that wait for one connector, this many are looked at; nearly always there are few.
_READY = 20_000
# Walks queue_campaign, queue_marketing and queue_planned of one company: a campaign keeps a few seconds of its lane in the queue. A
# transactional one that leaves now is in no index of its company, which each would pay for: it is found among those of its connector.
_WAITING_FOR = text(f"""
SELECT q.message_id FROM (
    SELECT message_id FROM queue WHERE company_id = :company_id AND campaign_id IS NOT NULL AND (priority = 2 OR :all) AND claimed_by IS NULL
    UNION ALL
    SELECT message_id FROM queue WHERE company_id = :company_id AND campaign_id IS NULL AND priority = 2 AND claimed_by IS NULL
    UNION ALL
    SELECT message_id FROM queue
    WHERE :all AND company_id = :company_id AND campaign_id IS NULL AND priority = 1 AND due_at IS NOT NULL AND claimed_by IS NULL
    UNION ALL
    SELECT r.message_id FROM connector c CROSS JOIN LATERAL (
        SELECT message_id, company_id, campaign_id, claimed_by FROM queue
        WHERE connector_id = c.id AND due_at IS NULL AND priority = 1 ORDER BY turn, message_id LIMIT {_READY}
    ) r WHERE :all AND r.company_id = :company_id AND r.campaign_id IS NULL AND r.claimed_by IS NULL
) q JOIN message m ON m.id = q.message_id WHERE m.number = ANY(CAST(:numbers AS text[])) AND m.charged > 0
""")


async def waiting_for(tx: Tx, company_id: int, numbers: Sequence[str], *, transactional_too: bool = False) -> list[int]:
    """Return the unclaimed marketing messages of a company to these numbers, with the transactional ones if wanted."""
    parameters = {"company_id": company_id, "numbers": texts(numbers), "all": transactional_too}
    rows = await tx.execute(_WAITING_FOR, parameters)
    return [message_id for (message_id,) in rows]


_WAITING = text("""
SELECT count(*) FROM (
    SELECT FROM queue WHERE connector_id = :connector_id AND priority = 2 AND due_at IS NULL AND claimed_by IS NULL LIMIT :most
) AS q
""")


async def marketing_waiting(tx: Tx, connector_id: int, *, most: int) -> int:
    """Return how much marketing waits for a connector, counted to `most` (walks queue_ready)."""
    return int((await tx.execute(_WAITING, {"connector_id": connector_id, "most": most})).scalar_one())
