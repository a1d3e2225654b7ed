"""A company that keeps texts for a shorter time loses them in the night, and nothing else."""

from dataclasses import replace
from datetime import timedelta

import pytest

from smsflow import testing
from smsflow.domain.delivery import Accepted
from smsflow.jobs.texts import forget_texts
from smsflow.services.accounts import companies
from tests.dispatch.dispatcher import a_dispatcher
from tests.dispatch.stage import a_message, accepted, execute, query, row, sound

_DAYS = timedelta(days=1)


@pytest.fixture
async def shop(platform, monkeypatch):
    """A dispatcher of a company that keeps texts for 30 days, in steps that fit a test."""
    monkeypatch.setattr("smsflow.services.upkeep.texts.BATCH", 2)
    dispatcher = await a_dispatcher(platform)
    async with platform.database.transaction() as tx:
        await companies.change(tx, dispatcher.company.id, {"texts_kept_days": 30}, most_segments=10)
    return dispatcher


async def night(dispatcher, *, after):
    await forget_texts(replace(dispatcher.platform, clock=lambda: dispatcher.now + after))


async def text_of(dispatcher, message):
    return (await row(dispatcher.platform, message)).text


async def test_old_texts_go_with_what_was_received_and_the_figures_stay(shop):
    other = await testing.a_company(shop.platform, name="Autre", credits=5)
    sent = [await shop.sends(f"r{n}") for n in range(5)]
    (foreign,) = await accepted(shop.platform, a_message(other, shop.connector), now=shop.now)
    for company in (shop.company, other):
        await execute(
            shop.platform,
            "INSERT INTO inbound (connector_id, source, destination, data_coding, body, text, received_at, company_id) "
            "VALUES (1, '237690000001', '8787', 0, '', 'Bonjour', :now, :company)",
            now=shop.now,
            company=company.id,
        )
    before = [await row(shop.platform, message) for message in sent]

    await night(shop, after=29 * _DAYS)
    assert [await text_of(shop, message) for message in sent] == ["Bonjour"] * 5

    await night(shop, after=31 * _DAYS)
    assert [await row(shop.platform, message) for message in sent] == [one._replace(text="") for one in before]
    assert await text_of(shop, foreign) == "Bonjour"
    assert [r.company_id for r in await query(shop.platform, "SELECT company_id FROM inbound")] == [other.id]
    await sound(shop.platform)


async def test_an_sms_that_has_still_to_leave_keeps_its_text_until_it_has_left(shop):
    sent = await shop.sends("r1")
    lost, _ = await shop.loses()
    waiting = await shop.accepts()

    await night(shop, after=31 * _DAYS)
    assert [await text_of(shop, m) for m in (sent, lost, waiting)] == ["", "Bonjour", "Bonjour"]

    (claim,) = await shop.claims()
    await shop.reports(claim, Accepted(("r2",)))
    await night(shop, after=32 * _DAYS)
    assert [await text_of(shop, m) for m in (sent, lost, waiting)] == ["", "Bonjour", ""]
    assert [r.message_id for r in await query(shop.platform, "SELECT message_id FROM text_left")] == [lost]


async def test_a_code_that_is_deleted_is_no_sealed_text_any_more(shop):
    message = await shop.sends("r1", sealed=True, text="sealed")

    await night(shop, after=31 * _DAYS)

    found = await row(shop.platform, message)
    assert (found.text, found.sealed) == ("", False)
