"""Lists: by rule, without a script, and their members."""

import re

from smsflow import runtime
from smsflow.services.contacts import contacts, lists


async def people(site, company):
    async with site.platform.database.transaction() as tx:
        for number, town in (("690000001", "Douala"), ("690000002", "DOUALA"), ("690000003", "Kribi")):
            await contacts.put(tx, company, number, {"ville": town}, source="manual", now=runtime.now())


async def test_a_list_by_rule_is_counted_before_it_is_kept(site, signed_in):
    browser, company = await signed_in("marketing")
    await people(site, company)
    rule = {"name": "Clientes", "attribute-0": "Ville", "operator-0": "=", "value-0": "douala"}
    assert '<option value="ville">' in (await browser.get("/app/lists/new")).text

    more = await browser.post("/app/lists/new", {**rule, "attribute-1": "", "attribute-2": "", "act": "more"})
    counted = await browser.post("/app/lists/new", {**rule, "act": "count"})
    kept = await browser.post("/app/lists/new", {**rule, "act": "save"})

    assert 'name="value-3"' in more.text
    assert "2 contacts remplissent" in re.sub(r"\s", " ", counted.text)
    page = await browser.get(kept.headers["location"])
    assert ("237690000002" in page.text, "237690000003" in page.text) == (True, False)
    assert 'value="douala"' in (await browser.get(kept.headers["location"].split("?")[0] + "/edit")).text
    assert "Clientes" not in (await browser.get("/app/imports")).text


async def test_an_error_of_a_rule_is_shown_at_its_field(signed_in):
    browser, _ = await signed_in("marketing")
    await browser.get("/app/lists/new")

    page = await browser.post(
        "/app/lists/new", {"attribute-0": "achat", "operator-0": "before", "value-0": "demain", "act": "save"}
    )
    empty = await browser.post("/app/lists/new", {"attribute-0": "", "act": "count"})

    assert page.status_code == empty.status_code == 422
    assert {'id="e-value-0"' in page.text, 'id="e-name"' in page.text, 'value="demain"' in page.text} == {True}
    assert 'id="e-attribute-0"' in empty.text


async def test_a_contact_is_taken_out_of_a_list_that_is_filled_by_hand(site, signed_in):
    browser, company = await signed_in("marketing")
    await people(site, company)
    async with site.platform.database.transaction() as tx:
        one = await contacts.find(tx, company, "690000001")
        await lists.put_in(tx, company.id, one.id, "Fidèles", now=runtime.now())
        (known,) = await lists.show_lists(tx, company.id)
    address = f"/app/lists/{known.id}"
    assert "237690000001" in (await browser.get(address)).text

    answer = await browser.post(address, {"out": str(one.id)})

    assert answer.status_code == 303
    assert "237690000001" not in (await browser.get(address)).text


async def test_lists_stand_in_the_order_that_the_address_asks_for(site, signed_in):
    browser, company = await signed_in("marketing")
    await people(site, company)
    async with site.platform.database.transaction() as tx:
        one = await contacts.find(tx, company, "690000001")
        for name in ("Zone", "école", "Abonnés"):
            await lists.add_list(tx, company.id, name, now=runtime.now())
        await lists.put_in(tx, company.id, one.id, "école", now=runtime.now())

    async def shown(query):
        page = (await browser.get(f"/app/lists{query}")).text
        return re.findall(r'<th translate="no"><a [^>]*>([^<]+)<', page), re.findall(
            r'aria-sort="(\w+)"><a[^>]*href="([^"]+)"', page
        )

    assert await shown("?sort=name") == (["Abonnés", "école", "Zone"], [("ascending", "/app/lists?sort=-name")])
    assert await shown("?sort=-name&q=a") == (
        ["Zone", "école", "Abonnés"],
        [("descending", "/app/lists?q=a&amp;sort=name")],
    )
    assert (await shown("?sort=-contacts"))[0][0] == "école"
    assert await shown("?sort=rules") == await shown("")
