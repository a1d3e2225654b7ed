"""`/sign-in` and `/sign-out`."""

from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

import falcon
import falcon.asgi

from smsflow.domain.access import Right
from smsflow.errors import LoginFailed, TooManyRequests
from smsflow.runtime import new_token
from smsflow.services.accounts import sessions, sign_in
from smsflow.services.accounts.sign_in import CodeNeeded, SignedIn
from smsflow.web.console.shell import cookies, forms
from smsflow.web.console.shell.guard import check_origin
from smsflow.web.console.shell.locale import Locale
from smsflow.web.console.shell.marks import gettext
from smsflow.web.console.shell.shell import Shell, bare, page
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.http.access import Access
from smsflow.web.http.address import caller_address, is_loopback
from smsflow.web.http.forms import optional
from smsflow.web.http.forms import read as read_fields
from smsflow.web.http.request import Request
from smsflow.web.look.pages import language

_LIMIT = 65_536

# Notices of this page about where a link has led.
DONE: Final = {
    "account": gettext("Your account is ready: sign in."),
    "password": gettext("Your password has changed: sign in with the new one."),
}


class SignInPage:
    """`/sign-in`: a username and a password, then a code where a second factor is on."""

    access = Access.PUBLIC

    def __init__(self, shell: Shell) -> None:
        """Sign in to the shell's platform."""
        self._shell = shell

    async def on_get(self, req: Request, resp: falcon.asgi.Response) -> None:
        """Show the form."""
        done = req.get_param("done") or ""
        self._show(req, resp, next_=req.get_param("next") or "", kept=req.get_param("kept") or "", done=done)

    on_head = on_get

    async def on_post(self, req: Request, resp: falcon.asgi.Response) -> None:
        """Open a session and lead to where the visitor wanted to go, or show what is wrong."""
        check_origin(req)
        fields = await read_fields(req, _LIMIT)
        given = {
            name: optional(fields, name) or "" for name in ("username", "password", "code", "pending", "next", "kept")
        }
        address = caller_address(req, self._shell.platform.settings.trusted_proxies)
        agent = req.get_header("User-Agent") or ""
        now = self._shell.clock()
        locale = _locale(req)
        step = self._with_code if given["pending"] else self._with_password
        try:
            outcome = await step(given, address, agent, now)
        except LoginFailed:
            error = (
                locale.gettext("This code is not right. Type the one that your phone shows now, or a recovery code.")
                if given["pending"]
                else locale.gettext("The username or the password is wrong. Check the capitals, then try again.")
            )
            self._show(req, resp, status=422, error=error, given=given)
            return
        except TooManyRequests as refusal:
            minutes = -(-int(refusal.details["retry_after"]) // 60)
            resp.set_header("Retry-After", str(refusal.details["retry_after"]))
            error = locale.ngettext(
                "Too many tries. Try again in {n} minute.", "Too many tries. Try again in {n} minutes.", minutes
            )
            self._show(req, resp, status=429, error=error, given=given)
            return
        if isinstance(outcome, CodeNeeded):
            self._show(req, resp, given={**given, "pending": outcome.pending})
            return
        cookies.keep(resp, outcome.cookie, plain=self._is_plain(req))
        home = "/ops" if outcome.person.operator else "/app"
        target = local_path(given["next"]) or home
        if given["kept"] and target != home:
            target = f"{target}{'&' if '?' in target else '?'}{forms.KEPT}={given['kept']}"
        resp.status = falcon.HTTP_303
        resp.location = target

    async def _with_password(
        self, given: dict[str, str], address: str, agent: str, now: datetime
    ) -> SignedIn | CodeNeeded:
        here = self._shell.platform
        async with here.database.transaction() as tx:
            tried = await sign_in.count_username(tx, given["username"], address=address, now=now)
        # Outside of a transaction: it takes its time, and its turn.
        right = await sign_in.is_right(tried, given["password"])
        async with here.database.transaction() as tx:
            return await sign_in.admit(
                tx, tried, right=right, address=address, agent=agent, vault=here.vault, new_token=new_token, now=now
            )

    async def _with_code(self, given: dict[str, str], address: str, agent: str, now: datetime) -> SignedIn | CodeNeeded:
        here = self._shell.platform
        async with here.database.transaction() as tx:
            tried = await sign_in.count_code(tx, given["pending"], address=address, vault=here.vault, now=now)
        async with here.database.transaction() as tx:
            return await sign_in.admit_code(
                tx,
                tried,
                given["code"],
                address=address,
                agent=agent,
                vault=here.vault,
                new_token=new_token,
                now=now,
            )

    def _show(
        self,
        req: Request,
        resp: falcon.asgi.Response,
        *,
        status: int = 200,
        error: str = "",
        given: dict[str, str] | None = None,
        next_: str = "",
        kept: str = "",
        done: str = "",
    ) -> None:
        locale = _locale(req)
        given = given or {"username": "", "pending": "", "next": next_, "kept": kept}
        html = bare(
            "sign_in/page.html",
            locale,
            error=error,
            given=given,
            done=locale.gettext(DONE[done]) if done in DONE else "",
            needs_https=not self._is_safe(req) and not self._is_plain(req),
        )
        resp.status_code = status
        page(resp, html, locale.language)

    def _is_safe(self, req: Request) -> bool:
        return req.forwarded_scheme == "https" or is_loopback(req)

    def _is_plain(self, req: Request) -> bool:
        return self._shell.platform.settings.console_http and not self._is_safe(req)


class SignOutPage:
    """`/sign-out`: ends the session."""

    access = Right.SELF

    def __init__(self, shell: Shell) -> None:
        """End sessions of the shell's platform."""
        self._shell = shell

    async def on_post(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor) -> None:
        """End the session of this browser."""
        await self._shell.form(req, visitor)
        async with self._shell.platform.database.transaction() as tx:
            await sessions.end(tx, visitor.person, visitor.session)
        cookies.drop(resp)
        resp.status = falcon.HTTP_303
        resp.location = "/sign-in"


def local_path(target: str) -> str:
    """Return a path of this site to lead to after signing in; nothing for what leads elsewhere."""
    parts = urlsplit(target)
    leads_here = target.startswith("/") and not target.startswith(("//", "/\\")) and "\\" not in target
    return target if leads_here and not parts.scheme and not parts.netloc and target.isprintable() else ""


def _locale(req: Request) -> Locale:
    return Locale(language(req.get_header("Accept-Language") or ""))
