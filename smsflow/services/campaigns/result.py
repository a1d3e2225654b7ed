"""What a campaign has come to: its figures as every door shows them."""

from dataclasses import dataclass
from datetime import datetime

from smsflow.services.campaigns.draft import show
from smsflow.store.campaigns import names, recipients
from smsflow.store.postgres.transactions import Tx


@dataclass(frozen=True, slots=True)
class Result:
    """A campaign's figures; what the operators made of each SMS is in the log of messages."""

    id: int
    name: str
    kind: str
    state: str
    why: str
    text: str
    sender: str | None
    starts_at: datetime | None
    recipients: int
    accepted: int
    refused: dict[str, int]
    segments: int
    credits_reserved: int
    credits_used: int


async def result(tx: Tx, company_id: int, campaign_id: int) -> Result:
    """Return a campaign's figures; raise NotFound."""
    campaign = await show(tx, company_id, campaign_id)
    return Result(
        campaign.id,
        campaign.name,
        campaign.kind.name.lower(),
        campaign.state,
        campaign.why,
        campaign.text,
        campaign.sender,
        campaign.starts_at,
        campaign.last_place,
        campaign.accepted,
        await recipients.refusals(tx, company_id, campaign_id),
        campaign.segments,
        campaign.reserved,
        campaign.used,
    )


async def company_of(tx: Tx, campaign_id: int) -> int | None:
    """Return the company of a campaign: for the platform's administrator, who names campaigns by their id alone."""
    return await names.company_of(tx, campaign_id)
