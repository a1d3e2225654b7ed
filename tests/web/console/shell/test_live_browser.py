"""A live page in a browser: it shows news without being loaded again, by events alone, and by asking where these are cut."""

import re

import pytest
import requests
from playwright.sync_api import expect, sync_playwright

from tests.web.console.browsing import CHROMIUM_OPTIONS, PATIENCE, Person, ask, cookie_of, signed_in

pytestmark = pytest.mark.browser

STAMP = "document.body.dataset.loaded = 'once'"
RUNNING = re.compile(r'<a href="(/app/campaigns/\d+)"[^>]*>Nouveaux horaires')


@pytest.fixture(scope="module")
def demo(live_server):
    return Person(live_server.username, live_server.password)


@pytest.fixture(scope="module")
def address(live_server, demo):
    """The page of the demo's campaign that runs for half an hour."""
    return (
        live_server.url
        + RUNNING.search(ask(f"{live_server.url}/app/campaigns", cookie_of(live_server.url, demo)).text)[1]
    )


@pytest.fixture
def page(live_server, demo):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**CHROMIUM_OPTIONS)
        with signed_in(browser, live_server.url, demo) as opened:
            opened.set_default_timeout(PATIENCE * 1000)
            yield opened
        browser.close()


def act(live_server, demo, address, name):
    """Do something to the campaign as somebody else does, at another desk."""
    cookie = cookie_of(live_server.url, demo)
    hidden = dict(re.findall(r'<input type="hidden" name="(_\w+)" value="([^"]*)">', ask(address, cookie).text))
    headers = {"Sec-Fetch-Site": "same-origin", "Cookie": cookie}
    data = {**hidden, "act": name}
    answer = requests.post(address, data=data, headers=headers, allow_redirects=False, timeout=PATIENCE)
    assert answer.status_code == 303, answer.text


def shows(page, state):
    expect(page.locator(".head .badge")).to_contain_text(state, timeout=15 * 1000)
    assert page.evaluate("document.body.dataset.loaded") == "once", "the page was loaded again"


def test_an_event_alone_brings_the_news(live_server, demo, address, page):
    # No timer of the page fires: what asks for the page is an event of the server.
    page.clock.install()
    page.goto(address)
    page.clock.pause_at(page.evaluate("Date.now()") + 1000)
    page.evaluate(STAMP)

    for name, state in (("pause", "En pause"), ("resume", "En cours")):
        act(live_server, demo, address, name)
        shows(page, state)


def test_a_page_whose_stream_is_cut_asks_by_itself(live_server, demo, address, page):
    cut = []

    def stream(route):
        cut.append(route)
        if len(cut) == 1:
            route.fulfill(status=200, content_type="text/event-stream", body=": open\n\n")
        else:
            route.abort()

    page.route("**/app/live?*", stream)
    page.goto(address)
    page.evaluate(STAMP)

    for name, state in (("pause", "En pause"), ("resume", "En cours")):
        act(live_server, demo, address, name)
        shows(page, state)
    assert cut
