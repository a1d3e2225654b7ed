"""Where a country demands a way out of marketing, a campaign without one is neither written nor launched."""

import pytest

from smsflow import runtime, testing
from smsflow.domain.message import Kind
from smsflow.domain.schedule import Policy
from smsflow.errors import StopMissing
from smsflow.services.accounts import companies
from smsflow.services.campaigns import draft, launch, prepare, turns
from smsflow.services.messages.prepare import Limits

NOW = runtime.now()


async def demand(tx, country="CM", *, stop=True):
    await turns.set_policy(tx, Policy(country, "Africa/Douala", stop=stop))


async def write(tx, company, text="Soldes", **wanted):
    return await draft.draft(tx, company, draft.Draft(text, text, numbers=["690000001"], **wanted), now=NOW)


async def test_marketing_without_a_way_out_is_refused_and_whatever_else_is_written(platform):
    company = await testing.a_company(platform)
    async with platform.database.transaction() as tx:
        await demand(tx)

        with pytest.raises(StopMissing, match=r"in CM: write \{stop\}"):
            await write(tx, company)
        for text, kind in (("Soldes {stop}", Kind.MARKETING), ("", Kind.MARKETING), ("Rappel", Kind.TRANSACTIONAL)):
            await write(tx, company, text, kind=kind)


async def test_a_company_is_bound_by_each_country_that_it_writes_to(platform):
    company = await testing.a_company(platform)
    async with platform.database.transaction() as tx:
        await demand(tx, "GA")
        await write(tx, company)
        abroad = await companies.change(tx, company.id, {"countries": ["CM", "GA"]}, most_segments=10)

        with pytest.raises(StopMissing, match="GA"):
            await write(tx, abroad.company, "Ouverture")


async def test_a_campaign_that_was_written_before_the_demand_is_not_launched(platform):
    company = await testing.a_company(platform, credits=5)
    await testing.a_route(platform)
    table = (await platform.directory.routing()).table
    async with platform.database.transaction() as tx:
        await demand(tx, stop=False)
        campaign = await write(tx, company)
        await prepare.prepare(tx, company, campaign, routes=table, limits=Limits(), links=None)
        await demand(tx)

    with pytest.raises(StopMissing):
        async with platform.database.transaction() as tx:
            await launch.launch(tx, company.id, campaign, now=NOW)
    async with platform.database.transaction() as tx:
        assert (await draft.show(tx, company.id, campaign)).state == "prepared"
