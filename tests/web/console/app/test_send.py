"""Sending in the console: one at once, several after a page that asks."""

import pytest

from smsflow import testing
from smsflow.domain import economy, segments
from smsflow.services import credits
from smsflow.web.console.app.send.page import OTHERWISE, REFUSALS, tables
from smsflow.web.console.shell.locale import french

FR = {"Accept_Language": "fr"}
ONE = {"numbers": "690000001", "text": "Bonjour", "sender": "AWA", "kind": "transactional"}
TWO = {**ONE, "numbers": "690000001\n690000002\n690000001"}


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

    page = await browser.post("/app/send", {**TWO, "numbers": "690000001\n12\n690000002"}, **FR)

    assert "1 numéro n’en reçoit pas" in page.text
    assert "Ce n’est pas un numéro de téléphone" in page.text
    assert await left(site, company) == 10


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"numbers": "12"}, "pas un numéro de téléphone"),
        ({"numbers": ""}, "Écrivez au moins un numéro"),
        ({"text": " "}, "Écrivez le message"),
        ({"sender": "NOBODY"}, "pas accepté"),
        ({"text": "a" * 2000}, "trop long"),
    ],
)
async def test_what_is_wrong_is_said_and_what_was_typed_stays(marketing, changed, said):
    browser, _ = marketing

    page = await browser.post("/app/send", {**ONE, **changed}, **FR)

    assert page.status_code == 422
    assert said in page.text
    assert {**ONE, **changed}["numbers"] in page.text


async def test_without_credits_nothing_leaves(site, signed_in):
    browser, company = await signed_in("marketing", credits=0)
    await testing.a_route(site.platform, await testing.a_connector(site.platform))
    await browser.get("/app/send")

    page = await browser.post("/app/send", ONE, **FR)

    assert page.status_code == 422
    assert "Il manque des crédits" in page.text
    assert await left(site, company) == 0


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
    assert "&#34;" not in page.text
    assert answer.json == tables() | {"sequences": [list(pair) for pair in tables()["sequences"]]}
