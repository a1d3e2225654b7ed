"""Monitoring: what is wrong first, with what to do, then the connectors."""

import re

from smsflow import testing


async def test_what_is_wrong_stands_first_with_what_to_do(site, browser, a_person):
    await testing.a_connector(site.platform, name="mtn-cm")
    await testing.a_connector(site.platform, name="orange-cm")
    await a_person("paul")
    await browser.sign_in("paul")

    page = (await browser.get("/ops")).text
    cards = re.findall(r'<section class="notice (\w+) finding">.*?<b translate="no">(.*?)</b>', page)

    assert [tone for tone, _ in cards] == sorted((tone for tone, _ in cards), key=["bad", "warn"].index)
    assert ("bad", "dispatch") in cards
    assert "start it: smsflow run" in page
    assert "/ops/search" not in page, "there is no such page yet"
    assert page.index("finding") < page.index("Connecteurs") < page.index("Ce qui va bien")
    assert re.search(r'mtn-cm</th><td data-label="État"><span class="badge bad">(<svg.*?</svg>)?Coupé', page)
    assert 'data-poll="/ops"' in page
