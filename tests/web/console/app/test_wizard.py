"""A campaign written in the console: three steps, one check, and nothing typed is lost."""

from datetime import timedelta

import pytest

from smsflow import testing
from smsflow.domain.schedule import Policy
from smsflow.jobs.preparations import Preparer, prepare_next
from smsflow.services import templates
from smsflow.services.campaigns import draft, prepare, turns
from smsflow.services.contacts import lists
from smsflow.store.postgres.transactions import text

FR = {"Accept_Language": "fr"}
ONE = {"name": "Soldes", "numbers": "690000001\n+237 6 90 00 00 02"}
TWO = {"text": "Bonjour {prenom|cher client}", "sender": "AWA", "kind": "marketing"}
THREE = {
    "when": "now",
    "at": "",
    "per_minute": "600",
    "hours": "08:00-20:00",
    "over_hours": "",
    "validity_hours": "",
    "outside": "wait",
}


@pytest.fixture
async def marketing(site, signed_in):
    """Somebody of marketing, whose company has a way out and a list with one contact."""
    browser, company = await signed_in("marketing", credits=10)
    await testing.a_route(site.platform, await testing.a_connector(site.platform))
    async with site.platform.database.transaction() as tx:
        await lists.add_list(tx, company.id, "Clientes", now=site.clock())
    return browser, company


async def walk(browser, **changes):
    """Go through the three steps, the draft kept behind each; return the last answer."""
    address = "/app/campaigns/new"
    await browser.get(address, **FR)
    page = None
    for step in (ONE, TWO, THREE):
        fields = {**step, **{k: v for k, v in changes.items() if k in step}, "go": "next"}
        page = await browser.post(address.partition("?")[0], fields, **FR)
        if page.status_code != 303:
            return page
        address = page.headers["location"]
        if "/edit" in address:
            await browser.get(address, **FR)
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
async def test_errors_are_shown_at_their_step_and_the_form_stays_as_it_was_typed(marketing, field, value, said):
    browser, _ = marketing

    page = await walk(browser, **{field: value})

    assert page.status_code == 422
    assert said in page.text
    assert "Soldes" in page.text or field == "name"


async def test_a_date_that_is_past_is_refused(marketing):
    browser, _ = marketing

    page = await walk(browser, when="later", at="01/01/2020 09:00")

    assert page.status_code == 422
    assert "Cette date est passée" in page.text


async def test_a_finished_step_is_opened_again_and_the_draft_is_kept(site, marketing):
    browser, company = marketing
    await browser.get("/app/campaigns/new", **FR)
    second = (await browser.post("/app/campaigns/new", {**ONE, "go": "next"})).headers["location"]
    page = await browser.get(second, **FR)
    assert [f'name="go" value="{place}"' in page.text for place in (1, 3, 4)] == [True, False, False]

    answer = await browser.post(second.partition("?")[0], {**TWO, "go": "1"}, **FR)

    assert answer.headers["location"] == f"{second.partition('?')[0]}?step=1"
    page = await browser.get(answer.headers["location"], **FR)
    assert 'value="Soldes"' in page.text
    assert [f'name="go" value="{place}"' in page.text for place in (2, 3, 4)] == [True, True, True]
    async with site.platform.database.autocommit() as tx:
        assert (await draft.latest(tx, company.id, limit=1))[0].text == TWO["text"]


async def test_an_error_travels_along_until_its_step_is_left_forward(marketing):
    browser, _ = marketing
    address = f"{(await walk(browser)).headers['location']}/edit"
    await browser.get(f"{address}?step=3", **FR)
    page = await browser.post(address, {**THREE, "per_minute": "vite", "hours": "toujours", "go": "1"}, **FR)
    assert page.status_code == 200

    page = await browser.post(address, {**ONE, "go": "3"}, **FR)

    assert page.status_code == 200
    assert ('value="vite"' in page.text, 'value="toujours"' in page.text) == (True, True)
    assert (await browser.post(address, {**THREE, "per_minute": "vite", "go": "4"}, **FR)).status_code == 422


async def test_a_planned_campaign_stays_planned_while_its_steps_are_looked_at(site, marketing):
    browser, company = marketing
    tomorrow = site.clock.local() + timedelta(days=1)
    address = (await walk(browser, when="later", at=f"{tomorrow:%d/%m/%Y %H:%M}")).headers["location"]
    await browser.get(address, **FR)
    await browser.post(address, {"act": "launch"})
    await browser.get(f"{address}/edit?step=3", **FR)

    page = await browser.post(f"{address}/edit", {**THREE, "go": "1"}, **FR)

    assert (page.status_code, 'value="Soldes"' in page.text) == (200, True)
    async with site.platform.database.autocommit() as tx:
        assert (await draft.latest(tx, company.id, limit=1))[0].state == "scheduled"


async def test_hours_are_asked_for_advertising_alone(marketing):
    browser, _ = marketing

    for kind, asked in (("marketing", True), ("transactional", False)):
        address = (await walk(browser, name=kind, kind=kind)).headers["location"]
        page = await browser.get(f"{address}/edit?step=3", **FR)
        assert ('id="f-hours"' in page.text, "Les SMS de service partent" in page.text) == (asked, not asked)


async def test_the_check_leads_back_to_each_step(marketing):
    browser, _ = marketing
    address = (await walk(browser)).headers["location"]

    page = await browser.get(address, **FR)

    steps = page.text.partition('<ol class="steps">')[2].partition("</ol>")[0]
    assert [f'href="{address}/edit?step={place}"' in steps for place in (1, 2, 3)] == [True, True, True]


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


async def test_a_count_that_fails_by_itself_says_what_to_do(site, marketing, monkeypatch):
    browser, _ = marketing
    monkeypatch.setattr(prepare, "SMALL", 1)
    address = (await walk(browser)).headers["location"]
    async with site.platform.database.transaction() as tx:
        await tx.execute(text("""UPDATE campaign SET preparing = '{"expected": 2, "walk": 5}'"""))
    preparer = Preparer(site.platform)

    for _ in range(3):
        await preparer.turn()

    page = (await browser.get(address, **FR)).text
    assert "Les destinataires n’ont pas pu être comptés." in page
    assert "Compter et vérifier" in page
    assert "renvoyée" not in page
    assert "data-poll" not in page


async def test_a_draft_is_kept_at_each_step_and_found_again_in_the_list(marketing):
    browser, _ = marketing
    await browser.get("/app/campaigns/new", **FR)

    answer = await browser.post("/app/campaigns/new", {**ONE, "lists": "Clientes", "go": "next"}, **FR)

    assert answer.headers["location"].endswith("/edit?step=2")
    page = await browser.get("/app/campaigns", **FR)
    assert "Soldes" in page.text
    assert "Brouillon" in page.text
    # Nobody has counted the recipients yet.
    assert '<td class="num" data-label="Destinataires">—</td>' in page.text
    address = answer.headers["location"].removesuffix("/edit?step=2")
    assert "Écrire le message" in (await browser.get(address, **FR)).text
    again = await browser.get(f"{address}/edit", **FR)
    assert 'value="Clientes" id="f-lists" checked' in again.text
    counted = await browser.post(address, {"act": "prepare"}, **FR)
    assert counted.status_code == 422


async def test_a_template_is_taken_into_the_message(site, marketing):
    browser, company = marketing
    async with site.platform.database.transaction() as tx:
        wanted = templates.WrittenTemplate("Fête", "campaign", "Bonjour {prenom|à tous}")
        chosen = await templates.add(tx, company, wanted, most_segments=10, now=site.clock())
    await browser.get("/app/campaigns/new", **FR)
    address = (await browser.post("/app/campaigns/new", {**ONE, "go": "next"})).headers["location"]
    await browser.get(address, **FR)

    page = await browser.post(address.partition("?")[0], {**TWO, "go": "template", "template": chosen}, **FR)

    assert "Bonjour {prenom|à tous}</textarea>" in page.text


async def test_the_check_shows_the_longest_sms_and_each_row(marketing):
    browser, _ = marketing
    address = (await walk(browser, numbers="690000001\n690000002", text="Bonjour {prenom|cher client} {stop}")).headers[
        "location"
    ]
    await walk(browser, name="Sans", text="Bonjour {prenom|cher client}")

    page = await browser.get(address.replace("1", "2"), **FR)
    first = await browser.get(f"{address.replace('1', '2')}/preview?place=1", **FR)

    assert "Le plus long" in page.text
    assert "Bonjour cher client</p>" in page.text
    assert "écrivez {stop} à la fin" in page.text
    assert "On ne peut pas répondre à un nom." in page.text
    assert "Ligne 1 sur 2" in first.text
    assert "+237\u00a06\u00a090\u00a000\u00a000\u00a001" in first.text
    assert "Ne reçoit pas de SMS" in (await browser.get(f"{address}/preview?place=1", **FR)).text


async def test_a_campaign_is_tried_on_ones_own_number(marketing):
    browser, _ = marketing
    address = (await walk(browser)).headers["location"]
    await browser.get(address, **FR)

    wrong = await browser.post(address, {"act": "test", "numbers": "12"}, **FR)
    answer = await browser.post(address, {"act": "test", "numbers": "690000008, 690000009"}, **FR)

    assert 'id="e-numbers"' in wrong.text
    assert answer.headers["location"] == f"{address}?done=test"
    assert "690000009" in (await browser.get("/app/messages", **FR)).text.replace("\u00a0", "").replace("237", "")


async def test_speed_hours_and_validity_of_the_form_are_those_of_the_plan(site, marketing):
    browser, company = marketing

    await walk(browser, over_hours="1,5", validity_hours="24", outside="refuse")

    async with site.platform.database.autocommit() as tx:
        (stored,) = await draft.latest(tx, company.id, limit=9)
    assert (stored.plan["over_hours"], stored.plan["validity_seconds"], stored.plan["outside"]) == (
        1.5,
        86_400,
        "refuse",
    )


async def test_somebody_without_the_right_writes_no_campaign(signed_in):
    browser, _ = await signed_in("reader")

    assert (await browser.get("/app/campaigns/new")).status_code == 403


async def test_a_country_that_demands_a_way_out_of_advertising_is_named_at_the_text(site, marketing):
    browser, _ = marketing
    async with site.platform.database.transaction() as tx:
        await turns.set_policy(tx, Policy("CM", "Africa/Douala", stop=True))

    page = await walk(browser)
    await browser.get("/app/send")
    sent = await browser.post("/app/send", {"to": "690000001", "text": "Soldes", "kind": "marketing"}, **FR)

    for answer in (page, sent):
        assert answer.status_code == 422
        assert "écrivez {stop} dans le texte" in answer.text.split('id="e-text"')[1]
    assert (await walk(browser, name="Ouverture", text="Soldes {stop}")).status_code == 303
