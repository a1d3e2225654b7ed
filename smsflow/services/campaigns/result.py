"""The result of a campaign: its figures as every door shows them, for drafted campaigns and for names alike."""

from dataclasses import dataclass
from datetime import datetime

from smsflow.errors import NotFound
from smsflow.services.messages import tallies
from smsflow.services.messages.tallies import Figures
from smsflow.store.campaigns import drafts, names, recipients, responses
from smsflow.store.campaigns.names import CampaignName
from smsflow.store.postgres.transactions import Tx
from smsflow.store.routing import connectors


@dataclass(frozen=True, slots=True)
class OfOperator:
    """The figures of what left by one connector."""

    operator: str
    figures: Figures


@dataclass(frozen=True, slots=True)
class OfHour:
    """The figures of what was accepted in one hour."""

    hour: datetime
    figures: Figures


@dataclass(frozen=True, slots=True)
class Result:
    """A campaign's figures: each accepted SMS is in one state, or waits; recipients that are not written to are counted by reason."""

    id: int
    name: str
    kind: str
    state: str
    why: str
    text: str | None
    sender: str | None
    starts_at: datetime | None
    recipients: int
    accepted: int
    sent: int
    delivered: int
    failed: int
    expired: int
    unknown: int
    cancelled: int
    refused: dict[str, int]
    segments: int
    credits_reserved: int
    credits_used: int
    credits_returned: int
    opt_outs: int
    replies: int
    by_operator: list[OfOperator]
    by_hour: list[OfHour]


async def result(tx: Tx, company_id: int, campaign_id: int) -> Result:
    """Return a campaign's figures (nothing is counted: they are kept); raise NotFound."""
    named = await names.find(tx, company_id, campaign_id)
    if named is None:
        raise NotFound(what="campaign", id=campaign_id)
    figures = await tallies.of_campaign(tx, company_id, campaign_id)
    caused = await responses.of_campaign(tx, company_id, campaign_id)
    drafted = await drafts.find(tx, company_id, campaign_id) if named.drafted else None
    return Result(
        named.id,
        named.name,
        named.kind.name.lower(),
        named.state,
        drafted.why if drafted else "",
        drafted.text if drafted else None,
        drafted.sender if drafted else None,
        drafted.starts_at if drafted else None,
        # Under a name, whoever is written to is a recipient.
        drafted.last_place if drafted else figures.accepted,
        figures.accepted,
        figures.sent,
        figures.delivered,
        figures.failed,
        figures.expired,
        figures.unknown,
        figures.cancelled,
        await recipients.refusals(tx, company_id, campaign_id),
        drafted.segments if drafted else figures.charged,
        drafted.reserved if drafted else 0,
        figures.charged,
        figures.returned,
        caused.opt_outs,
        caused.replies,
        await _by_operator(tx, named, company_id),
        [OfHour(hour, its) for hour, its in (await tallies.by_hour(tx, company_id, campaign_id)).items()],
    )


async def _by_operator(tx: Tx, campaign: CampaignName, company_id: int) -> list[OfOperator]:
    found = await tallies.by_connector(tx, company_id, campaign.id)
    known = {c.id: c.name for c in await connectors.connectors(tx)} if found else {}
    return [OfOperator(known.get(connector_id, str(connector_id)), its) for connector_id, its in found.items()]


async def company_of(tx: Tx, campaign_id: int) -> int | None:
    """Return the company of a campaign: for the platform's administrator, who names campaigns by their id alone."""
    return await names.company_of(tx, campaign_id)
