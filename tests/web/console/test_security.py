"""Texts of people, files and operators are shown and never run; every page says so to the browser; no form breaks a page."""

import asyncio
import csv
import html
import io
import re
from urllib.parse import quote, urljoin, urlsplit

import pytest
import uvicorn
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from playwright.async_api import async_playwright

from smsflow import testing
from smsflow.web.console import pages
from smsflow.web.console.app.jobs.kinds import KINDS
from smsflow.web.serve import create
from tests.machine import free_port
from tests.waiting import until
from tests.web.console.browsing import CHROMIUM_OPTIONS
from tests.web.console.conftest import Browser
from tests.web.console.planted import lose_a_bind, plant

_FIELD = re.compile(r"{(\w+)[^}]*}")
# Short, because a name of a company or a campaign is; each place has its own, so that one that is never shown is missed.
PLACES: dict[str, str] = {}


# The texts of a page that somebody wrote and that a browser's translation would change.
UNMARKED = """() => {
  const found = [], texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode;
    if (text.data.includes('<i id=p') && !text.parentElement.closest('[translate=no], svg')) found.push(text.data.slice(0, 60));
  }
  return found;
}"""


def evil(place):
    """Return markup that would be an element of its own, and an alert, for one place."""
    PLACES.setdefault(place, f"<i id=p{len(PLACES)}>\"'><img src=x onerror=alert(1)><script>alert(2)</script>")
    return PLACES[place]


def formula(place):
    return f"=1+1|{place}"


def addresses(ids):
    return [_FIELD.sub(lambda f: ids.get(f[1], "1"), address) for address in pages.APP]


def everybodys_pages():
    """The pages of signing in and of one's own account, links to them filled with what is no link, but for files."""
    return [_FIELD.sub("x", a) for a in pages.EVERYBODY if not a.startswith("/console") and a not in _POSTED_ALONE]


_POSTED_ALONE = ("/sign-out", "/me/sessions")


@pytest.mark.browser
async def test_nothing_that_anybody_wrote_runs_on_any_page(site):
    planted = await plant(site.platform, evil)
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(
            create(site.platform, None, clock=site.clock),
            port=port,
            log_level="error",
            lifespan="off",
            interface="asgi3",
        )
    )
    serving = asyncio.create_task(server.serve())
    try:
        async with site.platform.database.autocommit() as held, async_playwright() as playwright:
            await lose_a_bind(held, planted, evil)
            chromium = await playwright.chromium.launch(**CHROMIUM_OPTIONS)
            page = await chromium.new_page()
            harm, unmarked, shown = [], [], {}
            page.on(
                "dialog", lambda dialog: (harm.append(("dialog", page.url)), asyncio.ensure_future(dialog.dismiss()))
            )
            page.on(
                "console", lambda said: harm.append((said.text, page.url)) if "Content Security" in said.text else None
            )
            page.on("pageerror", lambda error: harm.append((str(error), page.url)))
            base = f"http://127.0.0.1:{port}"
            for username, start in (
                (planted.username, company_pages(planted)),
                (planted.operator, [*pages.OPS, "/me"]),
            ):
                await page.context.clear_cookies()
                await _sign_in(page, base, username, server)
                async for url, source in _walk(page, base, start):
                    shown[username, url] = source
                    unmarked += [(url, text) for text in await page.evaluate(UNMARKED)]
                    assert await page.locator("main [id^=p][id]:is(i), main img[src=x], main script").count() == 0, url
            await chromium.close()
    finally:
        server.should_exit = True
        await serving

    assert (harm, unmarked) == ([], [])
    everything = "\n".join(shown.values())
    unseen = [
        place
        for place, text in PLACES.items()
        if html.escape(text) not in everything and str(escape(text)) not in everything
    ]
    assert unseen == [], f"planted, and shown on no page of {len(shown)}"


def escape(text):
    return html.escape(text).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")


async def _sign_in(page, base, username, server):
    await until(lambda: server.started)
    await page.goto(f"{base}/sign-in")
    await page.fill("[name=username]", username)
    await page.fill("[name=password]", testing.PASSWORD)
    await page.click("main button")
    await page.wait_for_url(re.compile(r"/(app|ops)$"))


def company_pages(planted):
    """Every page of a company, and those that an evil question leads to."""
    wrong = quote(evil("asked"))
    asked = [f"/app/{p}?q={wrong}" for p in ("search", "messages", "contacts", "opt-outs", "inbox")]
    imported = f"/app/imports/{int(planted.ids['import_id']) - 1}"
    return [*addresses(planted.ids), *asked, "/me", "/me/second-factor", f"/app/{wrong}", imported]


async def _walk(page, base, start):
    """Open these pages, and those that they link to within the site, each once; yield its address and its source."""
    waiting, seen, asked = [*start], set(), {a for a in start if "?" in a}
    while waiting:
        address = waiting.pop(0)
        path = urlsplit(address).path
        if (path in seen and address not in asked) or re.search(
            r"/(export|file|refused|tables|statement|document)\b", path
        ):
            continue
        seen.add(path)
        answer = await page.goto(base + address)
        assert answer.status < 500, address
        yield address, await answer.text()
        links = await page.eval_on_selector_all(
            "main a[href^='/app'], main a[href^='/ops']", "all => all.map(a => a.getAttribute('href'))"
        )
        waiting += [urljoin(address, link) for link in links]


async def test_no_cell_of_any_file_is_a_formula(site):
    planted = await plant(site.platform, formula)
    browser = Browser(site)
    await browser.sign_in(planted.username)
    asked = {
        "statement": f"?month={site.clock.local():%Y-%m}",
        "campaign": f"?campaign={planted.ids['campaign_id']}",
    }
    files = [f"/app/export/{kind}{asked.get(kind, '')}" for kind in KINDS]
    files += [f"/app/imports/{int(planted.ids['import_id']) - 1}/refused"]

    for address in files:
        answer = await browser.get(address)
        assert answer.status_code == 200, address
        cells = [c for row in csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";") for c in row]
        assert not [c for c in cells if c[:1] in set("=+-@\t\r") and not re.fullmatch(r"-?\d+", c)], address
        assert answer.headers["x-content-type-options"] == "nosniff", address
        assert answer.headers["content-disposition"].startswith("attachment"), address


async def test_every_page_forbids_frames_and_whatever_is_not_ours(site):
    planted = await plant(site.platform, str)
    browser, operator = Browser(site), Browser(site)
    await browser.sign_in(planted.username)
    await operator.sign_in(planted.operator)
    own = [*addresses(planted.ids), *everybodys_pages(), "/app/nowhere", "/app/messages/x"]

    for address in [*own, *pages.OPS]:
        answer = await (operator if address in pages.OPS else browser).get(address)
        if answer.status_code in range(300, 400) or not answer.headers["content-type"].startswith("text/html"):
            continue
        policy = dict(part.split(maxsplit=1) for part in answer.headers["content-security-policy"].split("; "))
        assert policy["default-src"] in ("'self'", "'none'"), address
        assert (policy["frame-ancestors"], policy["base-uri"]) == ("'none'", "'none'"), address
        assert not {"'unsafe-inline'", "'unsafe-eval'", "*"} & set(answer.headers["content-security-policy"].split()), (
            address
        )
        assert answer.headers["x-frame-options"] == "DENY", address
        assert answer.headers["x-content-type-options"] == "nosniff", address
        assert answer.headers["cache-control"] == "no-store", address
        assert not re.search(r"<script(?![^>]*src=)|\son\w+=\"|style=\"|javascript:", answer.text), address


@pytest.mark.parametrize(
    ("token", "headers"),
    [(False, {}), (True, {"Sec_Fetch_Site": "cross-site"})],
    ids=["without token", "from elsewhere"],
)
async def test_no_form_of_any_address_acts_without_its_token_or_for_another_site(site, token, headers):
    planted = await plant(site.platform, str)
    browser = Browser(site)
    await browser.sign_in(planted.username)
    await browser.get("/app/contacts")
    hidden = browser.hidden() if token else {}
    posts = [a for a, page in {**pages.APP, **pages.EVERYBODY, **pages.OPS}.items() if hasattr(page, "on_post")]

    for address in posts:
        if address in _BEFORE_SIGNING_IN or address.startswith("/ops"):
            continue
        answer = await browser.post(
            _FIELD.sub(lambda f: planted.ids.get(f[1], "1"), address), hidden, hidden=False, **headers
        )
        assert answer.status_code == 403, address
    assert len(posts) > 25
    assert (await browser.get("/me")).status_code == 200


# Those of somebody who has no session yet: `test_sign_in_attacked.py` has other sites' forms of them.
_BEFORE_SIGNING_IN = {"/sign-in", "/reset", "/reset/{token}", "/invitations/{token}"}

_TYPED = st.one_of(
    st.sampled_from(
        [
            "",
            "1",
            "-1",
            "0",
            "9" * 30,
            "é",
            "\x00",
            "%00",
            "\ud83d",
            "a\r\nb",
            "2026-13-45T99:99",
            "{",
            "{stop}",
            "'",
            "on",
        ]
    ),
    st.text(max_size=30),
)


def test_no_form_of_any_page_breaks_whatever_is_typed(open_site):
    """Every form that a page has, with what it offers and with what nobody should type."""
    with asyncio.Runner() as runner:
        opened = open_site()
        site = runner.run(opened.__aenter__())
        planted = runner.run(plant(site.platform, str))
        browser = Browser(site)
        runner.run(browser.sign_in(planted.username))
        forms = runner.run(_forms(browser, planted))

        @settings(max_examples=15, phases=(Phase.generate,), suppress_health_check=list(HealthCheck))
        @given(st.data())
        def at_random(data):
            for address, offered in forms.items():
                fields = {
                    name: data.draw(st.one_of(st.sampled_from(values), _TYPED)) for name, values in offered.items()
                }
                sent = {n: v.encode("utf-8", "replace").decode() for n, v in fields.items()} | {"_token": browser.token}
                answer = runner.run(browser.post(address, sent, hidden=False))
                assert answer.status_code < 500, (address, fields)
                if answer.headers.get("location", "").startswith("/sign-in"):
                    pytest.fail(f"{address} has ended the session: {fields}")

        try:
            at_random()
        finally:
            runner.run(opened.__aexit__(None, None, None))

    assert len(forms) > 15


async def _forms(browser, planted):
    """Return the fields of each form by the address that it is sent to, each with the values that it offers."""
    found = {
        "/reset": {"username": [planted.username]},
        "/sign-in": {"username": [""], "password": [""], "code": [""], "next": ["/app"]},
    }
    for address in [*addresses(planted.ids), "/me", "/me/second-factor"]:
        page = await browser.get(address)
        if not page.headers.get("content-type", "").startswith("text/html"):
            continue
        for form in re.findall(r'<form method="post"[^>]*>.*?</form>', page.text, re.DOTALL):
            to = re.match(r'<form method="post"(?: action="([^"]*)")?', form)[1] or address
            if to in ("/sign-out", "/me/sessions") or "multipart/form-data" in form:
                continue
            fields = found.setdefault(to, {})
            for tag in re.findall(r"<(?:input|select|textarea|button)\b[^>]*>", form):
                name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
                if name and name[1] not in ("_token", "_key"):
                    fields.setdefault(name[1], []).append(html.unescape(value[1]) if value else "")
    await browser.get("/app/contacts")
    browser.token = browser.hidden()["_token"]
    return found
