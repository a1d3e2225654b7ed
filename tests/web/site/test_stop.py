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

    name = '<span translate="no">Boutique &lt;Awa&gt;</span>'
    assert f"<h1>Ne plus recevoir les SMS publicitaires de {name}\u202f?</h1>" in french.text
    assert f"<h1>Stop marketing SMS from {name}?</h1>" in english.text
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


async def test_a_link_that_nobody_was_sent_is_not_found_and_guesses_end_for_all_but_those_who_have_one(site: Customer):
    link = await a_link(site)
    wrong = link[:-1] + ("a" if link[-1] != "a" else "b")

    answers = [(await site.get(address)).status_code for address in (wrong, "/s/x", "/s/" + "z" * 300)]
    for _ in range(17):
        await site.ask("POST", wrong)

    assert answers == [404, 404, 404]
    blocked = await site.get(wrong)
    assert (blocked.status_code, "Attendez dix minutes" in blocked.text) == (429, True)
    assert 0 < int(blocked.headers["retry-after"]) <= 601
    assert await opted_out(site) == []
    # The handsets of a whole operator may have one address.
    assert (await site.ask("POST", link)).status_code == 200
    assert await opted_out(site) == [(AWA, "marketing", "link")]
    site.clock.advance(minutes=11)
    assert (await site.get(wrong)).status_code == 404


async def test_a_broken_link_says_what_its_recipient_can_do_and_leads_nowhere_else(site: Customer):
    french, english = await site.get("/s/x"), await site.get("/s/x", headers=ENGLISH)

    assert "demandez à qui vous l’a envoyé" in french.text
    assert "ask its sender to opt you out" in english.text
    assert "<a " not in french.text
