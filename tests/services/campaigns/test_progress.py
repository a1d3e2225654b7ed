"""How a campaign is getting on, told from what is kept."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from smsflow import testing
from smsflow.domain.schedule import Hours
from smsflow.services.campaigns import draft, launch, prepare, progress, run
from smsflow.services.messages.prepare import Limits

NOON = datetime(2026, 11, 26, 12, 0, 30, tzinfo=UTC)


@pytest.fixture
async def running(platform):
    """A campaign to four people that has accepted one SMS at 12:00 and two at 12:02."""
    company = await testing.a_company(platform)
    connector = await testing.a_connector(platform)
    await testing.a_route(platform, connector)
    table = (await platform.directory.routing()).table
    async with platform.database.transaction() as tx:
        wanted = draft.Draft("Soldes", "Bonjour", numbers=[f"69000000{n}" for n in range(4)])
        campaign_id = await draft.draft(tx, company, wanted, now=NOON)
        await prepare.prepare(tx, company, campaign_id, routes=table, limits=Limits(), links=None)
        await launch.launch(tx, company.id, campaign_id, now=NOON)
    for now, batch in ((NOON, 1), (NOON + timedelta(minutes=2), 2)):
        async with platform.database.transaction() as tx:
            await run.run_batch(
                tx,
                company,
                campaign_id,
                routes=table,
                policies={},
                room={connector: 9},
                validity=timedelta(hours=1),
                fingerprint=platform.vault.fingerprint,
                now=now,
                batch=batch,
                links=None,
            )
    return company, campaign_id


async def test_a_curve_has_every_minute_from_the_first_to_the_last(platform, running):
    company, campaign_id = running

    async with platform.database.transaction() as tx:
        campaign = await draft.show(tx, company.id, campaign_id)
        seen = await progress.progress(tx, campaign, now=NOON + timedelta(minutes=2, seconds=30))

    assert seen.curve.step == timedelta(minutes=1)
    assert [n for _, n in seen.curve.points] == [1, 0, 2]
    # Three in three minutes since the first one's minute began: the fourth takes one minute more.
    assert seen.per_second == pytest.approx(1 / 60)
    assert seen.ends_at == NOON + timedelta(minutes=3, seconds=30)


@pytest.mark.parametrize(("state", "points"), [("running", [1, 0]), ("paused", [1, 0, 2])])
async def test_a_minute_in_which_more_may_be_accepted_is_not_in_the_curve_yet(platform, running, state, points):
    company, campaign_id = running

    async with platform.database.transaction() as tx:
        campaign = replace(await draft.show(tx, company.id, campaign_id), state=state)
        seen = await progress.progress(tx, campaign, now=NOON + timedelta(minutes=2, seconds=15))

    assert [n for _, n in seen.curve.points] == points


async def test_a_campaign_whose_hours_close_ends_on_another_day(platform, running):
    company, campaign_id = running
    now = NOON + timedelta(minutes=2, seconds=30)

    async with platform.database.transaction() as tx:
        campaign = await draft.show(tx, company.id, campaign_id)
        seen = await progress.progress(tx, campaign, hours=Hours(12 * 60, 12 * 60 + 3), timezone="UTC", now=now)

    assert seen.ends_at == datetime(2026, 11, 27, 12, 1, tzinfo=UTC)
