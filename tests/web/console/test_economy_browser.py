"""The economy version below a message: each change marked, taken by one click, undone by another, and what it saves over all recipients."""

import pytest
from playwright.sync_api import expect, sync_playwright

from smsflow.domain import economy, segments
from smsflow.domain.access import Role
from tests.web.console.browsing import CHROMIUM_OPTIONS, PATIENCE, hire, open_company, signed_in

pytestmark = pytest.mark.browser

# ê, ’, «, », an ellipsis, a no-break space and an invisible one: two segments that could be one.
TEXT = "La fête de l’été : «\u00a0tout à moitié prix\u00a0» ce samedi… Bienvenue à la boutique d’Akwa, derrière\u200b la pharmacie."
NUMBERS = "\n".join(f"69000000{n}" for n in range(5))
COUNTS = [segments.count(text) for text in (TEXT, economy.economy(TEXT))]


@pytest.fixture(scope="module")
def aicha(live_server):
    company = open_company(live_server, name="Boutique Akwa", credits=100, sender="AKWA")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**CHROMIUM_OPTIONS)
        person = hire(live_server, "aicha-akwa", Role.MARKETING, company=company)
        with signed_in(browser, live_server.url, person) as page:
            page.set_default_timeout(PATIENCE * 1000)
            yield page
        browser.close()


def marks(page, place):
    return page.locator("#economy .bubble").nth(place).locator("mark").all_inner_texts()


def test_each_change_is_marked_and_one_click_takes_them_all_and_another_gives_them_back(live_server, aicha):
    aicha.goto(f"{live_server.url}/app/send")
    aicha.fill("[name=text]", TEXT)
    changes = economy.changes(TEXT)

    expect(aicha.locator("#economy h2")).to_have_text("Version économique : 1 au lieu de 2 par SMS, en segments")
    assert COUNTS == [2, 1]
    assert marks(aicha, 0) == [TEXT[c.start : c.end] for c in changes]
    # A character that goes is marked by a dot.
    assert marks(aicha, 1) == [c.spelling or "·" for c in changes]

    take, back = aicha.locator("#economy button").all()
    take.click()
    expect(aicha.locator("[name=text]")).to_have_value(economy.economy(TEXT))
    expect(aicha.locator("#counter")).to_contain_text("Alphabet GSM")
    expect(take).to_be_hidden()

    back.click()
    expect(aicha.locator("[name=text]")).to_have_value(TEXT)
    expect(aicha.locator("#counter")).to_contain_text("Unicode")
    expect(back).to_be_hidden()


def test_the_saving_is_shown_over_all_recipients(live_server, aicha):
    saved = "Version économique : 1 au lieu de 2 par SMS, 5 crédits de moins pour 5 destinataires"
    aicha.goto(f"{live_server.url}/app/send")
    aicha.fill("[name=text]", TEXT)

    aicha.fill("[name=to]", NUMBERS)
    expect(aicha.locator("#economy h2")).to_have_text(saved)

    aicha.goto(f"{live_server.url}/app/campaigns/new")
    aicha.fill("[name=name]", "Fête")
    aicha.fill("[name=numbers]", NUMBERS)
    aicha.click("[name=go][value=next]")
    aicha.fill("[name=text]", TEXT)
    expect(aicha.locator("#economy h2")).to_have_text(saved)


def test_a_text_that_would_not_be_cheaper_is_left_alone(live_server, aicha):
    aicha.goto(f"{live_server.url}/app/send")

    aicha.fill("[name=text]", "La fête de l’été")

    expect(aicha.locator("#counter")).to_contain_text("16")
    expect(aicha.locator("#economy")).to_be_hidden()
