"""Imports in the console: a file looked at, imported, reported and undone."""

import io
import re

import pytest
import xlsxwriter

from smsflow import testing
from smsflow.domain.access import Role
from smsflow.jobs.imports import run_import
from smsflow.services.contacts import contacts, importing
from smsflow.sheets.columns import Column, Mapping
from smsflow.sheets.layout import FileKind, Layout
from smsflow.sheets.row import Record
from smsflow.web.console.app.imports.words import FAULTS, REASONS
from smsflow.web.console.shell.locale import french
from smsflow.web.console.shell.words import IMPORTS
from tests.web.console.conftest import SAME_SITE

FR = {"Accept_Language": "fr"}
FILE = "Téléphone;Prénom;Ville\n690000001;Awa;Douala\n12;Trop court;Kribi\n690000002;Zoé;Kribi\n".encode("cp1252")


async def upload(browser, body=FILE, name="clientes.csv"):
    """Send a file by the form of the page."""
    await browser.get("/app/imports", **FR)
    parts = "".join(
        f'--cut\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in browser.hidden().items()
    )
    head = f'--cut\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: text/csv\r\n\r\n'
    headers = {**SAME_SITE, "Cookie": "=".join(browser.cookie), "Accept-Language": "fr"}
    browser.page = await browser.site.ask(
        "POST",
        "/app/imports",
        body=parts.encode() + head.encode() + body + b"\r\n--cut--\r\n",
        content_type="multipart/form-data; boundary=cut",
        headers=headers,
    )
    return browser.page


async def imported(browser, company, **fields):
    """Upload, begin, and read the file; return the address of the import."""
    address = (await upload(browser)).headers["location"]
    await browser.get(address, **FR)
    answer = await browser.post(address, {"act": "start", **fields}, **FR)
    assert answer.status_code == 303, answer.text
    site = browser.site
    await run_import(site.platform.database, company.id, int(address.rsplit("/", 1)[1]), site.clock)
    return address


async def people(site, company):
    async with site.platform.database.autocommit() as tx:
        return {c.number: dict(c.attributes) for c in await contacts.page(tx, company.id, after=0, limit=99)}


def test_every_word_of_imports_has_its_french():
    words = {w for w, _ in IMPORTS.values()} | {w for pair in REASONS.values() for w in pair} | set(FAULTS.values())

    assert words <= set(french())


async def test_a_file_is_shown_before_anything_is_imported(site, signed_in):
    browser, company = await signed_in("marketing")

    answer = await upload(browser)
    page = await browser.get(answer.headers["location"], **FR)

    assert page.status_code == 200
    for said in ("windows-1252", "À la ligne 1", "Awa", "Pas un numéro", "clientes.csv"):
        assert said in page.text.replace("cp1252", "windows-1252"), said
    assert await people(site, company) == {}


async def test_a_file_becomes_contacts_of_a_list_and_its_report_says_why_rows_were_refused(site, signed_in):
    browser, company = await signed_in("marketing")

    address = await imported(browser, company, new_list="Clientes")

    page = await browser.get(address, **FR)
    assert "1 ligne refusée, et pourquoi" in page.text
    assert "Clientes" in page.text
    assert await people(site, company) == {
        "+237690000001": {"prenom": "Awa", "ville": "Douala"},
        "+237690000002": {"prenom": "Zoé", "ville": "Kribi"},
    }


async def test_an_import_that_runs_says_how_far_it_is_and_how_long_it_takes(site, signed_in):
    browser, company = await signed_in("marketing")
    address = (await upload(browser)).headers["location"]
    await browser.get(address, **FR)
    await browser.post(address, {"act": "start"}, **FR)
    import_id, records = int(address.rsplit("/", 1)[1]), [Record(n, (f"6900000{n:02}",), {}) for n in range(2, 27)]
    async with site.platform.database.transaction() as tx:
        await importing.note_begun(tx, company.id, import_id, last_row=101, now=site.clock())
        site.clock.advance(seconds=25)
        # After a restart.
        await importing.note_begun(tx, company.id, import_id, last_row=None, now=site.clock())
        await importing.step(tx, company, import_id, records, after=0, last=False, now=site.clock())

    page = await browser.get(address, **FR)

    assert "25 lignes sur 100 environ, encore 1\u00a0min 15\u00a0s" in page.text
    assert '<progress max="101" value="26"' in page.text
    assert "/refused" not in page.text


async def test_an_import_that_ended_leads_to_a_campaign_to_its_list(signed_in):
    browser, company = await signed_in("marketing")
    page = await browser.get(await imported(browser, company, new_list="Douala & co"), **FR)
    (campaign,) = re.findall(r'class="button primary" href="(/app/campaigns/new[^"]*)"', page.text)

    page = await browser.get(campaign.replace("&amp;", "&"), **FR)

    assert 'value="Douala &amp; co" id="f-lists" checked' in page.text
    (known,) = re.findall(r'href="(/app/lists/\d+)"', (await browser.get("/app/lists", **FR)).text)
    assert campaign in (await browser.get(known, **FR)).text


async def test_refused_rows_are_a_file_for_a_spreadsheet(signed_in):
    browser, company = await signed_in("marketing")
    address = await imported(browser, company)

    answer = await browser.get(f"{address}/refused", **FR)

    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.text.splitlines()[0] == "\ufeffLigne;Raison;Téléphone;Prénom;Ville"
    assert "3;Pas un numéro;12;Trop court;Kribi" in answer.text


async def test_a_column_that_is_left_out_is_not_imported(site, signed_in):
    browser, company = await signed_in("marketing")

    await imported(browser, company, **{"column-2": ""})

    assert "ville" not in (await people(site, company))["+237690000001"]


async def test_another_sheet_of_a_workbook_is_looked_at_before_it_is_imported(site, signed_in):
    browser, company = await signed_in("marketing")
    body = io.BytesIO()
    with xlsxwriter.Workbook(body) as book:
        for name, number in (("Douala", 690000001), ("Yaoundé", 690000002), ("Vide", "")):
            book.add_worksheet(name).write_column(0, 0, ["Téléphone", number] if number else [])
    address = (await upload(browser, body.getvalue(), "clientes.xlsx")).headers["location"]
    page = await browser.get(address, **FR)
    assert "<option selected>Douala</option><option>Yaoundé</option>" in page.text

    empty = await browser.post(address, {"act": "look", "sheet": "Vide"}, **FR)
    assert (empty.status_code, "Cette feuille ne contient aucune ligne" in empty.text) == (422, True)
    looked = await browser.post(address, {"act": "start", "sheet": "Yaoundé"}, **FR)
    assert looked.headers["location"] == address
    page = await browser.get(address, **FR)
    assert "<option selected>Yaoundé</option>" in page.text
    await browser.post(address, {"act": "start", "sheet": "Yaoundé"}, **FR)
    await run_import(site.platform.database, company.id, int(address.rsplit("/", 1)[1]), site.clock)

    assert list(await people(site, company)) == ["+237690000002"]


async def test_without_a_column_of_numbers_nothing_begins(site, signed_in):
    browser, company = await signed_in("marketing")
    address = (await upload(browser)).headers["location"]
    await browser.get(address, **FR)

    page = await browser.post(address, {"act": "start", "column-0": ""}, **FR)

    assert page.status_code == 422
    assert "Dites quelle colonne" in page.text
    async with site.platform.database.autocommit() as tx:
        assert (await importing.latest(tx, company.id))[0].state == "checking"


async def test_an_import_is_undone_after_it_asked_once(site, signed_in):
    browser, company = await signed_in("marketing")
    address = await imported(browser, company)
    assert "2 contacts seront retirés" in (await browser.get(f"{address}?ask=undo", **FR)).text

    await browser.post(address, {"act": "undo"}, **FR)

    assert await people(site, company) == {}
    assert "Défait" in (await browser.get(address, **FR)).text


async def test_an_import_that_was_undone_says_what_was_removed_and_what_stays(site, signed_in):
    browser, company = await signed_in("marketing")
    address = await imported(browser, company)
    site.clock.advance(minutes=1)
    async with site.platform.database.transaction() as tx:
        await contacts.put(tx, company, "690000002", {"ville": "Limbé"}, source="manual", now=site.clock())
    await browser.get(address, **FR)

    await browser.post(address, {"act": "undo"}, **FR)

    page = await browser.get(address, **FR)
    figures = re.findall(r"<dt>([^<]*)</dt><dd><b>(\d+)</b>", page.text.partition("L’import est défait")[2])
    assert figures[:3] == [
        ("Contacts retirés", "1"),
        ("Valeurs d’avant retrouvées", "0"),
        ("Laissés comme ils sont", "1"),
    ]


async def test_a_file_that_is_discarded_imports_nothing(site, signed_in):
    browser, company = await signed_in("marketing")
    address = (await upload(browser)).headers["location"]
    await browser.get(address)

    await browser.post(address, {"act": "stop"})

    async with site.platform.database.autocommit() as tx:
        found = (await importing.latest(tx, company.id))[0]
        assert found.state == "stopped"
        assert await importing.chunk(tx, company.id, found.id, 0) is None


@pytest.mark.parametrize(
    ("body", "said"), [(b"", "Choisissez un fichier"), (b"%PDF-1.7 x", "Ce n’est pas un fichier CSV")]
)
async def test_a_file_that_is_no_sheet_is_refused_in_words(signed_in, body, said):
    browser, _ = await signed_in("marketing")

    page = await upload(browser, body)

    assert page.status_code == 422
    assert said in page.text


async def test_a_file_without_the_token_of_its_form_is_refused(signed_in):
    browser, _ = await signed_in("marketing")
    headers = {**SAME_SITE, "Cookie": "=".join(browser.cookie)}

    for body in (
        b'--cut\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n1\r\n--cut--\r\n',
        b"--cut",
    ):
        answer = await browser.site.ask(
            "POST", "/app/imports", body=body, content_type="multipart/form-data; boundary=cut", headers=headers
        )
        assert answer.status_code == 403


async def test_the_import_of_another_company_does_not_exist(site, signed_in, a_person):
    browser, _ = await signed_in("marketing")
    address = (await upload(browser)).headers["location"]
    other = await testing.a_company(site.platform, name="Autre")
    await a_person("zoe", other, role=Role.ADMIN)
    browser.cookie = None
    await browser.sign_in("zoe")

    assert (await browser.get(address)).status_code == 404
    assert (await browser.get(f"{address}/refused")).status_code == 404
    await browser.get("/app/imports")
    assert (await browser.post(address, {"act": "start"})).status_code == 404


async def test_a_file_name_is_text_and_no_markup(signed_in):
    browser, _ = await signed_in("marketing")
    address = (await upload(browser, name="<script>x.csv")).headers["location"]

    assert "<script>x" not in (await browser.get(address)).text
    assert "<script>x" not in (await browser.get("/app/imports")).text


async def test_a_reader_sees_imports_and_sends_none(signed_in):
    browser, _ = await signed_in("reader")

    assert 'type="file"' not in (await browser.get("/app/imports")).text
    assert (await browser.post("/app/imports", {})).status_code == 403


async def test_a_file_of_a_session_that_ended_leads_to_signing_in(signed_in):
    browser, _ = await signed_in("marketing")
    await browser.get("/app/imports")
    browser.cookie = ("smsflow_session", "gone")

    answer = await upload(browser)

    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in?next=/app/imports")


async def test_imports_are_exported_in_words(signed_in):
    browser, _ = await signed_in("marketing")
    await upload(browser)

    answer = await browser.get("/app/export/imports", **FR)

    heading, row = (line.split(";") for line in answer.content.decode("utf-8-sig").splitlines())
    assert heading == ["Fichier", "État", "Lignes lues", "Nouveaux contacts", "Refusées", "Quand"]
    assert row[:5] == ["clientes.csv", "À vérifier", "0", "0", "0"]


async def test_imports_are_sorted_where_all_of_them_are_shown(site, signed_in):
    browser, company = await signed_in("marketing")
    plan = importing.ImportPlan(Layout(FileKind.CSV), Mapping((Column(0, "number", "number"),)))

    async def receive(*names):
        async with site.platform.database.transaction() as tx:
            for name in names:
                await importing.receive(tx, company.id, file_name=name, size=1, plan=plan, now=site.clock.now)
        page = (await browser.get("/app/imports?sort=file")).text
        return re.findall(r">(\w+)\.csv</a>", page), "aria-sort" in page

    assert await receive("b.csv", "C.csv", "a.csv") == (["a", "b", "C"], True)
    # The newest of many are not the first by name.
    shown, is_sorted = await receive(*(f"d{n}.csv" for n in range(50)))
    assert (shown[0], len(shown), is_sorted) == ("d49", 50, False)
