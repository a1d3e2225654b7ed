"""Running: the next recipients are taken and their SMS accepted in one transaction, so that nobody is skipped or written to twice."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from smsflow.domain import schedule, template
from smsflow.domain.account import Company
from smsflow.domain.routing import Table
from smsflow.domain.schedule import Pace, Plan, Policy
from smsflow.domain.stop_way import Links
from smsflow.services.campaigns import stop
from smsflow.services.campaigns.launch import hold, release_rest
from smsflow.services.campaigns.one_turn import Turn
from smsflow.store.campaigns import deferred, drafts, recipients
from smsflow.store.campaigns.drafts import Campaign
from smsflow.store.contacts import contacts, optouts
from smsflow.store.postgres.transactions import Tx

# A campaign that should have begun longer ago than this, because nothing ran, does not begin by itself.
_TOO_LATE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Ran:
    """The result of one turn of a campaign: SMS accepted by connector, whether there may be more at once, and why it was paused."""

    accepted: Mapping[int, int]
    again: bool = False
    paused: str = ""


_NOTHING = Ran({})


async def start_due(tx: Tx, company_id: int, campaign_id: int, *, now: datetime) -> Ran:
    """Let a scheduled campaign begin whose time has come; one that is more than an hour late is paused, and says so."""
    campaign = await drafts.lock_free(tx, company_id, campaign_id)
    if campaign is None or campaign.state != "scheduled" or campaign.starts_at is None or campaign.starts_at > now:
        return _NOTHING
    late = now - campaign.starts_at > _TOO_LATE
    why = "its time passed while nothing ran: resume it to send it now" if late else ""
    await drafts.set_state(tx, company_id, campaign_id, "paused" if late else "running", why=why)
    return Ran({}, paused=why)


async def run_batch(
    tx: Tx,
    company: Company,
    campaign_id: int,
    *,
    routes: Table,
    policies: Mapping[str, Policy],
    room: Mapping[int, int],
    validity: timedelta,
    fingerprint: Callable[[str], bytes],
    now: datetime,
    batch: int,
    links: Links | None,
) -> Ran:
    """Accept the SMS of a campaign's next recipients, as many as the lanes have `room` for and its pace allows.

    `validity` is for a campaign that has none of its own. Another process that has this campaign in hand is left to it.
    """
    campaign = await drafts.lock_free(tx, company.id, campaign_id)
    if campaign is None or campaign.state != "running":
        return _NOTHING
    obstacle = _obstacle(company, campaign)
    if obstacle is not None:
        await hold(tx, company.id, campaign_id, why=obstacle)
        return Ran({}, paused=obstacle)
    plan = Plan.read(campaign.plan)
    pace = schedule.allow(
        plan,
        campaign.pace,
        total=campaign.last_place,
        waiting=campaign.last_place - campaign.place + campaign.deferred,
        launched_at=campaign.starts_at or campaign.launched_at or now,
        now=now,
    )
    # Also for what is transactional: somebody may opt out of all.
    await optouts.open_marketing(tx, company.id)
    limit = min(batch, int(pace.left))
    passed = campaign.place == campaign.last_place
    if passed:
        rows = await deferred.due(tx, company.id, campaign_id, limit=limit, now=now)
    else:
        rows = await recipients.following(tx, company.id, campaign_id, after=campaign.place, limit=limit)
    ways = await stop.ways(tx, company, links) if template.STOP in template.parse(campaign.text).variables else None
    turn = Turn(tx, company, campaign, plan, routes, policies, fingerprint, now, ways)
    taken = turn.within(rows, room)
    own = plan.validity_seconds
    messages = await turn.messages(taken, now + (validity if own is None else timedelta(seconds=own)))
    accepted = await turn.accept(messages)
    place = taken[-1].place if taken and not passed else campaign.place
    waiting = len(turn.deferred) - (len(taken) if passed else 0)
    if passed:
        await deferred.drop(tx, company.id, campaign_id, [r.place for r in taken if r.place not in turn.deferred])
        await contacts.note_written(tx, company.id, [row.number for row, _ in messages], now=now)
    await deferred.put(tx, company.id, campaign_id, turn.deferred)
    used = sum(m.segments for _, m in messages)
    await recipients.move(
        tx,
        company.id,
        campaign_id,
        place=place,
        accepted=len(messages),
        refused=turn.refused,
        deferred=waiting,
        used=used,
        pace=Pace(pace.left - len(messages), pace.at),
        now=now,
    )
    if place == campaign.last_place and campaign.deferred + waiting == 0:
        await release_rest(tx, company.id, campaign_id, campaign.reserved - used, now=now)
        await drafts.set_state(tx, company.id, campaign_id, "finished", finished_at=now)
    return Ran(accepted, again=len(taken) == batch)


def _obstacle(company: Company, campaign: Campaign) -> str | None:
    if company.suspended:
        return "the company is suspended"
    if company.sender(campaign.sender) is None:
        return f"the sender{f' {campaign.sender}' if campaign.sender else ''} is no longer approved"
    return None
