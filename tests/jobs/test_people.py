"""People whom campaigns wrote to and whom imports brought are removed in the night, long after."""

from dataclasses import replace
from datetime import timedelta

import pytest

from smsflow import testing
from smsflow.jobs.people import forget_people
from smsflow.services.accounts import companies
from smsflow.services.campaigns import launch
from smsflow.services.campaigns.unprepared import NOT_KEPT
from smsflow.services.contacts import importing
from smsflow.sheets.columns import Column, Mapping
from smsflow.sheets.layout import FileKind, Layout
from smsflow.sheets.row import Record
from tests.services.campaigns.test_story import campaigns, launched

__all__ = ["campaigns"]

_DAYS = timedelta(days=1)


@pytest.fixture
def here(campaigns, monkeypatch):
    """A shop, in steps that fit a test."""
    monkeypatch.setattr("smsflow.services.upkeep.people.BATCH", 2)
    return campaigns


async def night(here, days):
    await forget_people(replace(here.platform, clock=lambda: here.now + days * _DAYS))


async def count(here, table, where="true"):
    return (await here.query(f"SELECT count(*) FROM {table} WHERE {where}"))[0][0]


@pytest.mark.parametrize("end", ["finished", "cancelled"])
async def test_the_recipients_of_a_campaign_go_with_the_messages_and_its_figures_stay(here, end):
    await here.open(contacts_=5)
    campaign = await launched(here, body="Bonjour {prenom}")
    await here.turn(campaign, batch=2 if end == "cancelled" else 1000)
    if end == "cancelled":
        await here.act(launch.cancel, campaign)
    before = await here.show(campaign)

    await night(here, 399)
    assert await count(here, "campaign_recipient") == 5

    await night(here, 401)
    assert await count(here, "campaign_recipient") == 0
    assert (before.state, await here.show(campaign)) == (end, before)
    assert await testing.broken_invariants(here.platform) == []


async def test_the_recipients_of_a_campaign_that_has_not_ended_stay(here):
    await here.open(contacts_=3)
    campaign = await launched(here)
    await here.turn(campaign, batch=1)

    await night(here, 500)

    assert await count(here, "campaign_recipient") == 3


async def test_a_company_that_keeps_texts_for_a_shorter_time_keeps_no_longer_what_they_were_made_of(here):
    await here.open(contacts_=5)
    async with here.platform.database.transaction() as tx:
        await companies.change(tx, here.company.id, {"texts_kept_days": 30}, most_segments=10)
    await here.turn(await launched(here, numbers=["690000001"], values={"690000001": {"prenom": "Client1"}}))

    await night(here, 29)
    assert await count(here, "campaign_recipient", "\"values\"->>'prenom' = 'Client1'") == 1
    assert await count(here, "campaign_number", '"values" IS NOT NULL') == 1

    await night(here, 31)
    assert await count(here, "campaign_recipient", '"values" IS NOT NULL') == 0
    assert await count(here, "campaign_number", '"values" IS NOT NULL') == 0
    assert await count(here, "campaign_recipient", "message_id IS NOT NULL") == 5
    assert await testing.broken_invariants(here.platform) == []


async def an_import(here, *numbers):
    plan = importing.ImportPlan(Layout(FileKind.CSV), Mapping((Column(0, "number", "number"),)), lists=())
    async with here.platform.database.transaction() as tx:
        found = await importing.begin(tx, here.company.id, file_name="x.csv", size=1, plan=plan, now=here.now)
        records = [Record(place, (number,), {}) for place, number in enumerate(numbers, 1)]
        await importing.step(tx, here.company, found, records, after=0, last=True, now=here.now)
    return found


async def test_the_rows_of_an_import_go_when_it_cannot_be_undone_any_more_and_its_contacts_stay(here):
    await here.open(contacts_=1)
    await an_import(here, "690000002", "690000003", "690000004", "12", "13", "14")
    tables = ("contact_import_row", "contact_import_refusal")

    await night(here, 29)
    assert [await count(here, table) for table in tables] == [3, 3]

    await night(here, 31)
    assert [await count(here, table) for table in tables] == [0, 0]
    assert [await count(here, "contact"), await count(here, "contact_import")] == [4, 1]


async def test_a_file_that_was_uploaded_and_never_imported_goes_after_a_week(here):
    await here.open(contacts_=1)
    plan = importing.ImportPlan(Layout(FileKind.CSV), Mapping((Column(0, "number", "number"),)), lists=())
    async with here.platform.database.transaction() as tx:
        found = await importing.receive(tx, here.company.id, file_name="x.csv", size=1, plan=plan, now=here.now)
        await importing.add_chunk(tx, here.company.id, found, 0, b"690000001\n")

    await night(here, 6)
    assert await count(here, "contact_import_chunk") == 1

    await night(here, 8)
    assert await count(here, "contact_import_chunk") == 0
    assert await here.query("SELECT state FROM contact_import") == [("stopped",)]


async def test_the_recipients_of_a_prepared_campaign_that_nobody_launches_go_and_its_draft_stays(here):
    await here.open(contacts_=5)
    campaign = await here.draft("Bonjour {prenom}", numbers=["690000099"])
    cost = await here.prepare(campaign)

    await night(here, 1)
    await night(here, 90)
    kept = await count(here, "campaign_recipient")
    await night(here, 92)

    shown = await here.show(campaign)
    assert (kept, await count(here, "campaign_recipient"), await count(here, "campaign_refusal")) == (6, 0, 0)
    assert (shown.state, shown.why, shown.last_place) == ("draft", NOT_KEPT, 0)
    assert (shown.text, await count(here, "campaign_number")) == ("Bonjour {prenom}", 1)
    assert await here.prepare(campaign) == cost
    assert (await here.show(campaign)).why == ""


async def test_a_draft_that_was_changed_or_prepared_anew_is_kept_as_long_again(here):
    await here.open(contacts_=3)
    campaign = await here.draft()
    await here.prepare(campaign)
    await night(here, 1)
    await here.prepare(campaign)

    await night(here, 92)
    await night(here, 181)

    assert await count(here, "campaign_recipient") == 3


async def test_the_recipients_of_a_campaign_that_waits_for_its_time_stay(here):
    await here.open(contacts_=3)
    await launched(here, starts_at=here.now + 200 * _DAYS)

    for days in (1, 92, 180):
        await night(here, days)

    assert await count(here, "campaign_recipient") == 3
