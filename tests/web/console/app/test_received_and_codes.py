"""Codes, the inbox and senders."""

import re

from smsflow import testing
from smsflow.services import verifications
from smsflow.store.inbound import WITHIN


async def test_codes_are_listed_with_their_state_and_never_the_code(site, signed_in):
    browser, company = await signed_in("developer", credits=10)
    await testing.a_route(site.platform)
    token = await testing.a_token(site.platform, company)
    sent = await site.post("/apiv2/smscode/", {"phone_number": "690000001", "timeout": 60}, token=token)
    assert sent.status_code < 300, sent.text
    async with site.platform.database.transaction() as tx:
        (made,) = await verifications.list_codes(tx, company.id, limit=1, vault=site.platform.vault, now=site.clock.now)

    page = await browser.get("/app/codes")

    assert "+237\u00a06\u00a090\u00a000\u00a000\u00a001" in page.text
    assert made.code not in page.text


async def test_the_conversion_of_codes_stands_by_day_and_by_operator(site, signed_in):
    browser, company = await signed_in("developer", credits=10)
    await testing.a_route(site.platform)
    token = await testing.a_token(site.platform, company)
    for number in ("690000001", "690000002", "690000003"):
        await site.post("/apiv2/smscode/", {"phone_number": number, "timeout": 60}, token=token)
    async with site.platform.database.transaction() as tx:
        made, *_ = await verifications.list_codes(
            tx, company.id, limit=1, vault=site.platform.vault, now=site.clock.now
        )
        await verifications.check_code(
            tx, company, made.number, made.code, vault=site.platform.vault, now=site.clock.now
        )

    page = (await browser.get("/app/codes", Accept_Language="fr")).text

    assert "3 demandés\u202f: 1 validés, 2 sans suite, 0 en échec." in page
    (day,) = re.findall(r"<tbody>\s*<tr>(.*?)</tr>", page.split("<details>")[1].split("</details>")[0], re.DOTALL)
    assert re.findall(r">([^<>]+)</td>", day) == ["3", "3", "1", "2", "0", "33,3\u202f%"]
    assert "operator</b><span>3</span>" in page
    assert "33,3\u202f% validés, 2 sans suite, 0 en échec" in page


async def test_the_inbox_shows_the_companys_sms_and_no_others(site, signed_in):
    browser, company = await signed_in("reader")
    other, _ = await site.opened()
    async with site.platform.database.transaction() as tx:
        for company_id, said in ((company.id, "Bonjour <i>"), (other.id, "Secret")):
            await tx.execute(
                f"""INSERT INTO inbound (connector_id, source, destination, data_coding, body, text, received_at, company_id, keyword)
                VALUES (1, '237690000001', '8787', 0, '', '{said}', now(), {company_id}, 'KRIBI')""",
                {},
            )

    page = await browser.get("/app/inbox")

    assert "Bonjour &lt;i&gt;" in page.text
    assert "KRIBI" in page.text
    assert "Secret" not in page.text


async def test_a_number_is_found_behind_any_number_of_others(site, signed_in):
    browser, company = await signed_in("marketing")
    async with site.platform.database.transaction() as tx:
        await tx.execute(
            """INSERT INTO inbound (connector_id, source, destination, data_coding, body, text, received_at, company_id)
            SELECT 1, CASE WHEN n = 1 THEN '237690000001' ELSE '237699' || lpad(n::text, 6, '0') END, '8787', 0, '', 'Bonjour ' || n, now(),
                %(company)s FROM generate_series(1, %(all)s) n""",
            {"company": company.id, "all": WITHIN + 1},
        )

    page = await browser.get("/app/inbox?q=690000001", Accept_Language="fr")
    (older,) = re.findall(r'href="(/app/inbox\?q=690000001[^"]*)" rel="next"', page.text)
    found = await browser.get(older.replace("&amp;", "&"))
    exported = await browser.get("/app/export/inbox?q=690000001")

    assert "Rien parmi ces SMS" in page.text
    assert ("Bonjour 1<" in found.text, 'rel="next"' in found.text) == (True, False)
    assert exported.text.count("Bonjour 1") == 1


async def test_a_sender_that_is_asked_for_waits_for_the_platform(signed_in):
    browser, _ = await signed_in("marketing")
    await browser.get("/app/senders")

    answer = await browser.post("/app/senders", {"name": "KRIBI", "use": "soldes"})

    assert answer.status_code == 303
    page = await browser.get("/app/senders")
    assert "KRIBI" in page.text
    assert "Demandé" in page.text


async def test_a_sender_that_cannot_be_is_refused_at_its_field(signed_in):
    browser, _ = await signed_in("marketing", sender="AWA")
    await browser.get("/app/senders")

    for name in ("", "MUCH TOO LONG A NAME", "awa"):
        page = await browser.post("/app/senders", {"name": name, "use": "soldes"})
        assert page.status_code == 422
        assert 'id="e-name"' in page.text
        assert 'value="soldes"' in page.text


async def test_a_reader_sees_senders_and_asks_for_none(signed_in):
    browser, _ = await signed_in("reader")
    await browser.get("/app/senders")

    assert (await browser.post("/app/senders", {"name": "KRIBI"})).status_code == 403
