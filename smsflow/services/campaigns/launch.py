"""Launching, pausing, resuming and cancelling: each moves the state and, where it must, the reserve."""

from datetime import datetime

from smsflow.domain import campaign as rules
from smsflow.domain.schedule import Plan
from smsflow.errors import CreditsMissing
from smsflow.services.campaigns import hours, stop
from smsflow.services.campaigns.draft import held
from smsflow.services.messages import cancel as messages
from smsflow.store.accounts import companies
from smsflow.store.campaigns import deferred, drafts, recipients, watching
from smsflow.store.campaigns.drafts import Campaign
from smsflow.store.credits import reserve
from smsflow.store.messages import campaign_queue
from smsflow.store.postgres.transactions import Tx


async def launch(tx: Tx, company_id: int, campaign_id: int, *, now: datetime) -> str:
    """Reserve what a prepared campaign costs and let it run, now or at its time; return its state.

    Raises CreditsMissing, which says how many are missing; then nothing has changed.
    """
    campaign = await held(tx, company_id, campaign_id)
    rules.check(campaign.state, "launch")
    return await begin(tx, campaign, now=now)


async def begin(tx: Tx, campaign: Campaign, *, now: datetime) -> str:
    """Reserve what a campaign costs that may be launched, and let it run; return its state. Raises CreditsMissing, StopMissing and HoursNeverOpen."""
    company_id, campaign_id = campaign.company_id, campaign.id
    company = await companies.company(tx, company_id)
    if company is not None:
        # Its country may demand it since it was written.
        await stop.check(tx, company, campaign.kind, campaign.text)
        await hours.check(tx, company, campaign.kind, Plan.read(campaign.plan), now=now)
    if not await reserve.reserve(tx, company_id, campaign.segments, campaign_id=campaign_id, now=now):
        left = await reserve.available(tx, company_id) or 0
        raise CreditsMissing(needed=campaign.segments, balance=left, missing=campaign.segments - left)
    await recipients.set_reserved(tx, company_id, campaign_id, campaign.segments)
    state = _state_at(campaign, now)
    await drafts.set_state(tx, company_id, campaign_id, state, launched_at=now)
    return state


async def pause(tx: Tx, company_id: int, campaign_id: int, *, why: str = "", now: datetime) -> None:  # noqa: ARG001 - the contract of services
    """Hold a campaign: nothing more of it is accepted, and what waits unclaimed does not leave."""
    campaign = await held(tx, company_id, campaign_id)
    rules.check(campaign.state, "pause")
    await hold(tx, company_id, campaign_id, why=why)


async def hold(tx: Tx, company_id: int, campaign_id: int, *, why: str) -> None:
    """Hold a campaign that this transaction has locked, and what of it waits unclaimed."""
    await drafts.set_state(tx, company_id, campaign_id, "paused", why=why)
    await campaign_queue.hold_campaign(tx, company_id, campaign_id)


async def resume(tx: Tx, company_id: int, campaign_id: int, *, now: datetime) -> None:
    """Let a held campaign go on from where it was; one whose time has not come waits for it."""
    campaign = await held(tx, company_id, campaign_id)
    rules.check(campaign.state, "resume")
    await drafts.set_state(tx, company_id, campaign_id, _state_at(campaign, now))
    # The person who resumes it has seen what failed until now.
    await watching.set_marks(tx, company_id, campaign_id, [])
    await campaign_queue.free_campaign(tx, company_id, campaign_id, now=now)


def _state_at(campaign: Campaign, now: datetime) -> str:
    return "scheduled" if campaign.starts_at is not None and campaign.starts_at > now else "running"


async def cancel(tx: Tx, company_id: int, campaign_id: int, *, now: datetime) -> int:
    """End a campaign: what waits unclaimed is cancelled with its credits back, and the reserve is released; return how many waited."""
    campaign = await held(tx, company_id, campaign_id)
    rules.check(campaign.state, "cancel")
    waiting = await campaign_queue.of_campaign(tx, company_id, campaign_id)
    answers = await messages.cancel(tx, waiting, company_id=company_id, now=now)
    # Messages that may have reached the handset already are not cancelled; they must not be sent again.
    await campaign_queue.hold_campaign(tx, company_id, campaign_id)
    await release_rest(tx, company_id, campaign_id, campaign.reserved, now=now)
    await deferred.clear(tx, company_id, campaign_id)
    await drafts.set_state(tx, company_id, campaign_id, "cancelled", finished_at=now)
    return sum(answer is None for answer in answers)


async def release_rest(tx: Tx, company_id: int, campaign_id: int, amount: int, *, now: datetime) -> None:
    """Give back what is left of a campaign's reserve."""
    await reserve.release(tx, company_id, amount, campaign_id=campaign_id, now=now)
    await recipients.set_reserved(tx, company_id, campaign_id, 0)
