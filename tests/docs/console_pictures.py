"""The pictures of docs/console.md, taken of the demo: `script/screenshots`, after a change that shows."""

import base64
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import sync_playwright

from smsflow.domain.access import Role
from tests.live import LiveServer
from tests.web.console.browsing import CHROMIUM_OPTIONS, PATIENCE, Person, cookie_of, hire, signed_in, upload

HERE = Path(__file__).parents[2] / "docs" / "console"
DESK, PHONE = 1280, 390
FILE = "Téléphone;Prénom;Ville\n" + "".join(f"69022{n:04};Awa;Douala\n" for n in range(18)) + "12;Court;Kribi\n"
TEXT = "Bonjour {prenom|chère cliente}, les soldes commencent samedi à 9 h. Même les bottes d'hiver sont à moitié prix."
QUALITY = 40
HIGHEST = 760  # pixels


def main():
    """Start a demo, go through it as its people do, and keep what they see."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="smsflow-pictures-")))
        # PostgreSQL does not run as root.
        directory.chmod(0o755)
        server = LiveServer(directory)
        stack.callback(lambda: server.process is not None and server.stop())
        server.start()
        browser = stack.enter_context(sync_playwright()).chromium.launch(**CHROMIUM_OPTIONS)
        _take(server, browser)
        browser.close()


def _take(server, browser):
    demo = Person(server.username, server.password)
    upload(server.url, cookie_of(server.url, demo), "clientes-novembre.csv", FILE.encode())
    with signed_in(browser, server.url, None, width=PHONE) as page:
        page.goto(f"{server.url}/sign-in")
        keep(page, "connexion")
    with signed_in(browser, server.url, demo, width=DESK) as page:
        page.set_default_timeout(PATIENCE * 1000)
        visit(page, server, "/app", "tableau-de-bord")
        page.goto(f"{server.url}/app/imports")
        _open(page, "tbody a >> nth=0")
        keep(page, "import")
        _write(page, server)
        visit(page, server, "/app/messages?status=4", "journal")
        _open(page, "tbody a >> nth=1")
        keep(page, "message")
        _wait_for_a_stop(page, server)
        keep(page, "desinscriptions")
        visit(page, server, "/app/team", "equipe")
    with signed_in(browser, server.url, demo, width=PHONE) as page:
        page.set_default_timeout(PATIENCE * 1000)
        page.goto(f"{server.url}/app/campaigns")
        _open(page, "tbody a:has-text('Nouveaux horaires')")
        keep(page, "campagne")
        visit(page, server, "/app/send", "envoyer")
        visit(page, server, "/app/inbox", "reception")
    with signed_in(browser, server.url, hire(server, "mireille", Role.ACCOUNTANT), width=DESK) as page:
        visit(page, server, "/app/credits", "credits")


def _write(page, server):
    """Write a campaign as far as the page that says what it costs."""
    page.goto(f"{server.url}/app/campaigns/new")
    page.fill("[name=name]", "Soldes de novembre")
    page.check("[name=lists] >> nth=0")
    page.click("[name=go][value=next]")
    page.fill("[name=text]", TEXT)
    page.wait_for_selector("#economy:not([hidden])")
    keep(page, "ecrire")
    page.click("[name=go][value=next]")
    page.check("[name=when][value=later]")
    page.click("[name=go][value=next]")
    page.wait_for_selector("form:has([name=act][value=launch]) button")
    keep(page, "verifier")


def _wait_for_a_stop(page, server):
    """Look at the opt-outs until that of a handset is among them."""
    page.goto(f"{server.url}/app/opt-outs")
    deadline = time.monotonic() + PATIENCE
    while not page.get_by_role("cell", name="STOP par SMS").count():
        assert time.monotonic() < deadline, "no handset said STOP"
        page.wait_for_timeout(500)
        page.reload()


def _open(page, link):
    with page.expect_navigation():
        page.click(link)


def visit(page, server, address, name):
    page.goto(server.url + address)
    keep(page, name)


def keep(page, name):
    """Keep what a reader sees first, as a picture that weighs little."""
    session = page.context.new_cdp_session(page)
    size = page.viewport_size
    clip = {
        "x": 0,
        "y": 0,
        "width": size["width"],
        "height": min(size["height"], size["width"] * 2, HIGHEST),
        "scale": 1,
    }
    taken = session.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY, "clip": clip})
    (HERE / f"{name}.webp").write_bytes(base64.b64decode(taken["data"]))


if __name__ == "__main__":
    main()
