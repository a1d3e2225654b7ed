"""The page of a person: what is known, lists, and the proof of an opt-out."""

import re

import pytest

from smsflow import testing
from smsflow.services.contacts import contacts, lists, optouts
from smsflow.store.contacts.contacts import WITHIN

PAGE = "/app/contacts/237690000001"


def plain(page):
    return re.sub(r"\s+", " ", page.text.replace("\u202f", " "))


@pytest.fixture
async def awa(site, signed_in):
    """A contact of a company that has written to her; the browser of its marketing."""
    browser, company = await signed_in("marketing")
    async with site.platform.database.transaction() as tx:
        known = {"prenom": "Awa", "ville": "Kribi"}
        await contacts.put(tx, company, "690000001", known, source="manual", now=site.clock.now)
    return browser, company


async def test_attributes_are_changed_and_emptied(site, awa):
    browser, company = awa
    await browser.get(PAGE)

    answer = await browser.post(
        PAGE,
        {
            "act": "known",
            "known-prenom": " Awa Marie ",
            "known-ville": "",
            "new_name": "Date achat",
            "new_value": "1/2/2026",
        },
    )

    assert answer.status_code == 303
    async with site.platform.database.autocommit() as tx:
        found = await contacts.find(tx, company, "690000001")
    assert found.attributes == {"prenom": "Awa Marie", "date_achat": "1/2/2026"}


@pytest.mark.parametrize("typed", [{"new_name": "number", "new_value": "x"}, {"known-prenom": "x" * 501}])
async def test_a_wrong_attribute_is_refused_at_its_field(awa, typed):
    browser, _ = awa
    await browser.get(PAGE)

    page = await browser.post(PAGE, {"act": "known", **typed})

    assert page.status_code == 422
    assert 'id="e-new_name"' in page.text


async def test_a_contact_is_put_into_lists_and_taken_out(site, awa):
    browser, company = awa
    await browser.get(PAGE)
    await browser.post(PAGE, {"act": "put", "new_list": "Fidèles"})
    async with site.platform.database.autocommit() as tx:
        (one,) = await lists.show_lists(tx, company.id)
    assert one.contacts == 1
    assert "Fidèles" in (await browser.get(PAGE)).text

    await browser.post(PAGE, {"act": "take", "list": str(one.id)})

    async with site.platform.database.autocommit() as tx:
        assert (await lists.show_list(tx, company.id, one.id)).contacts == 0


async def test_the_proof_of_an_opt_out_outlives_the_contact(awa):
    browser, _ = awa
    await browser.get(PAGE)
    await browser.post(PAGE, {"act": "opt-out", "scope": "all", "reason": "Au téléphone"})
    await browser.get(PAGE)
    await browser.post(PAGE, {"act": "delete"})

    page = await browser.get(PAGE)

    for shown in ("Ce contact a été supprimé", "Au téléphone", "Tout sauf les codes", "À la main"):
        assert shown in page.text
    await browser.post(PAGE, {"act": "opt-in", "reason": "Erreur"})
    assert "Peut recevoir des SMS" in (await browser.get(PAGE)).text


async def test_sms_to_a_person_and_from_them_stand_on_their_page(site, awa):
    browser, company = awa
    await testing.a_route(site.platform)
    sms = (await site.send(await testing.a_token(site.platform, company), "690000001")).json["sms_id"]
    await received(site, company, "Merci beaucoup")

    page = await browser.get(PAGE)

    assert sms in page.text
    assert "Merci beaucoup" in page.text


async def received(site, company, said, *, connector=1):
    async with site.platform.database.transaction() as tx:
        found = await tx.execute(
            """INSERT INTO inbound (connector_id, source, destination, data_coding, body, text, received_at, company_id, number)
            VALUES (%(connector)s, '237690000001', '8787', 0, '', %(said)s, now(), %(company)s, '+237690000001') RETURNING id""",
            {"said": said, "company": company.id, "connector": connector},
        )
    return found.scalar_one()


async def test_an_inbound_sms_is_answered_once_from_the_number_that_it_was_sent_to(site, signed_in):
    browser, company = await signed_in("marketing", credits=5)
    connector = await testing.a_connector(site.platform)
    await testing.a_route(site.platform, connector)
    address = f"/app/inbox/{await received(site, company, 'Ouvert demain ?', connector=connector)}"
    assert "Ouvert demain ?" in (await browser.get(address)).text

    asked = await browser.post(address, {"text": "Oui, dès 8 h"})
    assert (asked.status_code, await testing.balance(site.platform, company)) == (200, 5)
    assert "Envoyer la réponse pour 1 crédit" in plain(asked)
    sure = {**browser.hidden(), "text": "Oui, dès 8 h", "sure": "1"}
    sent, again = [await browser.post(address, sure, hidden=False) for _ in range(2)]

    assert sent.headers["location"] == again.headers["location"]
    assert await testing.balance(site.platform, company) == 4
    async with site.platform.database.autocommit() as tx:
        rows = await tx.execute("SELECT sender, number, connector_id FROM message")
    assert rows == [("8787", "+237690000001", connector)]


async def test_an_answer_that_is_refused_says_why(site, signed_in):
    browser, company = await signed_in("marketing", credits=5)
    await testing.a_route(site.platform)
    address = f"/app/inbox/{await received(site, company, 'Non')}"
    async with site.platform.database.transaction() as tx:
        await optouts.opt_out(
            tx, company.id, ["+237690000001"], scope="all", source="manual", author="awa", now=site.clock.now
        )
    await browser.get(address)

    page = await browser.post(address, {"text": "Bonjour", "sure": "1"})
    empty = await browser.post(address, {"text": " "})

    assert page.status_code == empty.status_code == 422
    assert "désinscri" in page.text
    assert await testing.balance(site.platform, company) == 5


async def test_a_name_is_found_however_many_contacts_came_later(site, awa):
    browser, company = awa
    async with site.platform.database.transaction() as tx:
        await tx.execute(
            """INSERT INTO contact (company_id, number, country, attributes, source, created_at, updated_at)
            SELECT %(company)s, '+2376' || lpad(n::text, 8, '0'), 'CM', '{"prenom": "Zoé"}', 'import', now(), now()
            FROM generate_series(1, %(many)s) n""",
            {"company": company.id, "many": WITHIN},
        )

    page = await browser.get("/app/contacts?q=awa", Accept_Language="fr")
    (older,) = re.findall(r'href="(/app/contacts\?q=awa[^"]*)" rel="next"', page.text)
    found = await browser.get(older.replace("&amp;", "&"))
    exported = await browser.get("/app/export/contacts?q=awa")

    assert "Passez aux suivants" in page.text
    assert ("237690000001" in found.text, 'rel="next"' in found.text) == (True, False)
    assert exported.text.count("Awa") == 1
    assert "/app/contacts?q=awa" in (await browser.get("/app/search?q=awa")).text
