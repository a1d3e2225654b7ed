"""Pages that somebody who has signed in may not see, or that do not exist: they say whom to ask, and lead on."""

from smsflow.domain.access import Role
from smsflow.services.accounts import people
from smsflow.services.accounts.users import add_user
from smsflow.testing import PASSWORD

FR = {"Accept_Language": "fr"}


async def test_a_page_that_takes_another_role_names_the_role_and_those_who_give_it(site, signed_in):
    browser, company = await signed_in("reader")
    async with site.platform.database.transaction() as tx:
        for username, disabled in (("aicha", False), ("zoe", True)):
            person_id = await add_user(tx, username, PASSWORD, company_id=company.id, is_admin=True, role=Role.ADMIN)
            person = (await people.named(tx, username)).person
            await people.set_profile(tx, person, full_name=f"{username} <Njoya>", email=None, language=None)
            if disabled:
                await people.disable(tx, company.id, person_id, disabled=True)

    page = await browser.get("/app/send", **FR)

    assert page.status_code == 403
    assert (
        "Votre rôle, lecteur, ne permet pas cela\u202f: il faut être administrateur, marketing ou valideur."
        in page.text
    )
    assert 'Demandez à <span translate="no">aicha &lt;Njoya&gt;</span>.' in page.text
    assert 'href="/app/messages"' in page.text


async def test_without_an_administrator_the_page_says_whom_to_ask_all_the_same(signed_in):
    browser, _ = await signed_in("reader")

    assert "Demandez à un administrateur de votre société." in (await browser.get("/app/team", **FR)).text


async def test_a_page_that_does_not_exist_keeps_the_navigation_and_offers_the_search(signed_in):
    browser, _ = await signed_in("marketing")

    for address in ("/app/nothing-here", "/app/campaigns/99", "/app/contacts/237699999999", "/ops"):
        page = await browser.get(address, **FR)
        assert page.status_code == 404
        assert page.text.count("<h1>Page introuvable</h1>") == 1
        assert page.text.count('action="/app/search"') == 2
        assert 'href="/app/campaigns"' in page.text


async def test_the_platforms_own_people_are_not_told_of_a_company(browser, a_person):
    await a_person("root")
    await browser.sign_in("root")

    page = await browser.get("/ops/nothing-here", **FR)

    assert (page.status_code, "votre société" in page.text) == (404, False)
    assert "Cette page n’existe pas." in page.text
    assert 'href="/ops"' in page.text


async def test_a_stranger_sees_no_navigation(browser):
    page = await browser.get("/app/nothing-here", **FR)

    assert (page.status_code, "/app/campaigns" in page.text) == (404, False)
