"""A campaign written in the console: three steps, one check, and nothing typed is lost."""

import pytest

from smsflow import testing
from smsflow.jobs.preparations import prepare_next
from smsflow.services.campaigns import draft, prepare
from smsflow.services.contacts import lists

FR = {"Accept_Language": "fr"}
ONE = {"name": "Soldes", "numbers": "690000001\n+237 6 90 00 00 02"}
TWO = {"text": "Bonjour {prenom|cher client}", "sender": "AWA", "kind": "marketing"}
THREE = {"when": "now", "per_minute": "600", "hours": "08:00-20:00"}


@pytest.fixture
async def marketing(site, signed_in):
    """Somebody of marketing, whose company has a way out and a list with one contact."""
    browser, company = await signed_in("marketing", credits=10)
    await testing.a_route(site.platform, await testing.a_connector(site.platform))
    async with site.platform.database.transaction() as tx:
        await lists.add_list(tx, company.id, "Clientes", now=site.clock())
    return browser, company


async def walk(browser, **changes):
    """Go through the three steps; return the last answer."""
    await browser.get("/app/campaigns/new", **FR)
    page = None
    for step in (ONE, TWO, THREE):
        fields = {**step, **{k: v for k, v in changes.items() if k in step}, "go": "next"}
        page = await browser.post("/app/campaigns/new", fields, **FR)
        if page.status_code != 200:
            return page
    return page


async def test_three_steps_lead_to_a_campaign_that_is_counted(site, marketing):
    browser, company = marketing

    answer = await walk(browser)

    assert answer.status_code == 303
    page = await browser.get(answer.headers["location"], **FR)
    assert "Envoyer 2 SMS pour 2 crédits" in page.text
    assert "08:00-20:00" in page.text
    assert "Au plus 600 SMS par minute" in page.text
    async with site.platform.database.autocommit() as tx:
        (stored,) = await draft.latest(tx, company.id, limit=9)
    assert (stored.state, stored.text) == ("prepared", "Bonjour {prenom|cher client}")


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", "", "Donnez à la campagne un nom"),
        ("numbers", "690000001\n12345", "Ligne 2"),
        ("numbers", "", "Choisissez une liste"),
        ("text", "", "Écrivez le message."),
        ("text", "Bonjour {", "Écrivez les variables"),
        ("sender", "NOBODY", "pas accepté"),
        ("per_minute", "vite", "Écrivez la vitesse"),
        ("hours", "toujours", "Écrivez les heures"),
    ],
)
async def test_what_is_wrong_is_said_at_its_step_and_what_was_typed_stays(marketing, field, value, said):
    browser, _ = marketing

    page = await walk(browser, **{field: value})

    assert page.status_code == 422
    assert said in page.text
    assert "Soldes" in page.text or field == "name"


async def test_a_date_that_is_past_is_refused(marketing):
    browser, _ = marketing
    await browser.get("/app/campaigns/new", **FR)
    for step in (ONE, TWO):
        await browser.post("/app/campaigns/new", {**step, "go": "next"}, **FR)

    page = await browser.post(
        "/app/campaigns/new", {**THREE, "when": "later", "at": "2020-01-01T09:00", "go": "next"}, **FR
    )

    assert page.status_code == 422
    assert "Cette date est passée" in page.text


async def test_a_step_back_keeps_everything(marketing):
    browser, _ = marketing
    await browser.get("/app/campaigns/new", **FR)
    await browser.post("/app/campaigns/new", {**ONE, "go": "next"}, **FR)

    page = await browser.post("/app/campaigns/new", {**TWO, "go": "back"}, **FR)

    assert 'value="Soldes"' in page.text
    assert 'name="text" value="Bonjour {prenom|cher client}"' in page.text


async def test_a_draft_is_changed_by_the_same_steps(site, marketing):
    browser, company = marketing
    address = (await walk(browser)).headers["location"]
    page = await browser.get(f"{address}/edit?step=3", **FR)
    assert 'value="08:00-20:00"' in page.text

    answer = await browser.post(f"{address}/edit", {**THREE, "hours": "", "go": "next"}, **FR)

    assert answer.headers["location"] == address
    async with site.platform.database.autocommit() as tx:
        (stored,) = await draft.latest(tx, company.id, limit=9)
    assert (stored.state, stored.last_place, stored.plan["end"]) == ("prepared", 2, 1440)


async def test_a_name_twice_is_refused_at_the_first_step(marketing):
    browser, _ = marketing
    await walk(browser)

    page = await walk(browser)

    assert page.status_code == 422
    assert "Vous avez une campagne de ce nom" in page.text


async def test_the_draft_of_another_company_cannot_be_opened_or_changed(site, marketing, a_person):
    browser, _ = marketing
    address = (await walk(browser)).headers["location"]
    other = await testing.a_company(site.platform, name="Autre")
    await a_person("zoe", other)
    browser.cookie = None
    await browser.sign_in("zoe")

    assert (await browser.get(f"{address}/edit")).status_code == 404
    await browser.get("/app/campaigns/new")
    assert (
        await browser.post(f"{address}/edit", {**ONE, **TWO, **THREE, "step": "3", "go": "next"})
    ).status_code == 404


async def test_a_large_campaign_is_counted_in_the_background_and_the_page_says_how_far(site, marketing, monkeypatch):
    browser, company = marketing
    monkeypatch.setattr(prepare, "SMALL", 1)
    address = (await walk(browser)).headers["location"]
    page = await browser.get(address, **FR)
    assert "0 destinataire compté sur 2" in page.text
    assert f'data-poll="{address}"' in page.text

    while await prepare_next(site.platform, company.id, int(address.rsplit("/", 1)[1])):
        pass

    assert "Envoyer 2 SMS pour 2 crédits" in (await browser.get(address, **FR)).text


async def test_somebody_without_the_right_writes_no_campaign(signed_in):
    browser, _ = await signed_in("reader")

    assert (await browser.get("/app/campaigns/new")).status_code == 403
