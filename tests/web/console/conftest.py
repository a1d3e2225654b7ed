import re
from urllib.parse import urlencode

import pytest

from smsflow import runtime, testing
from smsflow.domain.access import Role
from smsflow.services.accounts import people
from smsflow.services.accounts.users import add_user

PASSWORD = testing.PASSWORD
SAME_SITE = {"Host": "falconframework.org", "Sec-Fetch-Site": "same-origin"}


class Browser:
    """A browser without scripts: it keeps its cookie, and fills forms with the hidden fields that a page has."""

    def __init__(self, site):
        self.site, self.cookie, self.page = site, None, None

    async def get(self, path, **headers):
        self.page = await self.site.ask("GET", path, headers=self._headers(headers))
        return self.page

    async def post(self, path, fields, *, hidden=True, **headers):
        sent = {**(self.hidden() if hidden and self.page is not None else {}), **fields}
        self.page = await self.site.ask(
            "POST",
            path,
            body=urlencode(sent).encode(),
            content_type="application/x-www-form-urlencoded",
            headers={name: v for name, v in {**SAME_SITE, **self._headers(headers)}.items() if v is not None},
        )
        for cookie in self.page.cookies.values():
            self.cookie = (cookie.name, cookie.value) if cookie.value else None
        return self.page

    async def sign_in(self, username, password=PASSWORD, **fields):
        await self.get("/sign-in")
        return await self.post("/sign-in", {"username": username, "password": password, **fields})

    def hidden(self):
        found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', self.page.text)
        return dict(found)

    def _headers(self, headers):
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookie is not None:
            sent["Cookie"] = "=".join(self.cookie)
        return sent


@pytest.fixture
def browser(site):
    return Browser(site)


@pytest.fixture
def a_person(site):
    """Add somebody who can sign in: `await a_person("awa", company, role="marketing")`."""

    async def add(username, company=None, *, role="admin", password=PASSWORD):
        async with site.platform.database.transaction() as tx:
            if company is None:
                return await people.add_operator(tx, username, password, role=Role(role))
            user_id = await add_user(tx, username, password, company_id=company.id, is_admin=role == "admin")
            await people.set_role(tx, company.id, user_id, Role(role)) if role != "developer" else None
            return user_id

    return add


@pytest.fixture
async def signed_in(site, browser, a_person):
    """Sign in as one of a new company's people: `browser, company = await signed_in("marketing", credits=10)`."""

    async def sign_in(role="admin", **company):
        opened = await testing.a_company(site.platform, **company)
        username = f"{role}-{runtime.new_token()[:8]}"
        await a_person(username, opened, role=role)
        answer = await browser.sign_in(username)
        assert answer.status_code == 303, answer.text
        return browser, opened

    return sign_in
