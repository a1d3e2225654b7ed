"""Credits: the balance for whoever may see it, movements for whoever may see credits."""

import io
import re

from pypdf import PdfReader

from smsflow import testing
from smsflow.services import credits


async def add(site, company, amount, note):
    async with site.platform.database.transaction() as tx:
        await credits.add_credit(tx, company.id, amount, note=note, now=site.clock.now)


async def test_an_accountant_sees_the_balance_and_each_movement_with_its_cause(site, signed_in):
    browser, company = await signed_in("accountant", credits=1500)
    await add(site, company, 500, "receipt <17>")

    page = await browser.get("/app/credits")

    assert page.status_code == 200
    assert "2\u202f000" in page.text
    assert "receipt &lt;17&gt;" in page.text
    assert "+\u202f1\u202f500" in page.text


async def test_others_see_the_balance_alone(site, signed_in):
    browser, company = await signed_in("developer", credits=1500)
    await add(site, company, 500, "receipt 17")

    page = await browser.get("/app/credits")

    assert "2\u202f000" in page.text
    assert "receipt 17" not in page.text
    assert (await browser.get("/app/export/ledger?format=csv")).status_code == 403


async def test_movements_are_paged_and_filtered_by_cause(site, signed_in):
    browser, company = await signed_in("accountant", credits=1)
    for n in range(51):
        await add(site, company, 1, f"receipt-{n:02}")
    first = await browser.get("/app/credits/lines?reason=credit")
    older = first.text.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")

    second = await browser.get(older)

    assert "receipt-50" in first.text
    assert "receipt-00" not in first.text
    assert "receipt-00" in second.text
    assert "receipt-50" not in second.text
    assert "receipt-50" not in (await browser.get("/app/credits/lines?reason=refund")).text


async def test_the_export_holds_no_formula(site, signed_in):
    browser, company = await signed_in("accountant", credits=7)
    await add(site, company, 500, "=1+1")

    as_csv = await browser.get("/app/export/ledger?format=csv")
    as_xlsx = await browser.get("/app/export/ledger?format=xlsx")

    assert as_csv.headers["content-type"] == "text/csv; charset=utf-8"
    assert "'=1+1" in as_csv.text
    assert ";500;" in as_csv.text
    assert as_xlsx.content[:2] == b"PK"


async def test_the_ledger_is_exported_as_it_is_shown(site, signed_in):
    browser, company = await signed_in("accountant", credits=7)
    await testing.a_route(site.platform)
    await site.send(await testing.a_token(site.platform, company), "690000001")
    await add(site, company, 500, "reçu 17")
    today = f"{site.clock.local():%Y-%m-%d}"

    async def amounts(asked):
        lines = (await browser.get(f"/app/export/ledger?{asked}")).content.decode("utf-8-sig").splitlines()
        return sorted(int(line.split(";")[2]) for line in lines[1:])

    assert await amounts("reason=credit") == [7, 500]
    assert await amounts(f"from={today}&to={today}") == [-1, 7, 500]
    assert await amounts("from=2020-01-01&to=2020-01-02") == []
    assert (await browser.get("/app/export/ledger?from=demain")).status_code == 404


async def test_sms_are_grouped_by_day_and_open_into_the_lines_of_the_ledger(site, signed_in):
    browser, company = await signed_in("accountant", credits=10)
    await testing.a_route(site.platform)
    token = await testing.a_token(site.platform, company)
    for number in ("690000001", "690000002"):
        await site.send(token, number)

    page = (await browser.get("/app/credits")).text
    opened = (await browser.get(re.search(r'"(/app/credits/lines\?from=[^"]+)"', page)[1].replace("&amp;", "&"))).text

    assert page.count("SMS par l’API") == 1
    assert "\u2212\u202f2" in page
    assert opened.count("SMS envoyés") == 2


async def test_sms_of_the_console_stand_apart_from_those_of_the_api(site, signed_in):
    browser, company = await signed_in("admin", credits=10)
    await testing.a_route(site.platform)
    await site.send(await testing.a_token(site.platform, company), "690000001")
    await browser.get("/app/send")
    sent = await browser.post("/app/send", {"to": "690000002", "text": "B" * 200, "kind": "transactional"})

    month = f"{site.clock.local():%Y-%m}"
    rows = [line.split(";") for line in (await browser.get(f"/app/export/statement?month={month}")).text.splitlines()]

    assert sent.status_code == 303
    assert [row[1:5] for row in rows if row[1].startswith("SMS par")] == [
        ["SMS par l’API", "-1", "0", "1"],
        ["SMS par la console", "-2", "0", "1"],
    ]


async def test_the_statement_of_a_month_adds_up(site, signed_in):
    browser, company = await signed_in("accountant", credits=10)
    await testing.a_route(site.platform)
    await site.send(await testing.a_token(site.platform, company), "690000001")
    await add(site, company, 5, "receipt 17")

    month = f"{site.clock.local():%Y-%m}"
    rows = [
        line.split(";")
        for line in (await browser.get(f"/app/export/statement?month={month}&format=csv")).text.splitlines()
    ]

    assert rows[1][2] == "0"
    assert rows[-1][2] == "14"
    assert sum(int(row[2]) for row in rows[2:-1]) == 14
    assert (await browser.get(f"/app/export/statement?month={month}&format=xlsx")).content[:2] == b"PK"
    assert (await browser.get("/app/export/statement?month=nonsense&format=csv")).status_code == 404


async def test_the_statement_of_a_month_is_printed_with_its_sums(site, signed_in):
    browser, company = await signed_in("accountant", credits=1200, name="Boutique Kribi")
    await testing.a_route(site.platform)
    await site.send(await testing.a_token(site.platform, company), "690000001")
    await add(site, company, 500, "reçu 17")

    answer = await browser.get(f"/app/export/statement?month={site.clock.local():%Y-%m}&format=pdf")
    (page,) = (page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)

    assert answer.headers["content-type"] == "application/pdf"
    for said in ("Boutique Kribi", "Relevé de crédits", "reçu 17", "+ 1 200", "+ 500", "SMS par l’API"):
        assert said in page
    assert page.splitlines()[-2:] == ["1 699", "Page 1"]


async def test_a_request_for_credits_is_kept_shown_as_pending_and_taken_back(site, signed_in):
    browser, _ = await signed_in("accountant")
    await browser.get("/app/credits")
    answer = await browser.post("/app/credits", {"amount": "50 000", "note": "bon 17"})
    assert answer.status_code == 303
    page = await browser.get("/app/credits")
    assert "bon 17" in page.text
    assert "En attente" in page.text
    request = page.text.split('name="request" value="')[1].split('"')[0]

    await browser.post("/app/credits", {"do": "withdraw", "request": request})

    assert "En attente" not in (await browser.get("/app/credits")).text
    assert (await browser.post("/app/credits", {"do": "withdraw", "request": request})).status_code == 404


async def test_a_request_without_a_number_keeps_what_was_typed(signed_in):
    browser, _ = await signed_in("accountant")
    await browser.get("/app/credits")

    page = await browser.post("/app/credits", {"amount": "beaucoup", "note": "bon 17"})

    assert page.status_code == 422
    assert 'id="e-amount"' in page.text
    assert "bon 17" in page.text


async def test_another_companys_request_is_not_found(site, signed_in, a_person):
    browser, _ = await signed_in("accountant")
    await browser.get("/app/credits")
    await browser.post("/app/credits", {"amount": "50"})
    request = (await browser.get("/app/credits")).text.split('name="request" value="')[1].split('"')[0]
    await a_person("mallory", await testing.a_company(site.platform))
    browser.cookie = None
    await browser.sign_in("mallory")
    await browser.get("/app/credits")

    answer = await browser.post(
        "/app/credits", {**browser.hidden(), "do": "withdraw", "request": request}, hidden=False
    )

    assert answer.status_code == 404
