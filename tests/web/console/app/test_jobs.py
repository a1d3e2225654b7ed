"""Every table as a file: at once when it is short, in the background when it is long."""

import csv
import io
import zipfile

import pytest
from pypdf import PdfReader

from smsflow import testing
from smsflow.jobs.exports import export_next
from smsflow.services import templates, verifications
from smsflow.services.accounts import senders
from smsflow.services.contacts import contacts, lists, optouts
from smsflow.services.templates import WrittenTemplate
from smsflow.web.console.app.jobs import file

FR = {"Accept_Language": "fr"}


def rows(answer):
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))


@pytest.fixture
async def shop(site, signed_in):
    browser, company = await signed_in("marketing", credits=10)
    async with site.platform.database.transaction() as tx:
        for number, known in (("690000001", {"prenom": "=1+1"}), ("690000002", {"ville": "Kribi"}), ("690000003", {})):
            await contacts.put(tx, company, number, known, source="manual", now=site.clock.now)
        await optouts.opt_out(
            tx, company.id, ["+237690000002"], scope="all", source="sms", author="awa", now=site.clock.now
        )
    return browser, company


async def test_each_table_is_a_file_of_what_it_shows(site, shop):
    browser, company = shop
    await testing.a_route(site.platform)
    token = await testing.a_token(site.platform, company)
    sms = [(await site.send(token, number)).json["sms_id"] for number in ("690000001", "690000003")]
    other, _ = await site.opened()
    async with site.platform.database.transaction() as tx:
        await contacts.put(tx, other, "690000009", {"secret": "x"}, source="manual", now=site.clock.now)

    people = rows(await browser.get("/app/export/contacts?format=csv"))
    assert people[0] == ["Numéro", "prenom", "ville", "Désinscriptions", "Ajouté", "Dernier envoi"]
    assert [row[:4] for row in people[1:]] == [
        ["'+237690000001", "'=1+1", "", ""],
        ["'+237690000002", "", "Kribi", "Tout sauf les codes"],
        ["'+237690000003", "", "", ""],
    ]
    assert [row[0] for row in rows(await browser.get("/app/export/contacts?q=Kribi"))[1:]] == ["'+237690000002"]
    out = rows(await browser.get("/app/export/opt-outs?source=sms"))
    assert [row[:3] for row in out[1:]] == [["'+237690000002", "Tout sauf les codes", "STOP par SMS"]]
    log = rows(await browser.get("/app/export/messages?q=690000003"))
    assert [row[1] for row in log[1:]] == [sms[1]]
    assert rows(await browser.get("/app/export/inbox"))[1:] == []
    book = await browser.get("/app/export/contacts?format=xlsx")
    assert zipfile.ZipFile(io.BytesIO(book.content)).testzip() is None


async def test_codes_are_exported_with_their_state_and_never_the_code(site, signed_in):
    browser, company = await signed_in("developer", credits=10)
    await testing.a_route(site.platform)
    token = await testing.a_token(site.platform, company)
    await site.post("/apiv2/smscode/", {"phone_number": "690000001", "timeout": 60}, token=token)
    async with site.platform.database.autocommit() as tx:
        (made,) = await verifications.list_codes(tx, company.id, limit=1, vault=site.platform.vault, now=site.clock.now)

    heading, row = rows(await browser.get("/app/export/codes", **FR))

    assert heading == ["Numéro", "Demandé", "Valable jusqu’au", "Essais faux", "État"]
    assert (row[0], row[3:]) == ("'+237690000001", ["0", "Envoyé"])
    assert made.code not in "".join(row)


async def test_the_team_and_what_it_did_are_exported_in_words(site, signed_in):
    browser, _ = await signed_in("admin", name="Boutique")
    await browser.get("/app/settings")
    await browser.post(
        "/app/settings",
        {"timezone": "Africa/Lagos", "language": "fr", "hours": "", "second_factor": "no", "approval": "no"},
    )

    team = rows(await browser.get("/app/export/team", **FR))
    acts = rows(await browser.get("/app/export/audit?act=settings+changed", **FR))
    none = rows(await browser.get("/app/export/audit?act=role+changed", **FR))

    assert team[1][3:] == ["administrateur", "Actif", "Désactivé"]
    assert [row[1:3] for row in acts[1:]] == [["Paramètres modifiés", "Boutique"]]
    assert acts[1][5:] == ["timezone: Africa/Douala", "timezone: Africa/Lagos"]
    assert none[1:] == []


async def test_campaigns_lists_and_templates_are_exported_in_words(site, signed_in, a_campaign):
    browser, company = await signed_in("marketing", credits=10)
    await a_campaign(company)
    async with site.platform.database.transaction() as tx:
        await lists.add_list(tx, company.id, "Clientes", now=site.clock())
        written = WrittenTemplate("Merci", "campaign", "=1+1")
        await templates.add(tx, company, written, most_segments=10, now=site.clock())

    found = [rows(await browser.get(f"/app/export/{kind}", **FR))[1] for kind in ("campaigns", "lists", "templates")]

    assert [row[:3] for row in found] == [["Soldes", "Prête", "2"], ["Clientes", "0"], ["Merci", "Campagnes", "'=1+1"]]


async def test_an_export_belongs_to_those_who_see_its_table(signed_in):
    browser, _ = await signed_in("accountant")

    refused = await browser.get("/app/export/contacts")
    assert refused.status_code == 403
    assert "comptable" in refused.text
    assert (await browser.get("/app/export/messages")).status_code == 200


async def test_a_long_export_is_made_in_the_background_and_fetched(site, shop, monkeypatch):
    browser, _ = shop
    monkeypatch.setattr(file, "AT_ONCE", 2)
    led = await browser.get("/app/export/contacts?format=csv&q=")
    assert led.headers["location"] == "/app/jobs?kind=contacts&format=csv"
    await browser.get(led.headers["location"])
    begun = await browser.post("/app/jobs", {})
    assert begun.status_code == 303
    assert "data-poll" in (await browser.get("/app/jobs")).text

    assert await export_next(site.platform.database, site.clock)

    page = await browser.get("/app/jobs")
    assert "data-poll" not in page.text
    address = page.text.split('" download>')[0].split('"')[-1]
    assert len(rows(await browser.get(address))) == 4


async def test_a_long_statement_is_printed_in_the_background(site, signed_in, monkeypatch):
    browser, _ = await signed_in("accountant", credits=1200)
    monkeypatch.setattr(file, "AT_ONCE", 0)
    led = await browser.get(f"/app/export/statement?month={site.clock.local():%Y-%m}&format=pdf")
    await browser.get(led.headers["location"])
    await browser.post("/app/jobs", {})

    assert await export_next(site.platform.database, site.clock)

    address = (await browser.get("/app/jobs")).text.split('" download>')[0].split('"')[-1]
    answer = await browser.get(address)
    assert f'filename="statement-{site.clock.local():%Y-%m}.pdf"' in answer.headers["content-disposition"]
    assert "+ 1 200" in PdfReader(io.BytesIO(answer.content)).pages[0].extract_text()


async def test_an_export_that_is_stopped_is_not_made(site, shop):
    browser, _ = shop
    await browser.get("/app/jobs?kind=opt-outs&format=xlsx")
    await browser.post("/app/jobs", {})
    await browser.get("/app/jobs")

    await browser.post("/app/jobs", {})

    assert not await export_next(site.platform.database, site.clock)
    assert "Arrêté" in (await browser.get("/app/jobs")).text


async def test_senders_are_exported_in_words(site, signed_in):
    browser, company = await signed_in("admin", name="Boutique")
    async with site.platform.database.transaction() as tx:
        await senders.ask_for(tx, company.id, "KRIBI", use="Soldes", author="Awa", now=site.clock())

    heading, *asked = rows(await browser.get("/app/export/senders", **FR))

    assert heading == ["Expéditeur", "À quoi il sert", "État", "Raison"]
    assert ["KRIBI", "Soldes", "Demandé", ""] in asked
