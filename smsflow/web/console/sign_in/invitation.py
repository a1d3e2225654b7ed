"""`/invitations/{token}`: somebody who was invited makes an account of their own."""

import falcon
import falcon.asgi

from smsflow.errors import AlreadyExists, NotFound, ParameterInvalid
from smsflow.services import audit
from smsflow.services.accounts import invitations, people
from smsflow.services.audit import Actor
from smsflow.web.console.shell.forms import Filled
from smsflow.web.console.shell.public import form, locale_of, no_more, show
from smsflow.web.console.shell.roles import role_name
from smsflow.web.console.shell.shell import Shell
from smsflow.web.http.access import Access
from smsflow.web.http.address import caller_address
from smsflow.web.http.request import Request

_LONGEST_USERNAME, _LONGEST_NAME = 150, 80


class InvitationPage:
    """An invitation, good once within seven days."""

    access = Access.PUBLIC

    def __init__(self, shell: Shell) -> None:
        """Make accounts of the shell's platform."""
        self._shell = shell

    async def on_get(self, req: Request, resp: falcon.asgi.Response, token: str) -> None:
        """Show the form where the link works."""
        await self._show(req, resp, token, Filled())

    on_head = on_get

    async def on_post(self, req: Request, resp: falcon.asgi.Response, token: str) -> None:
        """Make the account, and lead to where one signs in."""
        filled, now = await form(req, "username", "full_name", "new_password"), self._shell.clock()
        async with self._shell.reading() as tx:
            if await invitations.find(tx, token, now=now) is None:
                no_more(req, resp)
                return
        hashed = await self._checked(req, filled)
        if not filled.ok:
            await self._show(req, resp, token, filled)
            return
        try:
            async with self._shell.platform.database.transaction() as tx:
                used = await invitations.accept(
                    tx,
                    token,
                    username=filled["username"],
                    full_name=filled["full_name"],
                    password_hash=hashed,
                    language=locale_of(req).language,
                    now=now,
                )
                address = caller_address(req, self._shell.platform.settings.trusted_proxies)
                actor = Actor(filled["username"], address, used.company_id)
                after = {"role": used.role, "invited by": used.author}
                await audit.record(tx, actor, "invitation accepted", filled["username"], after=after, now=now)
        except NotFound:
            no_more(req, resp)
            return
        except AlreadyExists:
            filled.wrong("username", locale_of(req).gettext("This username is taken. Choose another one."))
            await self._show(req, resp, token, filled)
            return
        raise falcon.HTTPSeeOther("/sign-in?done=account")

    async def _checked(self, req: Request, filled: Filled) -> str:
        """Note what is wrong; return the hash of the password where nothing is."""
        _ = locale_of(req).gettext
        username, full_name = filled["username"], filled["full_name"]
        if not username or len(username) > _LONGEST_USERNAME or not username.isprintable():
            sentence = _("Write a username of 1 to {most} characters in one line.", most=_LONGEST_USERNAME)
            filled.wrong("username", sentence)
        if len(full_name) > _LONGEST_NAME or not full_name.isprintable():
            sentence = _("Write your name in one line of at most {most} characters.", most=_LONGEST_NAME)
            filled.wrong("full_name", sentence)
        try:
            return await people.hashed(filled.raw("new_password"))
        except ParameterInvalid:
            sentence = _("A password has at least {least} characters.", least=people.SHORTEST_PASSWORD)
            filled.wrong("new_password", sentence)
            return ""

    async def _show(self, req: Request, resp: falcon.asgi.Response, token: str, filled: Filled) -> None:
        async with self._shell.reading() as tx:
            found = await invitations.find(tx, token, now=self._shell.clock())
        if found is None:
            no_more(req, resp)
            return
        invitation, company = found
        show(
            req,
            resp,
            "sign_in/invitation.html",
            filled=filled,
            token=token,
            company=company.name,
            author=invitation.author,
            role=role_name(locale_of(req), invitation.role),
        )
