"""Turns of campaigns: those that run or should begin, and how much already waits for their lanes."""

from smsflow.domain.schedule import Policy
from smsflow.store.campaigns import drafts
from smsflow.store.campaigns import policies as stored
from smsflow.store.campaigns.drafts import OpenCampaign
from smsflow.store.messages import campaign_queue
from smsflow.store.postgres.transactions import Tx

__all__ = ["OpenCampaign", "due", "policies", "set_policy", "waiting"]


async def due(tx: Tx) -> list[OpenCampaign]:
    """Return the campaigns that run or are scheduled."""
    return await drafts.due(tx)


async def policies(tx: Tx) -> dict[str, Policy]:
    """Return what the platform demands of marketing, by country."""
    return await stored.every(tx)


async def waiting(tx: Tx, connector_id: int, *, most: int) -> int:
    """Return how much marketing waits for a connector, counted to `most`."""
    return await campaign_queue.marketing_waiting(tx, connector_id, most=most)


async def set_policy(tx: Tx, policy: Policy) -> None:
    """Change what the platform demands of marketing in a country."""
    await stored.put(tx, policy)
