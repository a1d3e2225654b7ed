"""Adjusting: another speed or other hours for a campaign that is launched, from its next turn on."""

from datetime import datetime

from smsflow.domain import campaign as rules
from smsflow.domain.schedule import Plan
from smsflow.errors import ParameterInvalid
from smsflow.services.campaigns import hours
from smsflow.services.campaigns.draft import held
from smsflow.store.accounts import companies
from smsflow.store.campaigns import drafts
from smsflow.store.postgres.transactions import Tx


async def adjust(tx: Tx, company_id: int, campaign_id: int, plan: Plan, *, now: datetime) -> None:
    """Let a launched campaign go on by another plan; its recipients, its place and its reserve stay. Raises Refused."""
    campaign = await held(tx, company_id, campaign_id)
    rules.check(campaign.state, "adjust")
    if plan.hours.is_empty():
        raise ParameterInvalid(parameter="hours", expected="at least one minute of one day")
    if plan.per_minute is not None and plan.per_minute < 1:
        raise ParameterInvalid(parameter="per_minute", expected="at least 1 SMS a minute")
    if plan.over_hours is not None and plan.over_hours <= 0:
        raise ParameterInvalid(parameter="over_hours", expected="more than 0 hours")
    company = await companies.company(tx, company_id)
    if company is not None:
        await hours.check(tx, company, campaign.kind, plan, now=now)
    await drafts.set_plan(tx, company_id, campaign_id, {**campaign.plan, **plan.stored()})
