"""Aïcha's Friday: she imports her customers, writes to them, plans it for tomorrow at nine, watches one leave, and downloads the result.

On a phone in French as with a script, on a desk in English without any.
"""

import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from smsflow.domain.access import Role
from tests.web.console.browsing import PATIENCE, hire, open_company, signed_in

pytestmark = pytest.mark.browser

CUSTOMERS = 30
FILE = "Téléphone;Prénom;Ville\n" + "".join(f"69022{n:04};Awa;Douala\n" for n in range(CUSTOMERS)) + "12;Court;Kribi\n"
LIST = "Clientes de Douala"


@pytest.mark.parametrize(
    ("language", "width", "scripts"),
    [("fr", 390, True), ("en", 1280, False)],
    ids=["phone-with-scripts", "desk-without"],
)
def test_a_file_becomes_a_campaign_that_is_planned_paused_resumed_and_sent(
    live_server, chromium, language, width, scripts
):
    company = open_company(live_server, name=f"Boutique {language}", credits=1000, sender="KRIBI")
    aicha = hire(live_server, f"aicha-{language}", Role.ADMIN, company=company)
    with signed_in(
        chromium, live_server.url, aicha, language=language, width=width, java_script_enabled=scripts
    ) as page:
        page.set_default_timeout(PATIENCE * 1000)
        if scripts:
            page.keyboard.press("/")
            expect(page.locator("[name=q]")).to_be_focused()
        _import(page, live_server.url, scripts=scripts)
        shown = expect(page.locator("dl.figures b").nth(1))
        shown.to_have_text(str(CUSTOMERS))

        _write(page, live_server.url, "Soldes", later=True, scripts=scripts)
        press(page, "launch")
        tomorrow = datetime.now(UTC).astimezone(ZoneInfo("Africa/Douala")) + timedelta(days=1)
        expect(page.locator(".context")).to_contain_text(f"{tomorrow:%d/%m/%Y} 09:00")
        press(page, "pause")
        press(page, "resume")
        expect(act(page, "pause")).to_be_visible()

        _write(page, live_server.url, "Ouverture", later=False, scripts=scripts)
        press(page, "launch")
        until(page, lambda: page.locator(".badge.good").count() == 1, scripts=scripts)
        expect(page.locator("main")).to_contain_text(str(CUSTOMERS))
        with page.expect_download() as result:
            page.click("main a[href^='/app/export/campaign']")
        assert Path(result.value.path()).read_text("utf-8-sig").count("Awa") == CUSTOMERS

        page.goto(f"{live_server.url}/app/messages")
        expect(page.locator("tbody tr")).to_have_count(CUSTOMERS)


def _import(page, url, *, scripts):
    page.goto(f"{url}/app/imports")
    page.set_input_files("[name=file]", {"name": "clientes.csv", "mimeType": "text/csv", "buffer": FILE.encode()})
    page.click("main button.primary")
    page.fill("[name=new_list]", LIST)
    page.click("[name=act][value=start]")
    until(page, lambda: page.locator("a[download]").count() == 1, scripts=scripts)


def _write(page, url, name, *, later, scripts):
    page.goto(f"{url}/app/campaigns/new")
    page.fill("[name=name]", name)
    page.check(f"[name=lists][value='{LIST}']")
    onward(page)
    page.fill("[name=text]", "Bonjour {prenom|chère cliente}, la boutique ouvre à 9 h.")
    page.check("[name=kind][value=transactional]")
    onward(page)
    if later:
        # The form offers tomorrow at nine.
        page.check("[name=when][value=later]")
    onward(page)
    until(page, lambda: act(page, "launch").count() == 1, scripts=scripts)


def onward(page):
    page.click("[name=go][value=next]")


def act(page, name):
    return page.locator(f"main form:has(input[name=act][value={name}]) button").first


def press(page, name):
    act(page, name).click()
    page.wait_for_url(re.compile(r"\?done="))


def until(page, happened, *, scripts):
    """Wait as a person does: with scripts the page shows news by itself, without them it is loaded again."""
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline, page.locator("main").inner_text()
        page.wait_for_timeout(200)
        if not scripts:
            page.reload()
