"""The search field of the shell."""

import pytest

from smsflow import testing


@pytest.mark.parametrize(
    "typed",
    [
        "6+90+00+00+01",
        "690000001.0",
        "\u0666\u0669\u0660\u0660\u0660\u0660\u0660\u0660\u0661",
        "%2B237\u00a0690\u2011000001",
    ],
)
async def test_a_number_finds_its_messages(site, signed_in, typed):
    browser, company = await signed_in("reader")
    await testing.a_route(site.platform)
    token = await testing.a_token(site.platform, company)
    sms_id = (await site.send(token, "690000001")).json["sms_id"]
    _, foreign = await site.opened()
    other = (await site.send(foreign, "690000001")).json["sms_id"]

    page = await browser.get(f"/app/search?q={typed}")

    assert f"/app/messages/{sms_id}" in page.text
    assert other not in page.text


async def test_the_log_is_filtered_by_a_number_in_other_digits(site, signed_in):
    browser, company = await signed_in("reader")
    await testing.a_route(site.platform)
    token = await testing.a_token(site.platform, company)
    wanted, other = [(await site.send(token, number)).json["sms_id"] for number in ("690000001", "690000002")]

    page = await browser.get("/app/messages?q=\u0660\u0660\u0660\u0661")

    assert wanted in page.text
    assert other not in page.text


async def test_a_name_finds_people_for_those_who_may_see_contacts(site, signed_in):
    browser, _ = await signed_in("marketing")
    await browser.get("/app/contacts")
    await browser.post("/app/contacts", {"number": "690000001", "prenom": "Clarisse", "nom": ""})

    assert "/app/contacts/237690000001" in (await browser.get("/app/search?q=Clar")).text


async def test_an_sms_id_leads_to_its_message(signed_in):
    browser, _ = await signed_in("reader")

    answer = await browser.get("/app/search?q=sms0000007")

    assert (answer.status_code, answer.headers["location"]) == (303, "/app/messages/SMS0000007")


@pytest.mark.parametrize("query", ["", "q=", "q=%00", "q=%27%22%3C", "q=" + "9" * 200, "q=%25"])
async def test_a_search_that_finds_nothing_is_a_page(signed_in, query):
    browser, _ = await signed_in("reader")

    assert (await browser.get(f"/app/search?{query}")).status_code == 200


async def test_a_search_is_no_page_of_the_navigation(signed_in):
    browser, _ = await signed_in("reader")

    assert 'aria-current="page"' not in (await browser.get("/app/search?q=x")).text
