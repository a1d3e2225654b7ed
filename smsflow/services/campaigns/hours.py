"""The hours in which a campaign may write at all: its own, its company's and those of the countries that it writes to."""

from dataclasses import dataclass
from datetime import datetime

from smsflow.domain import schedule
from smsflow.domain.account import Company
from smsflow.domain.message import Kind
from smsflow.domain.schedule import Hours, Plan, Policy
from smsflow.errors import HoursNeverOpen
from smsflow.store.campaigns import deferred, policies
from smsflow.store.campaigns.drafts import Campaign
from smsflow.store.postgres.transactions import Tx


@dataclass(frozen=True, slots=True)
class Allowed:
    """The hours in which a campaign writes to people of its company's country, and the first moment within them."""

    hours: Hours
    opens_at: datetime | None


async def allowed(tx: Tx, company: Company, kind: Kind, plan: Plan, *, at: datetime) -> Allowed:
    """Return the hours that hold for a campaign, and when it may write from `at` on; other kinds than marketing leave at any hour."""
    if kind is not Kind.MARKETING:
        return Allowed(schedule.ALWAYS, at)
    own, demand = plan.hours & company.marketing_hours, await _demand(tx, company, company.country)
    opens = schedule.next_open([(own, company.timezone), (demand.hours, demand.timezone)], at)
    return Allowed(own & demand.hours, opens)


async def waits_until(tx: Tx, company: Company, campaign: Campaign, *, now: datetime) -> datetime | None:
    """Return when a running campaign goes on that writes to nobody now: its hours are closed, or all who are left got enough today."""
    at = now
    if campaign.place == campaign.last_place:
        at = max(now, await deferred.first(tx, company.id, campaign.id) or now)
    opens = (await allowed(tx, company, campaign.kind, Plan.read(campaign.plan), at=at)).opens_at
    return opens if opens is not None and opens > now else None


async def _demand(tx: Tx, company: Company, country: str) -> Policy:
    return (await policies.every(tx)).get(country, Policy(country, company.timezone))


async def check(tx: Tx, company: Company, kind: Kind, plan: Plan, *, now: datetime) -> None:
    """Raise HoursNeverOpen for marketing whose hours meet those of no country that the company writes to: it would wait for ever."""
    if kind is not Kind.MARKETING:
        return
    own, known = plan.hours & company.marketing_hours, await policies.every(tx)
    within = company.marketing_hours
    for country in company.countries or (company.country,):
        demand = known.get(country, Policy(country, company.timezone))
        if schedule.next_open([(own, company.timezone), (demand.hours, demand.timezone)], now) is not None:
            return
        within = company.marketing_hours & demand.hours
    raise HoursNeverOpen(hours=str(plan.hours), allowed=str(within))
