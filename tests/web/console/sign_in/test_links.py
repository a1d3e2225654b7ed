"""Invitations and links to a new password: each works once, for its time and its company, and tells nothing to who guesses."""

import asyncio
import html
import re
from urllib.parse import urlsplit

import pytest

from smsflow import testing
from smsflow.runtime import mail
from smsflow.services.accounts import invitations, people
from smsflow.store.mail import claim

NEW = "trois mots de passe"
AWA = {"username": "clarisse", "full_name": "Clarisse Mbarga", "new_password": NEW}


def shown(page):
    """The path of the link that a page shows."""
    return urlsplit(html.unescape(re.search(r"<code translate=\"no\">([^<]+)</code>", page.text)[1])).path


async def invited(browser, **fields):
    await browser.get("/app/team")
    return await browser.post("/app/team", {"do": "invite", "role": "marketing", **fields})


async def mailed(site):
    """The letters that wait, opened."""
    letters = []
    async with site.platform.database.transaction() as tx:
        while (
            found := await claim(tx, now=site.clock.now, leased_until=site.clock.now.replace(year=2100))
        ) is not None:
            letters.append(mail(site.platform).opened(found))
    return letters


@pytest.fixture
async def posting_site(open_site):
    """The application with a mail server and an address of its own."""
    async with open_site(smtp_url="smtp://127.0.0.1:1", public_url="https://sms.example") as site:
        yield site


async def test_somebody_invited_makes_an_account_and_signs_in_with_the_role(signed_in):
    browser, _ = await signed_in("admin")
    link = shown(await invited(browser))
    browser.cookie = None

    assert (await browser.get(link)).status_code == 200
    made = await browser.post(link, AWA)

    assert (made.status_code, made.headers["location"]) == (303, "/sign-in?done=account")
    assert (await browser.sign_in("clarisse", NEW)).status_code == 303
    assert (await browser.get("/app/campaigns")).status_code == 200
    assert (await browser.get("/app/team")).status_code == 403


async def test_an_invitation_works_once(signed_in):
    browser, _ = await signed_in("admin")
    link = shown(await invited(browser))
    await browser.post(link, AWA)

    again = await browser.post(link, {**AWA, "username": "mallory"})

    assert again.status_code == 404
    assert (await browser.sign_in("mallory", NEW)).status_code == 422


async def test_of_two_who_use_an_invitation_at_once_one_gets_it(signed_in, site):
    browser, company = await signed_in("admin")
    token = shown(await invited(browser)).rpartition("/")[2]
    begun = asyncio.Barrier(2)

    async def accept(username):
        async with site.platform.database.transaction() as tx:
            assert await invitations.find(tx, token, now=site.clock.now) is not None
            await begun.wait()
            await invitations.accept(
                tx, token, username=username, full_name="", password_hash="!", language=None, now=site.clock.now
            )

    ended = await asyncio.gather(accept("bea"), accept("clarisse"), return_exceptions=True)

    assert sorted(type(e).__name__ for e in ended) == ["NoneType", "NotFound"]
    async with site.platform.database.transaction() as tx:
        assert len(await people.of_company(tx, company.id)) == 2


@pytest.mark.parametrize("days", [7, 30])
async def test_an_invitation_ends_after_seven_days(signed_in, site, days):
    browser, _ = await signed_in("admin")
    link = shown(await invited(browser))
    site.clock.advance(days=6, hours=23)
    assert (await browser.get(link)).status_code == 200
    site.clock.advance(days=days - 6)

    assert (await browser.get(link)).status_code == 404
    assert (await browser.post(link, AWA)).status_code == 404


async def test_an_invitation_whose_username_is_taken_still_works(signed_in, a_person):
    await a_person("clarisse")
    browser, _ = await signed_in("admin")
    link = shown(await invited(browser))

    taken = await browser.post(link, AWA)
    other = await browser.post(link, {**AWA, "username": "clarisse.m"})

    assert taken.status_code == 422
    assert 'value="Clarisse Mbarga"' in taken.text
    assert other.status_code == 303


async def test_an_invitation_made_anew_or_withdrawn_ends_the_former_link(signed_in):
    browser, _ = await signed_in("admin")
    first = shown(await invited(browser, email="clarisse@example.com"))
    name = re.search(r'name="invitation" value="([0-9a-f]{64})"', (await browser.get("/app/team")).text)[1]
    second = shown(await browser.post("/app/team", {"do": "renew", "invitation": name}))
    assert (await browser.get(first)).status_code == 404
    assert (await browser.get(second)).status_code == 200
    name = re.search(r'name="invitation" value="([0-9a-f]{64})"', (await browser.get("/app/team")).text)[1]

    await browser.post("/app/team", {"do": "withdraw", "invitation": name})

    assert (await browser.get(second)).status_code == 404


async def test_another_companys_invitation_is_not_found(signed_in, site, a_person):
    browser, _ = await signed_in("admin")
    await invited(browser)
    name = re.search(r'name="invitation" value="([0-9a-f]{64})"', (await browser.get("/app/team")).text)[1]
    other = await testing.a_company(site.platform)
    await a_person("mallory", other)
    browser.cookie = None
    await browser.sign_in("mallory")
    await browser.get("/app/team")
    hidden = browser.hidden()

    answers = [
        (await browser.post("/app/team", {**hidden, "do": act, "invitation": name}, hidden=False)).status_code
        for act in ("renew", "withdraw")
    ]

    assert answers == [404, 404]


async def test_a_form_sent_twice_makes_one_invitation_whose_link_is_shown_once(signed_in, site):
    browser, _ = await signed_in("admin")
    await browser.get("/app/team")
    fields = {**browser.hidden(), "do": "invite", "role": "reader"}
    answers = [await browser.post("/app/team", fields, hidden=False) for _ in range(2)]

    assert [a.status_code for a in answers] == [200, 303]
    async with site.platform.database.transaction() as tx:
        assert list(await tx.execute("SELECT count(*) FROM access_link", {})) == [(1,)]


async def test_only_the_hash_of_a_link_is_stored_and_the_audit_log_has_no_secret(signed_in, site):
    browser, _ = await signed_in("admin")
    link = shown(await invited(browser, email="clarisse@example.com"))
    token = link.rpartition("/")[2]
    async with site.platform.database.transaction() as tx:
        rows = await tx.execute("SELECT a::text FROM access_link a UNION ALL SELECT u::text FROM audit u", {})
        stored = str(list(rows))

    assert token not in stored
    assert "person invited" in stored


async def test_with_mail_an_invitation_is_written_to_its_address_and_shown_to_nobody(posting_site, browser, a_person):
    company = await testing.a_company(posting_site.platform)
    await a_person("awa", company)
    await browser.sign_in("awa")

    page = await invited(browser, email="clarisse@example.com")

    (letter,) = await mailed(posting_site)
    link = re.search(r"https://sms\.example(/invitations/\S+)", letter.text)[1]
    assert letter.to == "clarisse@example.com"
    assert link not in page.text
    assert (await browser.get(link)).status_code == 200


@pytest.fixture
def site(request, open_site):
    """With `posting_site`, that one; else the application with default settings."""
    return request.getfixturevalue("posting_site" if "posting_site" in request.fixturenames else "plain_site")


@pytest.fixture
async def plain_site(open_site):
    async with open_site() as site:
        yield site


async def ask(browser, username, **headers):
    await browser.get("/reset")
    return await browser.post("/reset", {"username": username}, **headers)


async def with_address(site, a_person, username="awa"):
    company = await testing.a_company(site.platform)
    await a_person(username, company)
    async with site.platform.database.transaction() as tx:
        await tx.execute(f"UPDATE account_user SET email = '{username}@example.com'", {})
    return company


async def test_a_new_password_by_a_mailed_link_ends_every_session(posting_site, browser, a_person):
    await with_address(posting_site, a_person)
    await browser.sign_in("awa")
    session = browser.cookie
    await ask(browser, "awa")
    (letter,) = await mailed(posting_site)
    link = re.search(r"https://sms\.example(/reset/\S+)", letter.text)[1]
    browser.cookie = None
    changed = await browser.post(link, {"new_password": NEW})

    assert (changed.status_code, changed.headers["location"]) == (303, "/sign-in?done=password")
    browser.cookie = session
    assert (await browser.get("/me")).status_code == 303
    browser.cookie = None
    assert (await browser.sign_in("awa")).status_code == 422
    assert (await browser.sign_in("awa", NEW)).status_code == 303
    assert (await browser.post(link, {"new_password": "un autre encore"})).status_code == 404
    (told,) = await mailed(posting_site)
    assert "vient de changer" in told.text


async def test_asking_for_a_link_reveals_nothing_of_who_exists(posting_site, browser, a_person):
    await with_address(posting_site, a_person)
    company = await testing.a_company(posting_site.platform)
    await a_person("without-address", company)
    async with posting_site.platform.database.transaction() as tx:
        await tx.execute("UPDATE account_user SET email = NULL WHERE username = 'without-address'", {})

    pages = [await ask(browser, name) for name in ("awa", "nobody", "without-address")]

    assert {(p.status_code, p.text) for p in pages} == {(200, pages[0].text)}
    async with posting_site.platform.database.transaction() as tx:
        rows = list(await tx.execute("SELECT count(*) FROM access_link UNION ALL SELECT count(*) FROM mail", {}))
    assert rows == [(3,), (3,)], "the same is written for each"
    assert [letter.to for letter in await mailed(posting_site)] == ["awa@example.com", "", ""]


async def test_links_are_not_asked_for_without_end_and_a_limit_locks_nobody_else_out(posting_site, browser, a_person):
    await with_address(posting_site, a_person)
    answers = [(await ask(browser, "awa")).status_code for _ in range(4)]
    unknown = [(await ask(browser, "nobody")).status_code for _ in range(4)]

    assert answers == unknown == [200, 200, 200, 429]
    assert (await ask(browser, "somebody.else")).status_code == 200
    assert (await browser.sign_in("awa")).status_code == 303


async def test_a_link_to_a_new_password_ends_after_a_day(signed_in, site, a_person):
    browser, company = await signed_in("admin")
    person = await a_person("clarisse", company, role="reader")
    await browser.get("/app/team")
    link = shown(await browser.post("/app/team", {"do": "reset", "person": person}))
    assert (await browser.get(link)).status_code == 200
    site.clock.advance(hours=24)

    assert (await browser.post(link, {"new_password": NEW})).status_code == 404


async def test_a_short_password_is_refused_and_the_link_still_works(signed_in, a_person):
    browser, company = await signed_in("admin")
    person = await a_person("clarisse", company, role="reader")
    await browser.get("/app/team")
    link = shown(await browser.post("/app/team", {"do": "reset", "person": person}))

    assert (await browser.post(link, {"new_password": "court"})).status_code == 422
    assert (await browser.post(link, {"new_password": NEW})).status_code == 303


async def test_a_change_of_password_ends_the_links_to_another_one(signed_in, a_person):
    browser, company = await signed_in("admin")
    person = await a_person("clarisse", company, role="reader")
    await browser.get("/app/team")
    link = shown(await browser.post("/app/team", {"do": "reset", "person": person}))
    browser.cookie = None
    await browser.sign_in("clarisse")
    await browser.get("/me/password")
    await browser.post("/me/password", {"password": testing.PASSWORD, "new_password": "le sien propre"})

    assert (await browser.post(link, {"new_password": NEW})).status_code == 404


async def test_no_link_is_made_for_another_companys_person(signed_in, site, a_person):
    other = await testing.a_company(site.platform)
    person = await a_person("clarisse", other, role="reader")
    browser, _ = await signed_in("admin")
    await browser.get("/app/team")

    assert (await browser.post("/app/team", {"do": "reset", "person": person})).status_code == 404


async def test_a_link_works_only_for_what_it_was_made_for(signed_in, a_person):
    browser, company = await signed_in("admin")
    person = await a_person("clarisse", company, role="reader")
    token = shown(await invited(browser)).rpartition("/")[2]
    await browser.get("/app/team")
    reset = shown(await browser.post("/app/team", {"do": "reset", "person": person})).rpartition("/")[2]

    assert (await browser.get(f"/reset/{token}")).status_code == 404
    assert (await browser.get(f"/invitations/{reset}")).status_code == 404


async def test_forms_of_other_sites_use_no_link(signed_in):
    browser, _ = await signed_in("admin")
    link = shown(await invited(browser))

    for headers in ({"Sec_Fetch_Site": "cross-site"}, {"Sec_Fetch_Site": "same-site"}, {"Origin": "https://evil"}):
        assert (await browser.post(link, AWA, **headers)).status_code == 403
    assert (await browser.get(link)).status_code == 200


async def test_without_mail_the_page_says_whom_to_ask(browser, site):
    page = await browser.get("/reset")

    assert "Demandez à un administrateur" in page.text
    assert "<form" not in page.text
