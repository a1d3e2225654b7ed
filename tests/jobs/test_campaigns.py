"""Campaigns that run at the same time, each in its turn."""

from datetime import timedelta

from smsflow import testing
from smsflow.jobs import campaigns as jobs
from smsflow.services.campaigns import draft, launch, prepare
from smsflow.services.messages.prepare import Limits
from tests.dispatch.stage import query


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
    # Whatever the time in Cameroon.
    await query(platform, "DELETE FROM marketing_policy RETURNING country")

    await jobs.Runner(platform, lambda: platform.clock() + timedelta(seconds=1))._turn()

    waiting = dict(await query(platform, "SELECT company_id, count(*) FROM queue GROUP BY 1"))
    assert waiting == {many.id: 100, one.id: 100}
