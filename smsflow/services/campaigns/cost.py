"""The cost of a prepared campaign, to the credit, before it is launched."""

from dataclasses import dataclass
from datetime import datetime

from smsflow.store.campaigns import recipients
from smsflow.store.campaigns.drafts import Campaign
from smsflow.store.campaigns.recipients import Share
from smsflow.store.credits import reserve
from smsflow.store.postgres.transactions import Tx


@dataclass(frozen=True, slots=True)
class Cost:
    """The effect and the cost of a prepared campaign."""

    recipients: int
    refused: dict[str, int]
    segments: int
    credits: int
    available: int
    shares: list[Share]

    @property
    def balance_after(self) -> int:
        """The credits that will be available once it is launched; below zero: that many are missing."""
        return self.available - self.credits


async def cost_of(tx: Tx, campaign: Campaign, *, now: datetime) -> Cost:  # noqa: ARG001 - the contract of services
    """Return what a prepared campaign will cost; a segment is a credit."""
    return Cost(
        campaign.last_place,
        await recipients.refusals(tx, campaign.company_id, campaign.id),
        campaign.segments,
        campaign.segments,
        await reserve.available(tx, campaign.company_id) or 0,
        await recipients.shares(tx, campaign.company_id, campaign.id),
    )
