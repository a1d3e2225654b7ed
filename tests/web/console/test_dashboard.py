"""The dashboard: figures by right, campaigns now and next, and what needs attention."""

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
async def test_what_needs_attention_is_said(signed_in, company, says):
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

    assert "L’expéditeur KRIBI attend l’accord" in (await browser.get("/app")).text


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
