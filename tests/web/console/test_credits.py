"""Credits: the balance for whoever may see it, movements for whoever may see credits."""

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
    assert (await browser.get("/app/credits/export?format=csv")).status_code == 403


async def test_movements_are_paged_and_filtered_by_cause(site, signed_in):
    browser, company = await signed_in("accountant", credits=1)
    for n in range(51):
        await add(site, company, 1, f"receipt-{n:02}")
    first = await browser.get("/app/credits?reason=credit")
    older = first.text.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")

    second = await browser.get(older)

    assert "receipt-50" in first.text
    assert "receipt-00" not in first.text
    assert "receipt-00" in second.text
    assert "receipt-50" not in second.text
    assert "receipt-50" not in (await browser.get("/app/credits?reason=refund")).text


async def test_the_export_holds_no_formula(site, signed_in):
    browser, company = await signed_in("accountant", credits=7)
    await add(site, company, 500, "=1+1")

    as_csv = await browser.get("/app/credits/export?format=csv")
    as_xlsx = await browser.get("/app/credits/export?format=xlsx")

    assert as_csv.headers["content-type"] == "text/csv; charset=utf-8"
    assert "'=1+1" in as_csv.text
    assert ";500;" in as_csv.text
    assert as_xlsx.content[:2] == b"PK"
