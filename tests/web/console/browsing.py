"""A person in front of the console of a running platform: with a real browser, and without one."""

import asyncio
import gzip
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import requests

from smsflow import testing
from smsflow.domain.access import Role
from smsflow.services.accounts.users import add_user, find

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
CHROMIUM_OPTIONS = {"executable_path": CHROMIUM, "args": ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]}
LANGUAGES = {"fr": "fr-FR", "en": "en-GB"}
HEIGHT = 900
PATIENCE = 60  # seconds


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can sign in."""

    username: str
    password: str


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: its type, its octets on the line with their head, and its text."""

    status: int
    content_type: str
    octets: int
    text: str


def hire(live_server, username, role, *, company=None):
    """Add somebody to a company, that of the demo unless another is given."""
    person = Person(username, testing.PASSWORD)

    async def add():
        async with live_server.platform() as platform, platform.database.transaction() as tx:
            company_id = company.id if company else (await find(tx, live_server.username)).user.company_id
            is_admin = role is Role.ADMIN
            await add_user(tx, username, person.password, company_id=company_id, is_admin=is_admin, role=role)

    _done(add())
    return person


def open_company(live_server, **values):
    """Open a company that can send through the platform's operator."""

    async def add():
        async with live_server.platform() as platform:
            return await testing.a_company(platform, **values)

    return _done(add())


def _done(work):
    # Playwright keeps a loop in this thread.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


@contextmanager
def signed_in(chromium, url, person, *, language="fr", width=1280, **options):
    """Open a page of a browser in which somebody has signed in."""
    context = chromium.new_context(locale=LANGUAGES[language], viewport={"width": width, "height": HEIGHT}, **options)
    page = context.new_page()
    if person is not None:
        page.goto(f"{url}/sign-in")
        page.fill("[name=username]", person.username)
        page.fill("[name=password]", person.password)
        page.click("button.primary")
        page.wait_for_url(re.compile(r"/(app|ops)$"))
    yield page
    context.close()


def cookie_of(url, person):
    """Sign in without a browser; return the cookie of the session."""
    answer = requests.post(
        f"{url}/sign-in",
        data={"username": person.username, "password": person.password},
        headers={"Sec-Fetch-Site": "same-origin"},
        allow_redirects=False,
        timeout=PATIENCE,
    )
    return answer.headers["set-cookie"].partition(";")[0]


def ask(address, cookie=""):
    """Ask as a browser does that takes compressed answers."""
    headers = {"Accept-Encoding": "gzip", "Cookie": cookie}
    with requests.get(address, headers=headers, stream=True, timeout=PATIENCE, allow_redirects=False) as answer:
        body = answer.raw.read()
        head = sum(len(name) + len(value) + 4 for name, value in answer.headers.items())
        packed = answer.headers.get("content-encoding") == "gzip"
        said = (gzip.decompress(body) if packed else body).decode(errors="replace")
        return Answer(answer.status_code, answer.headers.get("content-type", ""), head + len(body), said)


def upload(url, cookie, name, body):
    """Send a file of contacts by the form of the page; return the address of what was seen of it."""
    hidden = dict(
        re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', ask(f"{url}/app/imports", cookie).text)
    )
    answer = requests.post(
        f"{url}/app/imports",
        data=hidden,
        files={"file": (name, body)},
        headers={"Sec-Fetch-Site": "same-origin", "Cookie": cookie},
        allow_redirects=False,
        timeout=PATIENCE,
    )
    return answer.headers["location"]
