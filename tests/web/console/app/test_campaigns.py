"""Campaigns in the console: listed, checked, launched, watched, paused, resumed and cancelled."""

from datetime import UTC, timedelta

import pytest

from smsflow import testing
from smsflow.domain.schedule import Hours, Policy
from smsflow.services.campaigns.turns import set_policy
from smsflow.web.console.app.campaigns.words import PAUSES, PREPARATIONS
from smsflow.web.console.shell.locale import french
from smsflow.web.console.shell.results import REASONS, REMEDIES
from smsflow.web.console.shell.words import CAMPAIGNS

FR = {"Accept_Language": "fr"}


def test_every_word_of_campaigns_has_its_french():
    words = {
        *(word for word, _ in CAMPAIGNS.values()),
        *REASONS.values(),
        *PAUSES.values(),
        *PREPARATIONS.values(),
        *REMEDIES.values(),
    }

    assert words <= set(french())
    assert REMEDIES.keys() <= REASONS.keys()


async def test_campaigns_are_listed_with_state_and_credits(signed_in, a_campaign):
    browser, company = await signed_in("marketing")
    await a_campaign(company)

    page = await browser.get("/app/campaigns", **FR)

    assert page.status_code == 200
    assert "Soldes" in page.text
    assert "Prête" in page.text


async def test_no_campaigns_are_said_with_what_to_do(signed_in):
    browser, _ = await signed_in("marketing")

    assert "La première prend cinq minutes" in (await browser.get("/app/campaigns", **FR)).text


async def test_the_check_page_says_what_it_costs_and_launches_it(signed_in, a_campaign, state_of):
    browser, company = await signed_in("marketing", credits=10)
    campaign_id = await a_campaign(company)

    page = await browser.get(f"/app/campaigns/{campaign_id}", **FR)
    assert "Envoyer 2 SMS pour 2 crédits" in page.text
    assert '<dd class="sum">8</dd>' in page.text
    answer = await browser.post(f"/app/campaigns/{campaign_id}", {"act": "launch"})

    assert answer.headers["location"] == f"/app/campaigns/{campaign_id}?done=launch"
    assert await state_of(company, campaign_id) == "running"


async def test_credits_that_are_missing_are_counted_and_nothing_can_be_launched(signed_in, a_campaign):
    browser, company = await signed_in("marketing", credits=1)
    campaign_id = await a_campaign(company)

    page = await browser.get(f"/app/campaigns/{campaign_id}", **FR)
    assert "Il manque 1 crédit." in page.text
    assert 'value="launch"' not in page.text
    answer = await browser.post(f"/app/campaigns/{campaign_id}", {"act": "launch"}, **FR)

    assert answer.status_code == 422


async def test_a_campaign_outside_its_hours_says_when_it_goes_on(site, signed_in, a_campaign):
    tomorrow = site.clock.local() + timedelta(days=1)
    site.clock.now = tomorrow.replace(hour=3, minute=0).astimezone(UTC)
    async with site.platform.database.transaction() as tx:
        await set_policy(tx, Policy("CM", testing.TIMEZONE, Hours(6 * 60, 22 * 60)))
    browser, company = await signed_in("marketing")
    campaign_id = await a_campaign(company, "690000001", "+33612345678")
    address, opens = f"/app/campaigns/{campaign_id}", f"{tomorrow:%d/%m/%Y} 06:00"

    check = await browser.get(address, **FR)
    await browser.post(address, {"act": "launch"})
    live = await browser.get(address, **FR)
    site.clock.advance(hours=4)
    open_ = await browser.get(address, **FR)

    assert f"06:00-22:00 · Le premier SMS partira le {opens}" in check.text
    assert "Demandez à la plateforme l’ouverture de ce pays." in check.text
    assert f"Hors des heures permises\u202f: la campagne continuera le {opens}." in live.text
    assert "Hors des heures" not in open_.text


@pytest.mark.parametrize(
    ("acts", "after"), [(["pause"], "paused"), (["pause", "resume"], "running"), (["cancel"], "cancelled")]
)
async def test_a_running_campaign_is_paused_resumed_and_cancelled(signed_in, a_campaign, acts, after, state_of):
    browser, company = await signed_in("marketing")
    campaign_id = await a_campaign(company, launched=True)
    for one in acts:
        await browser.get(f"/app/campaigns/{campaign_id}")
        await browser.post(f"/app/campaigns/{campaign_id}", {"act": one})

    assert await state_of(company, campaign_id) == after
    assert (await browser.get(f"/app/campaigns/{campaign_id}", **FR)).status_code == 200


async def test_cancelling_asks_once_with_its_numbers_on_a_page_of_its_own(signed_in, a_campaign):
    browser, company = await signed_in("marketing")
    campaign_id = await a_campaign(company, launched=True)

    page = await browser.get(f"/app/campaigns/{campaign_id}/cancel", **FR)

    assert "2 crédits réservés vous seront rendus." in page.text
    assert "Continuer l’envoi" in page.text


async def test_an_act_that_is_too_late_changes_nothing_and_says_so(signed_in, a_campaign, state_of):
    browser, company = await signed_in("marketing")
    campaign_id = await a_campaign(company, launched=True)
    await browser.get(f"/app/campaigns/{campaign_id}")

    page = await browser.post(f"/app/campaigns/{campaign_id}", {"act": "launch"}, **FR)

    assert page.status_code == 422
    assert "entre-temps" in page.text
    assert await state_of(company, campaign_id) == "running"


async def test_the_page_of_a_running_campaign_asks_for_news(signed_in, a_campaign):
    browser, company = await signed_in("reader")
    campaign_id = await a_campaign(company, launched=True)

    page = await browser.get(f"/app/campaigns/{campaign_id}", **FR)

    assert f'data-poll="/app/campaigns/{campaign_id}"' in page.text
    assert 'name="act"' not in page.text


@pytest.mark.parametrize("address", ["", "/cancel"])
async def test_the_campaign_of_another_company_does_not_exist(site, signed_in, a_campaign, address, state_of):
    browser, _ = await signed_in("admin")
    other = await testing.a_company(site.platform, name="Autre")
    campaign_id = await a_campaign(other, launched=True)

    assert (await browser.get(f"/app/campaigns/{campaign_id}{address}")).status_code == 404
    await browser.get("/app/campaigns")
    answer = await browser.post(f"/app/campaigns/{campaign_id}", {"act": "cancel"}) if not address else None
    assert answer is None or answer.status_code in {403, 404}
    assert await state_of(other, campaign_id) == "running"


async def test_a_name_of_a_campaign_is_text_and_no_markup(signed_in, a_campaign):
    browser, company = await signed_in("admin")
    campaign_id = await a_campaign(company, name="<script>x</script>", launched=True)

    for path in ("/app/campaigns", f"/app/campaigns/{campaign_id}", f"/app/campaigns/{campaign_id}/cancel"):
        assert "<script>x" not in (await browser.get(path)).text


async def test_a_draft_is_given_up_before_anything_left(signed_in, a_campaign, state_of):
    browser, company = await signed_in("marketing")
    campaign_id = await a_campaign(company)
    await browser.get(f"/app/campaigns/{campaign_id}")

    answer = await browser.post(f"/app/campaigns/{campaign_id}", {"act": "cancel"})

    page = await browser.get(answer.headers["location"], **FR)
    assert "Abandonnée avant d’être lancée" in page.text
    assert await state_of(company, campaign_id) == "cancelled"
