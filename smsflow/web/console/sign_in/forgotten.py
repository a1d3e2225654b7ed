"""`/reset` asks for a link to a new password, `/reset/{token}` is that link."""

import falcon
import falcon.asgi

from smsflow.errors import NotFound, ParameterInvalid
from smsflow.runtime import mail, new_token
from smsflow.services import audit
from smsflow.services.accounts import people, resets
from smsflow.services.audit import Actor
from smsflow.web.console.shell.forms import Filled
from smsflow.web.console.shell.public import form, locale_of, no_more, show
from smsflow.web.console.shell.shell import Shell
from smsflow.web.http.access import Access
from smsflow.web.http.address import caller_address
from smsflow.web.http.request import Request


class ForgottenPage:
    """`/reset`: the answer is the same for every name, and so is the work."""

    access = Access.PUBLIC

    def __init__(self, shell: Shell) -> None:
        """Write to people of the shell's platform."""
        self._shell = shell

    async def on_get(self, req: Request, resp: falcon.asgi.Response) -> None:
        """Show the form, or whom to ask where no mail is set up."""
        self._show(req, resp, Filled())

    on_head = on_get

    async def on_post(self, req: Request, resp: falcon.asgi.Response) -> None:
        """Have a link mailed."""
        filled, locale, post = await form(req, "username"), locale_of(req), mail(self._shell.platform)
        if not filled["username"]:
            filled.wrong("username", locale.gettext("Write your username."))
        if not filled.ok or not post.carries_links:
            self._show(req, resp, filled)
            return
        async with self._shell.platform.database.transaction() as tx:
            wait = await resets.ask(
                tx,
                filled["username"],
                language=locale.language,
                address=caller_address(req, self._shell.platform.settings.trusted_proxies),
                mail=post,
                new_token=new_token,
                now=self._shell.clock(),
            )
        if wait is None:
            self._show(req, resp, filled, asked=True)
            return
        minutes = -(-wait // 60)
        filled.wrong(
            "username",
            locale.ngettext(
                "Too many tries. Try again in {n} minute.", "Too many tries. Try again in {n} minutes.", minutes
            ),
        )
        self._show(req, resp, filled)
        resp.status_code = 429
        resp.set_header("Retry-After", str(wait))

    def _show(self, req: Request, resp: falcon.asgi.Response, filled: Filled, *, asked: bool = False) -> None:
        mailed = mail(self._shell.platform).carries_links
        show(req, resp, "sign_in/forgotten.html", filled=filled, asked=asked, mailed=mailed)


class ResetPage:
    """`/reset/{token}`: chooses a new password, once."""

    access = Access.PUBLIC

    def __init__(self, shell: Shell) -> None:
        """Change passwords of the shell's platform."""
        self._shell = shell

    async def on_get(self, req: Request, resp: falcon.asgi.Response, token: str) -> None:
        """Show the form where the link works."""
        await self._show(req, resp, token, Filled())

    on_head = on_get

    async def on_post(self, req: Request, resp: falcon.asgi.Response, token: str) -> None:
        """Change the password; everything that the person had open ends."""
        filled, locale, now = await form(req, "new_password"), locale_of(req), self._shell.clock()
        async with self._shell.reading() as tx:
            if await resets.find(tx, token, now=now) is None:
                no_more(req, resp)
                return
        try:
            hashed = await people.hashed(filled.raw("new_password"))
        except ParameterInvalid:
            sentence = locale.gettext("A password has at least {least} characters.", least=people.SHORTEST_PASSWORD)
            filled.wrong("new_password", sentence)
            await self._show(req, resp, token, filled)
            return
        try:
            async with self._shell.platform.database.transaction() as tx:
                found = await resets.reset(
                    tx,
                    token,
                    password_hash=hashed,
                    mail=mail(self._shell.platform),
                    language=locale.language,
                    now=now,
                )
                address = caller_address(req, self._shell.platform.settings.trusted_proxies)
                actor = Actor(found.person.username, address, found.person.company_id)
                await audit.record(tx, actor, "password changed by a link", found.person.username, now=now)
        except NotFound:
            no_more(req, resp)
            return
        raise falcon.HTTPSeeOther("/sign-in?done=password")

    async def _show(self, req: Request, resp: falcon.asgi.Response, token: str, filled: Filled) -> None:
        async with self._shell.reading() as tx:
            found = await resets.find(tx, token, now=self._shell.clock())
        if found is None:
            no_more(req, resp)
        else:
            show(req, resp, "sign_in/reset.html", filled=filled, token=token, person=found.person)
