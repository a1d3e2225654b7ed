"""Text that somebody typed while the session ended: each page has it again after signing in."""

import pytest

from smsflow import testing
from smsflow.services.campaigns import approval
from smsflow.services.contacts import contacts

NUMBER = "+237690000001"


@pytest.fixture
async def shop(site, a_person, a_campaign):
    """A company with its administrator, a contact, and campaigns that run, are checked and wait for an approval."""
    company = await testing.a_company(site.platform)
    await a_person("awa", company)
    async with site.platform.database.transaction() as tx:
        await contacts.put(tx, company, NUMBER, {"ville": "Kribi"}, source="manual", now=site.clock())
    checked = await a_campaign(company)
    running = await a_campaign(company, name="En cours", launched=True)
    submitted = await a_campaign(company, name="Soumise")
    async with site.platform.database.transaction() as tx:
        await approval.submit(tx, company.id, submitted, author="zoe", now=site.clock())
    return {"checked": checked, "running": running, "submitted": submitted, "number": NUMBER.lstrip("+")}


@pytest.mark.parametrize(
    ("address", "fields"),
    [
        ("/app/send", {"text": "Bonjour Limbé"}),
        ("/app/campaigns/new", {"step": "1", "name": "Soldes de Limbé"}),
        ("/app/campaigns/{checked}/edit", {"step": "2", "name": "Soldes", "text": "Bonjour Limbé"}),
        ("/app/campaigns/{submitted}/review", {"act": "send-back", "reason": "Ajoutez Limbé"}),
        ("/app/campaigns/{checked}", {"act": "test", "numbers": "690000077"}),
        ("/app/campaigns/{running}/pace", {"per_minute": "777"}),
        ("/app/contacts/{number}", {"act": "known", "new_name": "quartier_de_limbe"}),
        ("/app/templates/new", {"text": "Bonjour Limbé"}),
    ],
)
async def test_a_page_has_again_what_was_typed_when_the_session_ended(site, browser, shop, address, fields):
    address = address.format(**shop)
    await browser.sign_in("awa")
    assert (await browser.get(address)).status_code == 200
    site.clock.advance(hours=13)

    sent = await browser.post(address, fields)
    browser.cookie = None
    await browser.get(sent.headers["location"])
    back = await browser.post("/sign-in", {"username": "awa", "password": testing.PASSWORD})

    page = await browser.get(back.headers["location"])
    assert page.status_code == 200
    assert list(fields.values())[-1] in page.text
