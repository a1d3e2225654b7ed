"""Mail about a campaign that waits for an approval."""

import pytest

from smsflow.runtime import mail
from smsflow.store.mail import claim
from smsflow.store.postgres.transactions import text
from tests.web.console.conftest import Browser

EMAILS = text("UPDATE account_user SET email = username || '@example.com'")


@pytest.fixture
async def site(open_site):
    async with open_site(smtp_url="smtp://127.0.0.1:1", public_url="https://sms.example.com") as site:
        yield site


async def mailed(site):
    letters, now = [], site.clock()
    async with site.platform.database.transaction() as tx:
        while (found := await claim(tx, now=now, leased_until=now.replace(year=2100))) is not None:
            letters.append(mail(site.platform).opened(found))
    return {found.to: found for found in letters}


async def test_approvers_get_mail_about_a_submission_and_authors_about_its_outcome(
    site, signed_in, a_person, a_campaign
):
    browser, company = await signed_in("marketing")
    await a_person("clarisse", company, role="approver")
    await a_person("reader", company, role="reader")
    async with site.platform.database.transaction() as tx:
        await tx.execute(EMAILS)
    campaign_id = await a_campaign(company)
    await browser.get(f"/app/campaigns/{campaign_id}")
    await browser.post(f"/app/campaigns/{campaign_id}", {"act": "submit"})

    asked = await mailed(site)
    approver = Browser(site)
    await approver.sign_in("clarisse")
    await approver.get(f"/app/campaigns/{campaign_id}")
    await approver.post(f"/app/campaigns/{campaign_id}/review", {"act": "send-back", "reason": "Trop long"})
    (answer,) = (await mailed(site)).values()

    assert set(asked) == {"clarisse@example.com"}
    assert f"https://sms.example.com/app/campaigns/{campaign_id}" in asked["clarisse@example.com"].text
    assert answer.to.startswith("marketing-")
    assert "Trop long" in answer.text
