"""Campaigns that run at the same time, each in its turn."""

import re
from datetime import timedelta

import pytest

from smsflow import testing
from smsflow.jobs import campaigns as jobs
from smsflow.jobs.watching import Watcher
from smsflow.services.campaigns import draft, launch, prepare, result
from smsflow.services.messages.prepare import Limits
from smsflow.services.routing import connectors
from tests.dispatch.stage import an_engine, an_operator, query, sound, until, until_bound


async def a_running_campaign(platform, company, name, *, recipients=300):
    """Launch a campaign to as many numbers."""
    now, table = platform.clock(), (await platform.directory.routing()).table
    async with platform.database.transaction() as tx:
        numbers = [f"+23769{n:07}" for n in range(recipients)]
        campaign_id = await draft.draft(tx, company, draft.Draft(name, "Bonjour", numbers=numbers), now=now)
        await prepare.prepare(tx, company, campaign_id, routes=table, limits=Limits(), links=None)
        await launch.launch(tx, company.id, campaign_id, now=now)
    return campaign_id


async def test_a_companys_share_of_a_lane_does_not_grow_with_its_campaigns(platform):
    await testing.a_route(platform, await testing.a_connector(platform))
    many = await testing.a_company(platform, name="Beaucoup", credits=5000)
    one = await testing.a_company(platform, name="Une", credits=5000)
    for name in ("a", "b", "c"):
        await a_running_campaign(platform, many, name)
    await a_running_campaign(platform, one, "d")
    # At any time of day in Cameroon.
    await query(platform, "DELETE FROM marketing_policy RETURNING country")

    await jobs.Runner(platform, lambda: platform.clock() + timedelta(seconds=1))._turn()

    waiting = dict(await query(platform, "SELECT company_id, count(*) FROM queue GROUP BY 1"))
    assert waiting == {many.id: 100, one.id: 100}


async def test_a_campaign_that_reaches_every_other_handset_pauses_by_itself_and_says_how_many_failed(platform):
    await query(platform, "DELETE FROM marketing_policy RETURNING country")
    company = await testing.a_company(platform, credits=5000)
    async with an_operator(receipt_states=[("[02468]$", "UNDELIV 027")]) as operator, an_engine(platform):
        # Slow enough for receipts to come while most of it waits, on a busy machine too.
        connector_id = await testing.a_connector(platform, port=operator.port, rate=200)
        await testing.a_route(platform, connector_id)
        await until_bound(platform, connector_id)
        campaign_id = await a_running_campaign(platform, company, "a", recipients=5000)
        runner, watcher = jobs.Runner(platform, platform.clock), Watcher(platform)

        async def paused():
            await runner._turn()
            await watcher.look(0.0)
            return await query(platform, "SELECT why FROM campaign WHERE state = 'paused'")

        ((why,),) = await until(paused, timeout=60)

    failed, final = (int(number) for number in re.findall("[0-9]+", why))
    assert why.startswith("too many SMS failed")
    assert failed > max(final, 500) * 0.3
    async with platform.database.transaction() as tx:
        found = await result.result(tx, company.id, campaign_id)
    assert found.failed >= failed
    assert found.accepted < 5000
    assert [(o.operator, o.figures.failed) for o in found.by_operator] == [("operator", found.failed)]
    await sound(platform)


@pytest.mark.parametrize("act", ["disabled", "removed"])
async def test_a_campaign_whose_connector_is_gone_leaves_by_the_route_that_there_is_now(platform, act):
    await query(platform, "DELETE FROM marketing_policy RETURNING country")
    company = await testing.a_company(platform, credits=50)
    first, second = [await testing.a_connector(platform, name) for name in ("first", "second")]
    await testing.a_route(platform, first)
    campaign_id = await a_running_campaign(platform, company, "a", recipients=5)
    async with platform.database.transaction() as tx:
        await connectors.change(tx, "first", {"enabled": False})
        if act == "removed":
            await tx.execute("DELETE FROM route")
            await connectors.remove(tx, "first")
    await testing.a_route(platform, second)
    platform.directory.forget()

    runner = jobs.Runner(platform, platform.clock)
    await runner._turn()

    assert await query(platform, "SELECT connector_id, count(*) FROM queue GROUP BY 1") == [(second, 5)]
    async with platform.database.transaction() as tx:
        assert (await draft.show(tx, company.id, campaign_id)).state == "finished"
