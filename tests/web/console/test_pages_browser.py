"""Every page of the demo that a link leads to: axe finds nothing, none is wider than its window, and none is heavy."""

import itertools
import re
from collections import Counter
from dataclasses import dataclass

import pytest
from axe_playwright_python.base import AXE_FILE_PATH

from smsflow.cli.processes import demo
from smsflow.domain.access import Role
from tests.web.console.browsing import HEIGHT, LANGUAGES, Person, ask, cookie_of, hire, signed_in, upload

pytestmark = pytest.mark.browser

# The smallest phone and a usual one, tablets, where the navigation takes the room beside a table, and a desk.
WIDTHS = (320, 390, 640, 768, 900, 1024, 1280)
ALONE = ("/", "/sign-in", "/s/nothing-here")
FILE = "Téléphone;Prénom\n690000001;Awa\n12;Court\n".encode()
# Of pages that differ in nothing but an id this many, and one of those that differ in a filter.
OF_EACH = 2

# Only what is wrong comes back: all that axe has looked at is megabytes.
AXE = """axe.run({ resultTypes: ['violations'] })
  .then((result) => result.violations.map((broken) => [broken.id, broken.nodes[0].html.slice(0, 120)]))"""

KB = 1024
FIRST_VISIT, LATER = 60 * KB, 15 * KB

_ID = re.compile(r"/(?:SMS)?\d+|=[^&]*")
# The next page of a table is like its first.
_LINK = re.compile(r'<a [^>]*?href="((?:/app|/me|/ops)(?:[/?](?:(?![?&;](?:before|after)=)[^"#])*)?)"')
_FILE = re.compile(r'(?:href|src)="(/(?:static|console)/[^"#]+)')


@dataclass(frozen=True)
class Way:
    """An address as somebody sees it, and what its page is on the line."""

    who: Person | None
    address: str
    octets: int
    html: str


@pytest.fixture(scope="module")
def accountant(live_server):
    return hire(live_server, "mireille", Role.ACCOUNTANT)


@pytest.fixture(scope="module")
def ways(live_server, accountant):
    """The way to every page that there is."""
    url, admin = live_server.url, Person(live_server.username, live_server.password)
    operator = Person(demo.OPERATOR, (live_server.directory / "data" / "demo_operator_password").read_text().strip())
    upload(url, cookie_of(url, admin), "salon.csv", FILE)
    return [
        *walked(url, None, ALONE),
        *walked(url, admin, ["/app", "/app#navigation", "/app/nothing-here", "/app/search?q=a"]),
        *walked(url, accountant, ["/app", "/app/team"], further=False),
        *walked(url, operator, ["/ops"]),
    ]


def walked(url, who, start, *, further=True):
    """Yield the pages at these addresses, and those that their links lead to."""
    cookie = "" if who is None else cookie_of(url, who)
    waiting, seen, like = [*start], {*start}, Counter()
    while waiting:
        address = waiting.pop(0)
        answer = ask(url + address, cookie)
        if not answer.content_type.startswith("text/html") or not answer.text:
            continue
        yield Way(who, address, answer.octets, answer.text)
        for link in _LINK.findall(answer.text) if further else ():
            to, kind = link.replace("&amp;", "&"), _ID.sub("/…", link)
            if to not in seen and like[kind] < (1 if "?" in kind else OF_EACH):
                like[kind] += 1
                seen.add(to)
                waiting.append(to)


def test_links_lead_to_every_page(ways):
    seen = {way.address for way in ways}

    assert {"/sign-in", "/app/campaigns", "/app/messages", "/app/imports", "/app/contacts", "/ops", "/me"} <= seen
    assert len(seen) > 40


_SPILLED = """[...document.querySelectorAll(".columns > :not(.hidden)")].filter(column => column.scrollWidth > column.clientWidth + 1)
    .map(column => column.innerText.slice(0, 40))"""


# Markup, names and contrast are those of the other language and width too. Two tests rather than one: on a busy machine each has its time.
@pytest.mark.parametrize(("language", "width"), [("fr", 390), ("en", 1280)])
def test_axe_finds_nothing(live_server, ways, chromium, language, width):
    found = []
    for who, some in itertools.groupby(ways, key=lambda way: way.who):
        with signed_in(chromium, live_server.url, who, language=language, width=width) as page:
            page.context.add_init_script(path=AXE_FILE_PATH)
            for way in some:
                page.goto(live_server.url + way.address)
                found += [(way.address, *broken) for broken in page.evaluate(AXE)]

    assert found == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_is_wider_than_its_window_or_column(live_server, ways, chromium, language):
    wide = []
    for who, some in itertools.groupby(ways, key=lambda way: way.who):
        with signed_in(chromium, live_server.url, who, language=language) as page:
            for way in some:
                page.goto(live_server.url + way.address)
                for width in WIDTHS:
                    page.set_viewport_size({"width": width, "height": HEIGHT})
                    if page.evaluate("document.documentElement.scrollWidth") > width:
                        wide.append((way.address, width))
                    wide += [(way.address, width, what) for what in page.evaluate(_SPILLED)]

    assert wide == []


def test_a_page_is_light_at_the_first_visit_and_lighter_after_it(live_server, ways):
    files = {file: ask(live_server.url + file).octets for way in ways for file in _FILE.findall(way.html)}
    heavy = []
    for way in ways:
        first = way.octets + sum(files[file] for file in {*_FILE.findall(way.html)})
        if way.octets > LATER or first > FIRST_VISIT:
            heavy.append((way.address, way.octets, first))

    assert heavy == []
