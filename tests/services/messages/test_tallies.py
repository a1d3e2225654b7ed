"""Tallies follow every SMS from its acceptance to its end, are exact before and after they are folded, and belong to one company."""

from datetime import UTC, date, datetime, timedelta

import pytest

from smsflow import testing
from smsflow.domain.delivery import Accepted, Rejected
from smsflow.domain.message import Kind, Status
from smsflow.services.messages import tallies
from smsflow.services.messages.tallies import Figures
from tests.dispatch.dispatcher import NUMBER, a_dispatcher
from tests.dispatch.stage import a_message, accepted, execute, query, sound


@pytest.fixture
async def dispatcher(platform):
    return await a_dispatcher(platform)


async def figures(dispatcher, campaign_id=0):
    """Return what is tallied, after the proof that it is what the messages say."""
    await sound(dispatcher.platform)
    async with dispatcher.platform.database.autocommit() as tx:
        return await tallies.of_campaign(tx, dispatcher.company.id, campaign_id)


async def fold(platform):
    async with platform.database.transaction() as tx:
        await tallies.fold(tx)


async def test_an_sms_is_counted_where_it_is(dispatcher):
    await dispatcher.accepts(segments=2, number=NUMBER)
    assert await figures(dispatcher) == Figures(accepted=1, charged=2)
    (claim,) = await dispatcher.claims()
    await dispatcher.reports(claim, Accepted(("a",)))
    assert await figures(dispatcher) == Figures(accepted=1, charged=2, sent=1)
    await dispatcher.receives("a", Status.DELIVERED)
    assert await figures(dispatcher) == Figures(accepted=1, charged=2, delivered=1)


async def test_a_refused_sms_returns_its_credits(dispatcher):
    await dispatcher.accepts(segments=3)
    (claim,) = await dispatcher.claims()
    await dispatcher.reports(claim, Rejected("no"))

    assert await figures(dispatcher) == Figures(accepted=1, charged=3, failed=1, returned=3)


async def test_an_unknown_sms_is_unknown_until_it_waits_again(dispatcher):
    await dispatcher.loses()
    assert await figures(dispatcher) == Figures(accepted=1, charged=1, unknown=1)
    dispatcher.now += timedelta(seconds=61)
    await dispatcher.sweeps()

    assert await figures(dispatcher) == Figures(accepted=1, charged=1)


async def test_folding_changes_no_figure_and_leaves_nothing_appended(dispatcher):
    await dispatcher.accepts()
    (claim,) = await dispatcher.claims()
    before = await figures(dispatcher)
    await fold(dispatcher.platform)
    await dispatcher.reports(claim, Accepted(("a",)))
    await fold(dispatcher.platform)

    assert before == Figures(accepted=1, charged=1)
    assert await figures(dispatcher) == Figures(accepted=1, charged=1, sent=1)
    assert await query(dispatcher.platform, "SELECT FROM tally_delta") == []


async def test_figures_are_those_of_one_company_and_of_one_campaign(platform, dispatcher):
    other = await testing.a_company(platform, name="B")
    campaign = await testing.a_campaign(platform, dispatcher.company)
    await accepted(platform, a_message(other, 1), a_message(dispatcher.company, 1, campaign_id=campaign))

    assert await figures(dispatcher) == Figures()
    assert await figures(dispatcher, campaign) == Figures(accepted=1, charged=1)


async def test_days_are_those_of_the_time_zone(platform, dispatcher):
    late = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    await accepted(platform, a_message(dispatcher.company, 1, kind=Kind.OTP), now=late)
    async with platform.database.autocommit() as tx:
        days = await tallies.by_day(tx, dispatcher.company.id, since=late - timedelta(days=1), timezone="Africa/Douala")

    assert [(d.date, d.kind, d.connector_id, d.figures.accepted) for d in days] == [(date(2026, 3, 2), Kind.OTP, 1, 1)]


async def test_sms_that_the_release_before_stored_are_counted_once_and_later_changes_stay(dispatcher):
    await dispatcher.accepts()
    await execute(dispatcher.platform, "DELETE FROM tally_delta")
    await execute(dispatcher.platform, "INSERT INTO tally_recount VALUES (:at)", at=dispatcher.now)
    async with dispatcher.platform.database.transaction() as tx:
        early = await tallies.recount(tx, now=dispatcher.now - timedelta(seconds=1))
    async with dispatcher.platform.database.transaction() as tx:
        assert await tallies.recount(tx, now=dispatcher.now)
    (claim,) = await dispatcher.claims()
    await dispatcher.reports(claim, Accepted(("a",)))

    assert not early
    assert await figures(dispatcher) == Figures(accepted=1, charged=1, sent=1)
