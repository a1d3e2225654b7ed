"""`/me`: one's own name, language, password and sessions."""

import falcon.asgi

from smsflow.domain.access import Right
from smsflow.errors import LoginFailed, ParameterInvalid
from smsflow.services import audit
from smsflow.services.accounts import people, sessions
from smsflow.web.console.shell.browsers import browser_of
from smsflow.web.console.shell.forms import Filled
from smsflow.web.console.shell.shell import Shell
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.http.request import Request

_NAME_LENGTH, _EMAIL_LENGTH = 80, 200


class Me:
    """`/me`: the name, mail address and language of the person."""

    access = Right.SELF

    def __init__(self, shell: Shell) -> None:
        """Show people of the shell's platform."""
        self._shell = shell

    async def on_get(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor) -> None:
        """Show the page."""
        await self._show(req, resp, visitor, await self._shell.kept(req, visitor))

    on_head = on_get

    async def on_post(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor) -> None:
        """Change name, mail and language."""
        filled, locale = await self._shell.form(req, visitor), visitor.locale
        if len(filled["full_name"]) > _NAME_LENGTH or not filled["full_name"].isprintable():
            filled.wrong(
                "full_name",
                locale.gettext("Write your name in one line of at most {most} characters.", most=_NAME_LENGTH),
            )
        if filled["email"] and ("@" not in filled["email"] or len(filled["email"]) > _EMAIL_LENGTH):
            filled.wrong("email", locale.gettext("Write an address such as awa@example.com, or nothing."))
        if not filled.ok:
            await self._show(req, resp, visitor, filled)
            return
        chosen = filled["language"] if filled["language"] in {"fr", "en"} else None
        async with self._shell.act(visitor, filled, "/me?done=1") as act:
            await people.set_profile(
                act.tx, visitor.person, full_name=filled["full_name"], email=filled["email"] or None, language=chosen
            )
            await audit.record(
                act.tx,
                visitor.actor,
                "profile changed",
                visitor.person.username,
                before={"name": visitor.person.full_name, "language": visitor.person.language},
                after={"name": filled["full_name"], "language": chosen},
                now=self._shell.clock(),
            )

    async def _show(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor, filled: Filled) -> None:
        async with self._shell.reading() as tx:
            own = await sessions.list_of(tx, visitor.person, now=self._shell.clock())
        await self._shell.show(
            req,
            resp,
            visitor,
            "sign_in/me.html",
            filled=filled,
            sessions=own,
            present=sessions.name_of(visitor.session),
            browser_of=browser_of,
        )


class MyPassword:
    """`/me/password`: a new password."""

    access = Right.SELF

    def __init__(self, shell: Shell) -> None:
        """Change passwords of the shell's platform."""
        self._shell = shell

    async def on_get(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor) -> None:
        """Show the form."""
        await self._shell.show(req, resp, visitor, "sign_in/password.html")

    on_head = on_get

    async def on_post(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor) -> None:
        """Change the password; every session ends, this one too."""
        filled, locale = await self._shell.form(req, visitor), visitor.locale
        try:
            async with self._shell.act(visitor, filled, "/sign-in") as act:
                await people.set_password(
                    act.tx, visitor.person, now_is=filled.raw("password"), becomes=filled.raw("new_password")
                )
                now = self._shell.clock()
                await audit.record(act.tx, visitor.actor, "password changed", visitor.person.username, now=now)
        except LoginFailed:
            filled.wrong("password", locale.gettext("This is not your present password."))
        except ParameterInvalid:
            sentence = locale.gettext("A password has at least {least} characters.", least=people.SHORTEST_PASSWORD)
            filled.wrong("new_password", sentence)
        await self._shell.show(req, resp, visitor, "sign_in/password.html", filled=filled)


class MySessions:
    """`/me/sessions`: ends one of one's sessions."""

    access = Right.SELF

    def __init__(self, shell: Shell) -> None:
        """End sessions of the shell's platform."""
        self._shell = shell

    async def on_post(self, req: Request, _resp: falcon.asgi.Response, visitor: Visitor) -> None:
        """End the session that the form names."""
        filled = await self._shell.form(req, visitor)
        name = filled["session"]
        async with self._shell.act(visitor, filled, "/me?done=1") as act:
            if len(name) == 64 and all(c in "0123456789abcdef" for c in name):
                await sessions.end_by_name(act.tx, visitor.person, name)
