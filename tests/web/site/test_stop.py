"""The page of a link by which somebody opts out."""

from smsflow import testing
from smsflow.domain.stop_way import Links
from smsflow.runtime import randbelow
from smsflow.store.contacts import stop_links
from tests.web.customer import Customer

AWA = "+237690000042"
ENGLISH = {"Accept-Language": "en-GB, fr;q=0.5"}


async def a_link(site, company=None):
    company = company or await testing.a_company(site.platform, name="Boutique <Awa>")
    links = Links("https://sms.example.cm", randbelow)
    token = links.new_token()
    async with site.platform.database.transaction() as tx:
        await stop_links.add(tx, company.id, [(token, AWA)], campaign_id=None, now=site.clock())
    return links.address(company.id, token).removeprefix("https://sms.example.cm")


async def opted_out(site):
    async with site.platform.database.autocommit() as tx:
        return [tuple(row) for row in await tx.execute("SELECT number, scope, source FROM opt_out")]


async def test_looking_asks_in_the_readers_language_and_changes_nothing(site: Customer):
    link = await a_link(site)

    french, english = await site.get(link), await site.get(link, headers=ENGLISH)
    await site.ask("HEAD", link)

    assert "Ne plus recevoir les SMS publicitaires de Boutique &lt;Awa&gt; ?" in french.text
    assert "Stop marketing SMS from Boutique &lt;Awa&gt;?" in english.text
    assert AWA not in french.text
    assert (french.status_code, french.headers["cache-control"]) == (200, "no-store")
    assert "form-action 'self'" in french.headers["content-security-policy"]
    assert await opted_out(site) == []


async def test_asking_opts_out_and_says_so_however_often(site: Customer):
    link = await a_link(site)

    first = await site.ask("POST", link)
    again = await site.ask("POST", link)
    looked = await site.get(link)

    assert [a.status_code for a in (first, again, looked)] == [200] * 3
    assert all("C’est fait" in a.text and "<form" not in a.text for a in (first, again, looked))
    assert await opted_out(site) == [(AWA, "marketing", "link")]


async def test_a_link_that_nobody_was_sent_is_not_found_and_guesses_end(site: Customer):
    link = await a_link(site)
    wrong = link[:-1] + ("a" if link[-1] != "a" else "b")

    answers = [(await site.get(address)).status_code for address in (wrong, "/s/x", "/s/" + "z" * 300)]
    for _ in range(17):
        await site.ask("POST", wrong)

    assert answers == [404, 404, 404]
    blocked = await site.get(link)
    assert blocked.status_code == 429
    assert 0 < int(blocked.headers["retry-after"]) <= 601
    assert await opted_out(site) == []
    site.clock.advance(minutes=11)
    assert (await site.get(link)).status_code == 200
