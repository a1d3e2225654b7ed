"""Another speed or other hours for a campaign that runs."""

from dataclasses import replace
from datetime import timedelta

import pytest

from smsflow.domain.schedule import Plan
from smsflow.errors import HoursNeverOpen, ParameterInvalid, StateRefused
from smsflow.services.campaigns.adjust import adjust
from smsflow.services.campaigns.draft import show
from tests.services.campaigns.test_story import NOON, campaigns, launched

__all__ = ["campaigns"]


async def adjusted(campaigns, campaign_id, **changes):
    async with campaigns.platform.database.transaction() as tx:
        plan = Plan.read((await show(tx, campaigns.company.id, campaign_id)).plan)
        await adjust(tx, campaigns.company.id, campaign_id, replace(plan, **changes), now=campaigns.now)


async def test_a_speed_that_is_changed_while_a_campaign_runs_holds_from_its_next_turn_and_ends_nothing(campaigns):
    await campaigns.open()
    campaign_id = await launched(campaigns, plan=Plan(per_minute=60))
    taken = []

    for change in ({}, {"per_minute": 120}, {"per_minute": 1}, {"per_minute": None}):
        if change:
            await adjusted(campaigns, campaign_id, **change)
        campaigns.now += timedelta(seconds=1)
        taken.append(sum((await campaigns.turn(campaign_id)).accepted.values()))

    shown = await campaigns.show(campaign_id)
    assert taken == [1, 2, 0, 7]
    assert (shown.state, shown.accepted, shown.place) == ("finished", 10, 10)


async def test_hours_that_are_changed_hold_at_once(campaigns):
    await campaigns.open()
    campaign_id = await launched(campaigns)

    await adjusted(campaigns, campaign_id, start=14 * 60)
    waited = await campaigns.turn(campaign_id)
    await adjusted(campaigns, campaign_id, start=8 * 60)
    went = await campaigns.turn(campaign_id)

    assert (waited.accepted, went.accepted) == ({}, {campaigns.connector: 10})


async def test_a_plan_that_can_never_send_is_refused_and_so_is_a_campaign_that_is_not_launched(campaigns):
    await campaigns.open()
    campaign_id = await campaigns.draft()

    with pytest.raises(StateRefused):
        await adjusted(campaigns, campaign_id, per_minute=5)
    campaigns.now = NOON
    await campaigns.prepare(campaign_id)
    await campaigns.query("UPDATE campaign SET state = 'running'")
    for change in ({"per_minute": 0}, {"over_hours": 0.0}, {"start": 600, "end": 600}):
        with pytest.raises(ParameterInvalid):
            await adjusted(campaigns, campaign_id, **change)


async def test_hours_that_the_country_never_allows_are_refused_and_change_nothing(campaigns):
    await campaigns.open()
    campaign_id = await launched(campaigns, plan=Plan(start=8 * 60))

    with pytest.raises(HoursNeverOpen, match=r"\(22:00-24:00\) are never allowed: marketing may be sent 06:00-22:00"):
        await adjusted(campaigns, campaign_id, start=22 * 60)

    assert Plan.read((await campaigns.show(campaign_id)).plan) == Plan(start=8 * 60)
