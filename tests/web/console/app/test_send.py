"""Sending in the console: one at once, several after a page that asks."""

from datetime import timedelta

import pytest

from smsflow import testing
from smsflow.domain import economy, segments
from smsflow.services import credits, templates
from smsflow.services.contacts import lists
from smsflow.web.console.app.send.counter import tables
from smsflow.web.console.app.send.words import OTHERWISE, REFUSALS
from smsflow.web.console.shell.locale import french

FR = {"Accept_Language": "fr"}
ONE = {"to": "690000001", "text": "Bonjour", "sender": "AWA", "kind": "transactional"}
TWO = {**ONE, "to": "690000001\n690000002\n690000001"}


@pytest.fixture
async def marketing(site, signed_in):
    browser, company = await signed_in("marketing", credits=10)
    await testing.a_route(site.platform, await testing.a_connector(site.platform))
    await browser.get("/app/send", **FR)
    return browser, company


async def left(site, company):
    async with site.platform.database.autocommit() as tx:
        return await credits.available(tx, company.id)


def test_every_refusal_has_its_french():
    assert {*REFUSALS.values(), OTHERWISE} <= set(french())


async def test_one_sms_leaves_at_once_and_only_once(site, marketing):
    browser, company = marketing
    key = browser.hidden()

    answer = await browser.post("/app/send", ONE, **FR)
    again = await browser.post("/app/send", {**ONE, **key}, hidden=False, **FR)

    assert answer.headers["location"] == again.headers["location"] == "/app/send?done=1&sent=1&refused=0"
    assert await left(site, company) == 9
    assert "1 SMS est en route." in (await browser.get(answer.headers["location"], **FR)).text


async def test_several_ask_once_with_their_cost(site, marketing):
    browser, company = marketing

    page = await browser.post("/app/send", TWO, **FR)
    assert "Envoyer 2 SMS pour 2 crédits" in page.text
    assert await left(site, company) == 10
    answer = await browser.post("/app/send", {**TWO, "sure": "1"}, **FR)

    assert answer.headers["location"].startswith("/app/send?done=1&sent=2")
    assert await left(site, company) == 8


async def test_numbers_that_get_none_are_shown_before_the_others_leave(site, marketing):
    browser, company = marketing

    page = await browser.post("/app/send", {**TWO, "to": "690000001\n12\n690000002"}, **FR)

    assert "1 numéro n’en reçoit pas" in page.text
    assert "Ce n’est pas un numéro de téléphone" in page.text
    assert await left(site, company) == 10


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"to": "12"}, "pas un numéro de téléphone"),
        ({"to": ""}, "Écrivez au moins un numéro, ou choisissez"),
        ({"text": " "}, "Écrivez le message"),
        ({"sender": "NOBODY"}, "pas accepté"),
        ({"text": "a" * 2000}, "trop long"),
    ],
)
async def test_errors_are_shown_and_the_form_stays_as_it_was_typed(marketing, changed, said):
    browser, _ = marketing

    page = await browser.post("/app/send", {**ONE, **changed}, **FR)

    assert page.status_code == 422
    assert said in page.text
    assert {**ONE, **changed}["to"] in page.text


async def test_without_credits_nothing_leaves(site, signed_in):
    browser, company = await signed_in("marketing", credits=0)
    await testing.a_route(site.platform, await testing.a_connector(site.platform))
    await browser.get("/app/send")

    page = await browser.post("/app/send", ONE, **FR)

    assert page.status_code == 422
    assert "Il manque des crédits" in page.text
    assert await left(site, company) == 0


async def test_a_new_company_is_told_what_it_needs_before_it_can_send(signed_in):
    browser, _ = await signed_in("marketing", credits=0, sender=None)

    for address in ("/app/send", "/app/campaigns/new?step=2"):
        page = await browser.get(address, **FR)
        assert "Aucun expéditeur n’est encore accepté" in page.text
        assert "Il ne reste aucun crédit" in page.text
    browser, _ = await signed_in("marketing")
    assert "notice warn" not in (await browser.get("/app/send", **FR)).text


async def test_a_step_back_keeps_what_was_typed(marketing):
    browser, _ = marketing

    page = await browser.post("/app/send", {**TWO, "sure": "back"}, **FR)

    assert "Bonjour</textarea>" in page.text


async def test_an_approver_sees_the_page_and_sends_nothing(signed_in):
    browser, _ = await signed_in("approver")

    assert "<textarea" not in (await browser.get("/app/send")).text
    assert (await browser.post("/app/send", ONE)).status_code == 403


@pytest.mark.parametrize(
    "text", ["Bonjour", "ê€" * 40, "Ndolè à l’hôtel n°5 « fête » 🎉" * 9, "ɛɔŋ" * 30, "[]" * 90, "œ…\u00a0"]
)
def test_the_tables_of_the_counter_are_those_of_the_domain(text):
    of = tables()
    cheap = all(c in of["basic"] + of["extension"] for c in text)

    assert cheap == (segments.encoding_of(text).value == "gsm7")
    respelled = "".join(of["spellings"].get(c, c) for c in text)
    for written, spelling in of["sequences"]:
        respelled = respelled.replace(written, spelling)
    assert cheap or respelled == economy.economy(text)


async def test_the_message_has_a_counter_that_finds_its_tables(marketing):
    browser, _ = marketing

    page = await browser.get("/app/send")
    answer = await browser.get("/app/send/tables")

    assert "data-counter=/app/send/tables" in page.text
    assert answer.json == tables() | {"sequences": [list(pair) for pair in tables()["sequences"]]}


async def test_a_planned_sms_leaves_at_its_time(site, marketing):
    browser, _ = marketing
    tomorrow = site.clock() + timedelta(days=1)

    answer = await browser.post("/app/send", {**ONE, "when": "later", "at": f"{tomorrow:%d/%m/%Y} 09:00"}, **FR)

    assert answer.headers["location"].startswith("/app/send?done=planned&sent=1")
    assert "1 SMS est planifié." in (await browser.get(answer.headers["location"], **FR)).text
    assert "Planifié" in (await browser.get("/app/messages", **FR)).text


@pytest.mark.parametrize("at", ["demain", "01/01/2020 09:00", "01/01/2099 09:00"])
async def test_a_date_that_cannot_be_is_refused_at_its_field(site, marketing, at):
    browser, company = marketing

    page = await browser.post("/app/send", {**ONE, "when": "later", "at": at}, **FR)

    assert page.status_code == 422
    assert 'id="e-at"' in page.text
    assert await left(site, company) == 10


async def test_a_test_goes_to_ones_own_number_and_what_was_typed_stays(site, marketing):
    browser, company = marketing

    page = await browser.post("/app/send", {**TWO, "go": "test", "test_to": "690000009"}, **FR)

    assert page.status_code == 200
    assert "Votre essai est en route vers 690000009." in page.text
    assert "690000002" in page.text
    assert await left(site, company) == 9


async def test_a_list_makes_a_campaign_whose_cost_is_shown_first(site, marketing):
    browser, company = marketing
    async with site.platform.database.transaction() as tx:
        await lists.add_list(tx, company.id, "Clientes", now=site.clock())

    answer = await browser.post("/app/send", {**TWO, "lists": "Clientes", "kind": "marketing"}, **FR)

    page = await browser.get(answer.headers["location"], **FR)
    assert "Envoyer 2 SMS pour 2 crédits" in page.text
    assert await left(site, company) == 10


async def test_a_template_is_put_into_the_form_with_its_defaults(site, marketing):
    browser, company = marketing
    async with site.platform.database.transaction() as tx:
        wanted = templates.WrittenTemplate("Fête", "campaign", "Bonjour {prenom|à tous}, le {date}")
        chosen = await templates.add(tx, company, wanted, most_segments=10, now=site.clock())
    assert "Fête" in (await browser.get("/app/send", **FR)).text

    page = await browser.post("/app/send", {**ONE, "go": "template", "template": chosen}, **FR)
    refused = await browser.post("/app/send", {**ONE, "text": "Bonjour à tous, le {date}"}, **FR)

    assert "Bonjour à tous, le {date}</textarea>" in page.text
    assert "690000001" in page.text
    assert 'id="e-text"' in refused.text
    assert await left(site, company) == 10


async def test_advertising_without_a_way_out_is_warned_about_and_a_name_cannot_be_answered(marketing):
    browser, _ = marketing

    page = await browser.post("/app/send", {**TWO, "kind": "marketing"}, **FR)

    assert "ne dit pas comment se désinscrire" in page.text
    assert "On ne peut pas répondre à un nom." in page.text
