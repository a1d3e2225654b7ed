"""A campaign that somebody else must approve, in the console."""

import pytest

from smsflow.domain.access import RIGHTS, Right, Role
from smsflow.services.accounts import companies

FR = {"Accept_Language": "fr"}


@pytest.fixture
def demanding(site, signed_in):
    """Sign in as one of a company that demands approval: `browser, company = await demanding("marketing")`."""

    async def sign_in(role):
        browser, company = await signed_in(role)
        async with site.platform.database.transaction() as tx:
            await companies.change(tx, company.id, {"approval": True}, most_segments=10)
        return browser, company

    return sign_in


@pytest.fixture
def as_another(browser, a_person):
    """Sign in as somebody else of the company: `await as_another("approver", company)`."""

    async def sign_in(role, company):
        await a_person(f"the-{role}", company, role=role)
        browser.cookie = None
        await browser.sign_in(f"the-{role}")
        return browser

    return sign_in


async def submitted(browser, campaign_id):
    await browser.get(f"/app/campaigns/{campaign_id}", **FR)
    return await browser.post(f"/app/campaigns/{campaign_id}", {"act": "submit"})


async def test_marketing_submits_what_it_may_not_launch(demanding, a_campaign, state_of):
    browser, company = await demanding("marketing")
    campaign_id = await a_campaign(company)

    page = await browser.get(f"/app/campaigns/{campaign_id}", **FR)
    assert "Soumettre à validation" in page.text
    assert 'value="launch"' not in page.text
    refused = await browser.post(f"/app/campaigns/{campaign_id}", {"act": "launch"})
    answer = await submitted(browser, campaign_id)

    assert refused.status_code == 403
    assert answer.headers["location"] == f"/app/campaigns/{campaign_id}?done=submit"
    assert await state_of(company, campaign_id) == "approval"
    assert "Un valideur doit l’approuver" in (await browser.get(answer.headers["location"], **FR)).text


async def test_an_approver_reads_it_with_its_cost_and_approves_it(demanding, as_another, a_campaign, state_of):
    browser, company = await demanding("marketing")
    campaign_id = await a_campaign(company)
    await submitted(browser, campaign_id)
    await as_another("approver", company)

    page = await browser.get(f"/app/campaigns/{campaign_id}", **FR)
    assert "Approuver et envoyer 2 SMS pour 2 crédits" in page.text
    assert "/edit" not in page.text
    answer = await browser.post(f"/app/campaigns/{campaign_id}/review", {"act": "approve"})

    assert answer.headers["location"] == f"/app/campaigns/{campaign_id}?done=approve"
    assert await state_of(company, campaign_id) == "running"
    assert (
        'Approuvée par <span translate="no">the-approver</span>'
        in (await browser.get(answer.headers["location"], **FR)).text
    )


async def test_an_approver_sends_it_back_with_a_reason_that_its_author_reads(
    demanding, as_another, a_campaign, state_of
):
    browser, company = await demanding("marketing")
    campaign_id = await a_campaign(company)
    await submitted(browser, campaign_id)
    await as_another("approver", company)
    await browser.get(f"/app/campaigns/{campaign_id}")

    without = await browser.post(f"/app/campaigns/{campaign_id}/review", {"act": "send-back", "reason": " "}, **FR)
    await browser.post(f"/app/campaigns/{campaign_id}/review", {"act": "send-back", "reason": "<b>Trop long"})

    assert without.status_code == 422
    assert 'id="e-reason"' in without.text
    assert await state_of(company, campaign_id) == "prepared"
    page = await browser.get(f"/app/campaigns/{campaign_id}", **FR)
    assert '<span translate="no">the-approver</span> a renvoyé cette campagne.' in page.text
    assert "&lt;b&gt;Trop long" in page.text


async def test_an_administrator_does_not_approve_what_they_submitted(demanding, a_campaign, state_of):
    browser, company = await demanding("admin")
    campaign_id = await a_campaign(company)
    await submitted(browser, campaign_id)

    page = await browser.get(f"/app/campaigns/{campaign_id}", **FR)
    answer = await browser.post(f"/app/campaigns/{campaign_id}/review", {"act": "approve"}, **FR)

    assert 'value="approve"' not in page.text
    assert "une autre personne l’approuve" in page.text
    assert answer.status_code == 422
    assert await state_of(company, campaign_id) == "approval"


async def test_an_administrator_launches_without_an_approval(demanding, a_campaign, state_of):
    browser, company = await demanding("admin")
    campaign_id = await a_campaign(company)
    await browser.get(f"/app/campaigns/{campaign_id}")

    await browser.post(f"/app/campaigns/{campaign_id}", {"act": "launch"})

    assert await state_of(company, campaign_id) == "running"


@pytest.mark.parametrize("role", list(Role))
async def test_only_who_may_approve_answers_a_submitted_campaign(demanding, as_another, a_campaign, state_of, role):
    browser, company = await demanding("marketing")
    campaign_id = await a_campaign(company)
    await submitted(browser, campaign_id)
    await as_another(role.value, company)
    await browser.get("/app")

    answer = await browser.post(f"/app/campaigns/{campaign_id}/review", {"act": "approve"})

    may = Right.APPROVE_CAMPAIGNS in RIGHTS[role]
    assert answer.status_code == (303 if may else 403)
    assert await state_of(company, campaign_id) == ("running" if may else "approval")


async def test_each_act_of_an_approval_is_in_the_audit_log(demanding, as_another, a_campaign):
    browser, company = await demanding("marketing")
    campaign_id = await a_campaign(company)
    await submitted(browser, campaign_id)
    await as_another("admin", company)
    await browser.get(f"/app/campaigns/{campaign_id}")
    await browser.post(f"/app/campaigns/{campaign_id}/review", {"act": "send-back", "reason": "Trop long"})

    log = (await browser.get("/app/audit")).text.partition("<tbody>")[2]

    assert "Campagne soumise à validation" in log
    assert "Campagne rendue à son auteur" in log
    assert "reason: Trop long" in log
