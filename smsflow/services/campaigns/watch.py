"""Watching: a campaign that fails too often, or that nothing can send any more, pauses by itself and says why."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from smsflow.domain import campaign as rules
from smsflow.domain.account import Company
from smsflow.domain.campaign import Ends
from smsflow.domain.phone import Number
from smsflow.domain.routing import Table
from smsflow.services.campaigns.launch import hold
from smsflow.services.messages import tallies
from smsflow.store.campaigns import drafts, recipients, watching
from smsflow.store.campaigns.drafts import Campaign
from smsflow.store.postgres.transactions import Tx
from smsflow.store.routing import dispatchers


@dataclass(frozen=True, slots=True)
class Health:
    """The limits that running campaigns are checked against: the share of failures that is too much, and the connectors that have been down for long."""

    most_failures: float
    routes: Table
    down: Mapping[int, str]
    """Their names by id."""


async def bound(tx: Tx) -> set[int]:
    """Return the connectors that have a bind."""
    return {b.connector_id for b in await dispatchers.binds(tx) if b.state == "bound"}


async def watch(tx: Tx, company: Company, campaign_id: int, health: Health, *, now: datetime) -> str | None:  # noqa: ARG001 - the contract of services
    """Pause a campaign that runs when it must not go on; return why it was paused.

    Its turns, which follow each other closely while it is fast, are waited for only when there is a reason.
    """
    if await _obstacle(tx, company, await drafts.find(tx, company.id, campaign_id), health) is None:
        return None
    why = await _obstacle(tx, company, await drafts.lock(tx, company.id, campaign_id), health)
    if why is not None:
        await hold(tx, company.id, campaign_id, why=why)
    return why


async def pause_failed(tx: Tx, company_id: int, campaign_id: int, error: str, *, now: datetime) -> str | None:  # noqa: ARG001 - the contract of services
    """Pause a campaign that runs and whose turn fails by itself, as it would for ever; return why it was paused."""
    campaign = await drafts.lock(tx, company_id, campaign_id)
    if campaign is None or campaign.state != "running":
        return None
    why = f"its turn failed: {error}"
    await hold(tx, company_id, campaign_id, why=why)
    return why


async def _obstacle(tx: Tx, company: Company, campaign: Campaign | None, health: Health) -> str | None:
    if campaign is None or campaign.state != "running":
        return None
    return await _failing(tx, campaign, health.most_failures) or await _stuck(tx, company, campaign, health)


async def _failing(tx: Tx, campaign: Campaign, most: float) -> str | None:
    """Judge the last SMS that became final: as many as a campaign is judged by, and those of one step or one look more.

    The difference of two sums of tallies: a few rows of one campaign, whatever its size, and no message is read. The messages at
    the campaign's place would not do: the last of them are on their way, and how many differs by minutes of a lane's speed.
    """
    figures = await tallies.of_campaign(tx, campaign.company_id, campaign.id)
    ends = Ends(figures.delivered + figures.failed + figures.expired, figures.failed)
    marks = await watching.marks(tx, campaign.company_id, campaign.id)
    kept = rules.slid(marks, ends)
    last = ends - kept[0]
    if rules.fails_too_often(last, most=most):
        return f"too many SMS failed: {last.failed} of the last {last.final}"
    if kept != marks:
        await watching.set_marks(tx, campaign.company_id, campaign.id, kept)
    return None


async def _stuck(tx: Tx, company: Company, campaign: Campaign, health: Health) -> str | None:
    """Tell which connector keeps a campaign from its next recipient, when no other leads there."""
    following = await recipients.first_open(tx, company.id, campaign.id, after=campaign.place)
    if following is None or following.connector_id is None:
        return None
    why = f"the connector {health.down.get(following.connector_id)} has been down for long"
    if following.connector_id not in health.routes.connectors:
        why = "the connector was removed, and no route leads to another"
    elif following.connector_id not in health.down:
        return None
    sender = company.sender(campaign.sender)
    ways = health.routes.decide(
        Number(following.number, following.country, mobile=True),
        company_id=company.id,
        sender=sender.name if sender else "",
        kind=campaign.kind,
        without=frozenset(health.down),
    )
    return None if ways else why
