import pytest

from smsflow import testing
from smsflow.services.campaigns import draft, launch, prepare
from smsflow.services.messages.prepare import Limits


@pytest.fixture
def a_campaign(site):
    """Give a company a prepared campaign to these numbers: `await a_campaign(company, "690000001")`."""

    async def add(company, *numbers, name="Soldes", text="Bonjour", launched=False, **wanted):
        connector = await testing.a_connector(site.platform, name=f"op-{name}")
        await testing.a_route(site.platform, connector)
        now, table = site.clock(), (await site.platform.directory.routing()).table
        async with site.platform.database.transaction() as tx:
            asked = draft.Draft(name, text, numbers=numbers or ["690000001", "690000002"], **wanted)
            campaign_id = await draft.draft(tx, company, asked, now=now)
            walk = await prepare.begin(tx, company.id, campaign_id)
            while not walk.done:
                walk = await prepare.step(tx, company, campaign_id, walk, routes=table, limits=Limits(), links=None)
            if launched:
                await launch.launch(tx, company.id, campaign_id, now=now)
        return campaign_id

    return add


@pytest.fixture
def state_of(site):
    """Return the state of a campaign: `await state_of(company, campaign_id)`."""

    async def read(company, campaign_id):
        async with site.platform.database.autocommit() as tx:
            return (await draft.show(tx, company.id, campaign_id)).state

    return read
