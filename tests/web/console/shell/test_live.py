"""Live pages: a page is told that something changed, by one task of its process, within bounds."""

import asyncio

import pytest

from smsflow.domain.access import Role
from smsflow.domain.schedule import Pace
from smsflow.runtime import new_token
from smsflow.services import progress
from smsflow.services.accounts import people, sessions
from smsflow.services.accounts.users import add_user
from smsflow.services.campaigns.draft import Draft, draft, edit
from smsflow.store.campaigns import recipients
from smsflow.testing import a_company
from smsflow.web.console.shell import live
from smsflow.web.console.shell.live import Live, Subject, subject_of
from smsflow.web.console.shell.locale import Locale
from smsflow.web.console.shell.visitor import Visitor


@pytest.fixture
def a_visitor(site):
    """Somebody signed in: `await a_visitor(company, role="reader")`; without a company, one of the platform's people."""

    async def make(company=None, *, role="admin"):
        name = new_token()[:12]
        async with site.platform.database.transaction() as tx:
            if company is None:
                await people.add_operator(tx, name, "a long password", role=Role(role))
            else:
                await add_user(tx, name, "a long password", company_id=company.id, is_admin=False, role=Role(role))
            person = (await people.named(tx, name)).person
            cookie = await sessions.open_session(
                tx, person, address="127.0.0.1", agent="", new_token=new_token, now=site.clock()
            )
        return Visitor(person, company, cookie, Locale("fr"), "127.0.0.1")

    return make


async def a_draft(site, company):
    async with site.platform.database.transaction() as tx:
        return await draft(tx, company, Draft("Soldes", "Bonjour", numbers=["690000001"]), now=site.clock())


@pytest.fixture
async def pages(site):
    return Live(site.platform, site.clock)


async def told(events):
    """Wait for the next event that a browser takes notice of; None at the end."""
    async with asyncio.timeout(30):
        async for event in events:
            if event.event is not None:
                return event.event
    return None


async def test_a_page_is_notified_of_a_change(site, pages, a_visitor):
    company = await a_company(site.platform)
    campaign = await a_draft(site, company)
    stream = pages.open(await a_visitor(company), Subject("campaign", company.id, campaign))
    events = pages.events(stream)
    assert await told(events) == "changed"  # whatever happened before it listened

    async with site.platform.database.transaction() as tx:
        await edit(tx, company, campaign, Draft("Soldes", "Bonsoir", numbers=["690000001"]), now=site.clock())

    assert await told(events) == "changed"
    assert not stream.wake.is_set()


async def test_a_campaign_that_waits_for_its_turn_has_not_changed(site):
    company = await a_company(site.platform)
    campaign = await a_draft(site, company)

    async with site.platform.database.transaction() as tx:
        nothing, now = {"place": 0, "accepted": 0, "refused": 0, "deferred": 0, "used": 0}, site.clock()
        await recipients.move(tx, company.id, campaign, **nothing, pace=Pace(0.0, now), now=now)
        before = await progress.of_campaign(tx, company.id, campaign)
        await recipients.move(tx, company.id, campaign, **nothing, pace=Pace(0.5, now), now=now)
        assert await progress.of_campaign(tx, company.id, campaign) == before


async def test_the_stream_of_a_session_that_ended_ends(site, pages, a_visitor, monkeypatch):
    monkeypatch.setattr(live, "_SESSION_SECONDS", 0.0)
    visitor = await a_visitor(company := await a_company(site.platform))
    events = pages.events(pages.open(visitor, Subject("import", company.id, 1)))
    assert await told(events) == "changed"

    async with site.platform.database.transaction() as tx:
        await sessions.end(tx, visitor.person, visitor.session)

    assert await told(events) is None


async def test_a_stream_keeps_no_session_alive(site, a_visitor):
    visitor = await a_visitor(await a_company(site.platform))

    site.clock.advance(hours=13)

    async with site.platform.database.transaction() as tx:
        assert await sessions.alive(tx, {visitor.session}, now=site.clock()) == set()


async def test_a_person_has_a_bounded_number_of_streams(site, pages, a_visitor):
    company = await a_company(site.platform)
    visitor, other = await a_visitor(company), await a_visitor(company)
    subject = Subject("import", company.id, 1)

    opened = [pages.open(visitor, subject) for _ in range(live._MOST_OF_A_PERSON)]

    assert all(opened)
    assert pages.open(visitor, subject) is None
    assert pages.open(other, subject) is not None


async def test_a_process_has_a_bounded_number_of_streams(site, pages, a_visitor, monkeypatch):
    monkeypatch.setattr(live, "_MOST", 1)
    company = await a_company(site.platform)
    subject = Subject("import", company.id, 1)

    assert pages.open(await a_visitor(company), subject) is not None
    assert pages.open(await a_visitor(company), subject) is None


async def test_pages_are_notified_in_turn_and_not_all_at_once(site, pages, a_visitor):
    company = await a_company(site.platform)
    subject = Subject("campaign", company.id, await a_draft(site, company))
    visitors = [await a_visitor(company) for _ in range(3)]
    streams = [pages.open(visitor, subject) for visitor in visitors]

    pages._watching.cancel()  # turn by turn, by hand
    await pages._look()
    told_by_turn = []
    for _ in streams:
        pages._say()
        told_by_turn.append(sum(s.wake.is_set() for s in streams))

    assert told_by_turn == [1, 2, 3]


async def test_a_page_is_watched_by_those_who_may_see_it(site, a_visitor):
    company = await a_company(site.platform)
    reader, accountant = await a_visitor(company, role="reader"), await a_visitor(company, role="developer")
    operator = await a_visitor()

    assert subject_of("/app/campaigns/12", reader) == Subject("campaign", company.id, 12)
    assert subject_of("/app/imports/12", reader) == Subject("import", company.id, 12)
    assert subject_of("/app/imports/12", accountant) is None
    assert subject_of("/ops", reader) is None
    assert subject_of("/ops", operator) == Subject("platform")
    assert subject_of("/app/campaigns/12", operator) is None
    assert subject_of("/app/campaigns/12/edit", reader) is None


async def test_events_come_by_http(site, a_visitor, monkeypatch):
    # A stream whose client has left ends with its next beat.
    monkeypatch.setattr(live, "_BEAT_SECONDS", 0.5)
    company = await a_company(site.platform)
    campaign, visitor = await a_draft(site, company), await a_visitor(company)
    headers = {"Cookie": f"__Host-smsflow={visitor.session}"}

    async with (
        asyncio.timeout(30),
        site.conductor.simulate_get_stream(
            "/app/live", params={"page": f"/app/campaigns/{campaign}"}, headers=headers
        ) as answer,
    ):
        body = b""
        while b"event: changed" not in body:
            body += await answer.stream.read()

    assert answer.headers["content-type"] == "text/event-stream"
    assert answer.headers["cache-control"] == "no-store"


async def test_a_page_that_does_not_exist_has_no_events(site, a_visitor):
    visitor = await a_visitor(await a_company(site.platform))
    headers = {"Cookie": f"__Host-smsflow={visitor.session}"}

    assert (await site.ask("GET", "/app/live?page=/app/credits", headers=headers)).status_code == 404
    assert (await site.ask("GET", "/app/live", headers=headers)).status_code == 404
    assert (await site.ask("GET", "/app/live?page=/app/imports/1")).status_code == 303
