"""The dashboard: figures by right, campaigns now and next, and what needs attention."""

import re

import pytest

from smsflow import testing


async def test_credits_are_for_those_who_may_see_the_balance(signed_in):
    browser, _ = await signed_in("marketing", credits=12_345)
    assert "12\u202f345" in (await browser.get("/app")).text

    reader, _ = await signed_in("reader", credits=12_345)
    assert "12\u202f345" not in (await reader.get("/app")).text


@pytest.mark.parametrize(
    ("company", "says"),
    [
        ({"credits": 0}, "Il ne reste aucun crédit"),
        ({"sender": None}, "Aucun expéditeur n’est accepté"),
        ({"suspended": True}, "Votre société est suspendue"),
        ({}, "Rien ne demande votre attention"),
    ],
)
async def test_matters_that_need_attention_are_shown(signed_in, company, says):
    browser, _ = await signed_in("admin", **company)

    assert says in (await browser.get("/app")).text


async def test_credits_below_the_alert_are_said(site, signed_in):
    browser, company = await signed_in("admin", credits=10)
    async with site.platform.database.transaction() as tx:
        await tx.execute(f"UPDATE company SET alert_below = 11 WHERE id = {company.id}", {})

    assert "Les crédits baissent" in (await browser.get("/app")).text


async def test_a_sender_that_waits_is_said_with_its_name(site, signed_in):
    browser, company = await signed_in("admin")
    await testing.a_sender(site.platform, company, "KRIBI", state="pending")

    assert 'L’expéditeur <span translate="no">KRIBI</span> attend d’être accepté' in (await browser.get("/app")).text


async def test_a_campaign_that_runs_is_shown_with_how_far_it_is(site, signed_in):
    browser, company = await signed_in("marketing")
    campaign = await testing.a_campaign(site.platform, company, "Soldes <b>")
    async with site.platform.database.transaction() as tx:
        await tx.execute(f"UPDATE campaign SET drafted = true, text = 'x' WHERE id = {campaign}", {})
        await tx.execute(
            f"""INSERT INTO campaign_run (company_id, campaign_id, place, last_place)
            VALUES ({company.id}, {campaign}, 10, 40)""",
            {},
        )

    page = await browser.get("/app")

    assert "Soldes &lt;b&gt;" in page.text
    assert "10 sur 40" in page.text


async def test_the_outcomes_of_today_and_of_thirty_days_are_shown_with_their_table(site, signed_in):
    browser, company = await signed_in("admin", credits=10_000)
    connector = await testing.a_connector(site.platform, name="mtn-cm")
    async with site.platform.database.transaction() as tx:
        for ago, figures in ((0, (200, 400, 20, 150, 25, 5)), (3, (100, 100, 0, 90, 10, 0)), (40, (7, 7, 0, 7, 0, 0))):
            await tx.execute(
                f"""INSERT INTO tally (company_id, campaign_id, hour, connector_id, kind, accepted, charged, sent, delivered, failed, expired)
                VALUES ({company.id}, 0, now() - interval '{ago} days', {connector}, 1, {", ".join(map(str, figures))})""",
                {},
            )

    page = (await browser.get("/app")).text
    figures = re.findall(r"<dt>(.*?)</dt><dd><b>(.*?)</b><span>(.*?)</span>", page)

    assert figures[:3] == [
        ("Crédits disponibles", "10\u202f000", "Pour plus d’un an au rythme des 30 derniers jours"),
        ("Envoyés aujourd’hui", "200", "300 en 30 jours"),
        ("Livrés", "150", "75,0\u202f%, et 20 en attente"),
    ]
    assert figures[3][:2] == ("Échecs", "30")
    assert "Beaucoup de SMS échouent aujourd’hui" in page
    assert "<title>SMS des 30 derniers jours</title>" in page
    assert len(re.findall(r"<tr><th>\d\d/\d\d/\d{4}</th>", page)) == 2
    assert "mtn-cm" in page
    assert "80,0\u202f% livrés, 40 échecs" in page


async def test_credits_that_last_for_few_days_are_said(site, signed_in):
    browser, company = await signed_in("admin", credits=100)
    async with site.platform.database.transaction() as tx:
        await tx.execute(
            f"""INSERT INTO tally (company_id, campaign_id, hour, connector_id, kind, accepted, charged, returned)
            VALUES ({company.id}, 0, now() - interval '9 days', 1, 1, 1500, 1600, 100)""",
            {},
        )

    page = (await browser.get("/app")).text

    assert "Ils suffiront pour 2 jours au rythme des 30 derniers." in page


async def test_another_companys_sms_are_not_counted(site, signed_in):
    browser, company = await signed_in("admin")
    async with site.platform.database.transaction() as tx:
        await tx.execute(
            f"""INSERT INTO tally (company_id, campaign_id, hour, connector_id, kind, accepted, delivered)
            VALUES ({company.id + 1}, 0, now(), 1, 1, 77777, 77777)""",
            {},
        )

    page = (await browser.get("/app")).text

    assert "77\u202f777" not in page
    assert "Aucun SMS ces 30 derniers jours" in page
