"""Monitoring: what is wrong first, with what to do, then the connectors."""

import re
from datetime import timedelta

import pytest

from smsflow import testing
from smsflow.services.upkeep.findings import Finding
from smsflow.services.upkeep.words import WORDS
from smsflow.web.console.ops.monitoring.page import card
from smsflow.web.console.shell.locale import Locale, french


async def test_findings_that_are_wrong_stand_first_with_what_to_do(site, browser, a_person):
    await testing.a_connector(site.platform, name="mtn-cm")
    await testing.a_connector(site.platform, name="orange-cm")
    await a_person("paul")
    await browser.sign_in("paul")

    page = (await browser.get("/ops")).text
    cards = re.findall(r'<section class="notice (\w+) finding">.*?<b>(.*?)</b>', page)

    assert [tone for tone, _ in cards] == sorted((tone for tone, _ in cards), key=["bad", "warn"].index)
    assert ("bad", '<span translate="no">dispatch</span>') in cards
    assert "Aucun processus ne tourne\u202f: rien ne part" in page
    assert "lancez-le\u202f: smsflow run" in page
    assert "/ops/search" not in page, "there is no such page yet"
    assert page.index("finding") < page.index("Connecteurs") < page.index("Ce qui va bien")
    assert re.search(r'mtn-cm</th><td data-label="État"><span class="badge bad">(<svg.*?</svg>)?Coupé', page)
    assert 'data-poll="/ops"' in page


async def test_the_pace_of_the_platform_is_shown(site, browser, a_person):
    async with site.platform.database.transaction() as tx:
        await tx.execute(
            """INSERT INTO process (role, host, pid, started_at, beat_at, clock_ahead, accepted_rate, submitted_rate, disk_free, disk_total)
            VALUES ('web', 'here', 7, now(), now(), 0, 12.44, 0, 61000000000, 252000000000),
                ('jobs', 'here', 8, now(), now(), 0, 1000, 20, 61000000000, 252000000000),
                ('jobs', 'gone', 9, now(), now() - interval '1 hour', 0, 500, 500, 1, 2)""",
            {},
        )
    await a_person("paul")
    await browser.sign_in("paul")

    page = (await browser.get("/ops")).text
    figures = dict(re.findall(r"<dt>(.*?)</dt><dd><b>(.*?)</b>", page))

    assert figures == {
        "SMS acceptés": "1\u202f012,4/s",
        "Segments remis": "20,0/s",
        "De l’acceptation à la remise": "—",
        "Disque libre": "24\u202f%",
    }
    assert "61,0 Go libres sur here" in page


@pytest.mark.parametrize("code", sorted(WORDS))
def test_every_finding_has_its_french_and_the_values_of_its_words(code):
    words = WORDS[code]
    for sentence in filter(None, (words.what, words.says, words.do)):
        assert set(re.findall(r"{\w+}", french()[sentence])) == set(re.findall(r"{\w+}", sentence)), sentence


def test_a_finding_is_shown_in_the_readers_language_and_texts_of_people_as_they_are():
    values = {"name": "<b>mtn : x</b>", "waiting": 12_840, "age": timedelta(seconds=232), "planned": 3}
    found = Finding("queue.late", "wrong", values)
    shown = card(found, Locale("fr"))

    assert shown.what == 'File de <span translate="no">&lt;b&gt;mtn : x&lt;/b&gt;</span>'
    assert shown.says == "12\u202f840 en attente (le plus ancien depuis 3\xa0min 52\xa0s), 3 pour plus tard"
    assert "est-il relié, et son débit suffit-il\u202f?" in shown.do
    assert card(found, Locale("en")).says == "12,840 wait (the oldest for 3\xa0min 52\xa0s), planned for later: 3"
