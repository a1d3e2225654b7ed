"""The guard of the console: a session for every page, the right that the page asks for, and forms only from our own pages."""

from collections.abc import Callable
from datetime import datetime
from enum import Enum
from typing import Any
from urllib.parse import quote, urlsplit

import falcon

from smsflow.domain.access import RIGHTS, Right, Role
from smsflow.runtime import Platform
from smsflow.services.accounts import companies, sessions
from smsflow.web.console.shell import cookies, forms
from smsflow.web.console.shell.locale import Locale
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.http.access import Access, Check
from smsflow.web.http.address import caller_address
from smsflow.web.http.forms import FORM
from smsflow.web.http.request import Request
from smsflow.web.look.pages import language

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class RightMissing(Exception):
    """The visitor's role lacks a right; the page says which role has it."""

    def __init__(self, visitor: Visitor, right: Right) -> None:
        """Keep who asked, and for what."""
        super().__init__(right)
        self.visitor, self.right = visitor, right


class ForeignForm(Exception):
    """A form that did not come from one of our own pages."""


class SignInNeeded(falcon.HTTPSeeOther):
    """Nobody is signed in: lead to the sign-in page, and back afterwards."""

    def __init__(self, path: str, kept: str | None = None) -> None:
        """Lead back to `path`, with what was typed under the key `kept`."""
        target = f"/sign-in?next={quote(path)}"
        super().__init__(target if kept is None else f"{target}&kept={quote(kept)}")


class Guard:
    """Checks every request of one door of the console."""

    def __init__(self, platform: Platform, clock: Callable[[], datetime], *, operators: bool) -> None:
        """Let in a company's people, or with `operators` the platform's."""
        self._platform, self._clock, self._operators = platform, clock, operators

    def __call__(self, access: Enum, method: str) -> Check | None:
        """Return the check of a right; a page that is public has none."""
        if access is Access.PUBLIC:
            return None
        if not isinstance(access, Right):
            raise LookupError(access)  # noqa: TRY004 - the router asks for it

        async def check(req: Request) -> dict[str, Any]:
            visitor = await self.visitor(req)
            if visitor is None:
                raise SignInNeeded(*await self._way_back(req))
            if visitor.person.operator is not self._operators and access is not Right.SELF:
                if self._operators:
                    raise falcon.HTTPNotFound
                raise falcon.HTTPSeeOther("/ops")
            if not visitor.may(access):
                raise RightMissing(visitor, access)
            if access is not Right.SELF and visitor.lacks_factor:
                raise falcon.HTTPSeeOther("/me/second-factor")
            if method not in _SAFE:
                check_origin(req)
            return {"visitor": visitor}

        return check

    async def visitor(self, req: Request) -> Visitor | None:
        """Return who is signed in, or None."""
        cookie = cookies.session_of(req)
        if cookie is None:
            return None
        async with self._platform.database.autocommit() as tx:
            person = await sessions.resume(tx, cookie, now=self._clock())
            if person is None:
                return None
            company = None
            if person.company_id is not None:
                company = (await companies.account(tx, person.company_id)).company
        accepted = language(req.get_header("Accept-Language") or "")
        locale = Locale(person.language or accepted, company.timezone if company else "UTC")
        address = caller_address(req, self._platform.settings.trusted_proxies)
        return Visitor(person, company, cookie, locale, address)

    async def _way_back(self, req: Request) -> tuple[str, str | None]:
        """Return where to come back to, with the key of what was typed where a form was posted by an ended session."""
        if req.method in _SAFE:
            return req.relative_uri, None
        check_origin(req)
        if not (req.content_type or "").startswith(FORM):
            return req.path, None
        kept = await forms.keep(req, self._platform, cookies.session_of(req), now=self._clock())
        return req.path, kept


def check_origin(req: Request) -> None:
    """Raise ForeignForm for a post that another site's page has sent."""
    site = req.get_header("Sec-Fetch-Site")
    if site is not None and site not in {"same-origin", "none"}:
        raise ForeignForm
    origin = req.get_header("Origin")
    # A page that hides where it is (a sandboxed frame) says `null`: then only the browser's own word counts.
    told = origin is not None and origin != "null"
    if told and urlsplit(origin or "").netloc != req.get_header("Host"):
        raise ForeignForm
    if (
        site is None
        and not told
        and not req.get_header("Referer", default="").startswith(f"{req.scheme}://{req.get_header('Host')}/")
    ):
        raise ForeignForm


def who_has(right: Right) -> list[Role]:
    """Return the roles that have a right."""
    return [role for role, rights in RIGHTS.items() if right in rights]
