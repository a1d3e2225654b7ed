"""Opt-outs: found, and brought in as a file."""

import pytest

from smsflow.services.contacts import optouts
from tests.web.customer import BOUNDARY


@pytest.fixture
async def shop(site, signed_in):
    browser, company = await signed_in("marketing")
    async with site.platform.database.transaction() as tx:
        for number, source in (("+237690000001", "sms"), ("+237690000002", "link")):
            await optouts.opt_out(
                tx, company.id, [number], scope="marketing", source=source, author=number, now=site.clock.now
            )
    return browser, company


@pytest.mark.parametrize(
    ("asked", "found"),
    [("q=0000+02", [2]), ("source=sms", [1]), ("", [1, 2]), ("q=9&source=link", []), ("q=%00%27", [1, 2])],
)
async def test_opt_outs_are_found_by_their_last_digits_and_by_what(shop, asked, found):
    browser, _ = shop

    page = await browser.get(f"/app/opt-outs?{asked}")

    assert [n for n in (1, 2) if f"/app/contacts/23769000000{n}" in page.text] == found


async def test_every_number_of_a_file_opts_out(site, shop):
    browser, company = shop
    await browser.get("/app/opt-outs/import")

    answer = await upload(browser, "Numéro;Nom\n690000001;Awa\n690000003;Paul\nrien;Jo\n")

    assert answer.headers["location"] == "/app/opt-outs?done=1&new=1&known=1&invalid=1"
    assert (await browser.get(answer.headers["location"])).status_code == 200
    async with site.platform.database.autocommit() as tx:
        (change,) = await optouts.history(tx, company.id, "+237690000003")
    assert (change.source, change.reason, change.scope) == ("import", "stop.csv", "marketing")


@pytest.mark.parametrize("file", ["", "Nom;Ville\nAwa;Kribi\n", "\x00\x01"])
async def test_a_file_without_numbers_opts_nobody_out(site, shop, file):
    browser, company = shop
    await browser.get("/app/opt-outs/import")

    page = await upload(browser, file)

    assert page.status_code == 422
    assert 'id="e-file"' in page.text
    async with site.platform.database.autocommit() as tx:
        assert len(await optouts.show_opt_outs(tx, company.id)) == 2


async def upload(browser, text):
    fields = {**browser.hidden(), "scope": "marketing", "reason": ""}
    parts = [f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in fields.items()]
    parts.append(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="stop.csv"\r\n\r\n{text}\r\n--{BOUNDARY}--\r\n'
    )
    return await browser.site.ask(
        "POST",
        "/app/opt-outs/import",
        body="".join(parts).encode(),
        content_type=f"multipart/form-data; boundary={BOUNDARY}",
        headers={"Host": "falconframework.org", "Sec-Fetch-Site": "same-origin", "Cookie": "=".join(browser.cookie)},
    )
