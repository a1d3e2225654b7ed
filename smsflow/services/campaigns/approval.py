"""Approval: where a company demands it, a campaign leaves only after somebody other than its authors has approved it."""

from datetime import datetime

from smsflow.domain import campaign as rules
from smsflow.domain.account import Company
from smsflow.errors import ApprovalNeeded, OwnCampaign, ParameterInvalid
from smsflow.services.campaigns import launch as launching
from smsflow.services.campaigns.draft import held, show
from smsflow.store.campaigns import approvals, drafts
from smsflow.store.campaigns.approvals import Approval
from smsflow.store.postgres.transactions import Tx

# The platform itself, by the command line: it is nobody's author.
PLATFORM = ""
LONGEST_REASON = 500


def must_submit(company: Company, *, approver: bool) -> bool:
    """Tell whether somebody submits campaigns in place of launching them: the company demands approval, and they may not give it."""
    return company.approval and not approver


async def launch(tx: Tx, company: Company, campaign_id: int, *, approver: bool, now: datetime) -> str:
    """Launch a prepared campaign for somebody who may; return its state. Raises ApprovalNeeded, and what `launch.launch` raises."""
    if must_submit(company, approver=approver):
        raise ApprovalNeeded
    return await launching.launch(tx, company.id, campaign_id, now=now)


async def submit(tx: Tx, company_id: int, campaign_id: int, *, author: str = PLATFORM, now: datetime) -> None:
    """Ask for the approval of a prepared campaign."""
    campaign = await held(tx, company_id, campaign_id)
    rules.check(campaign.state, "submit")
    await drafts.set_state(tx, company_id, campaign_id, "approval")
    await approvals.submitted(tx, company_id, campaign_id, author, now=now)


async def approve(tx: Tx, company_id: int, campaign_id: int, *, reviewer: str = PLATFORM, now: datetime) -> str:
    """Approve a submitted campaign, which launches it or plans it for its time; return its state.

    Raises OwnCampaign for an author, and NotEnoughCredits as a launch does.
    """
    campaign = await held(tx, company_id, campaign_id)
    rules.check(campaign.state, "approve")
    await _of_others(tx, company_id, campaign_id, reviewer)
    await approvals.reviewed(tx, company_id, campaign_id, reviewer)
    return await launching.begin(tx, campaign, now=now)


async def send_back(
    tx: Tx, company_id: int, campaign_id: int, *, reason: str, reviewer: str = PLATFORM, now: datetime
) -> None:  # `now` is part of every service
    """Give a submitted campaign back to its authors, with the reason; nothing is launched."""
    del now
    campaign = await held(tx, company_id, campaign_id)
    rules.check(campaign.state, "send back")
    await _of_others(tx, company_id, campaign_id, reviewer)
    if not 0 < len(reason.strip()) <= LONGEST_REASON:
        raise ParameterInvalid(parameter="reason", expected=f"1 to {LONGEST_REASON} characters")
    await drafts.set_state(tx, company_id, campaign_id, "prepared", why=reason.strip())
    await approvals.reviewed(tx, company_id, campaign_id, reviewer)


async def note_author(tx: Tx, company_id: int, campaign_id: int, author: str) -> None:
    """Note who has made a campaign after another one: its author, who does not approve it."""
    await approvals.written(tx, company_id, campaign_id, author)


async def people(tx: Tx, company_id: int, campaign_id: int) -> Approval:
    """Return who wrote, submitted and reviewed a campaign; raise NotFound."""
    await show(tx, company_id, campaign_id)
    return await approvals.of_campaign(tx, company_id, campaign_id) or Approval((), None, None, None)


async def _of_others(tx: Tx, company_id: int, campaign_id: int, reviewer: str) -> None:
    found = await approvals.of_campaign(tx, company_id, campaign_id)
    if found is not None and reviewer != PLATFORM and reviewer in found.authors:
        raise OwnCampaign
