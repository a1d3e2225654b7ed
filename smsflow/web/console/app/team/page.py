"""The team: people with their roles, added with a password that is shown once, given another role, disabled."""

import falcon
import falcon.asgi

from smsflow import runtime
from smsflow.domain.access import Right, Role
from smsflow.errors import AlreadyExists, NotFound, ParameterInvalid
from smsflow.services import audit
from smsflow.services.accounts import people, users
from smsflow.web.console.shell.forms import Filled
from smsflow.web.console.shell.roles import role_name
from smsflow.web.console.shell.shell import Shell
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.http.request import Request

_LONGEST = 150
_PASSWORD_LENGTH = 16


class Team:
    """`/app/team`."""

    access = Right.ADMINISTER

    def __init__(self, shell: Shell) -> None:
        """Show the shell's platform."""
        self._shell = shell

    async def on_get(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor) -> None:
        """Show the page."""
        await self._show(req, resp, visitor, await self._shell.kept(req, visitor))

    on_head = on_get

    async def on_post(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor) -> None:
        """Add a person, or change the role or the state of one."""
        filled = await self._shell.form(req, visitor)
        made = ""
        match filled["do"]:
            case "role":
                await self._set_role(visitor, filled)
            case "disable" | "enable":
                await self._disable(visitor, filled, disabled=filled["do"] == "disable")
            case _:
                made = await self._add(visitor, filled)
        await self._show(req, resp, visitor, Filled() if made else filled, added=filled["username"], made=made)

    async def _add(self, visitor: Visitor, filled: Filled) -> str:
        """Add a person; return the password that was made, or nothing when something is wrong."""
        username, role = filled["username"], _role(filled["role"])
        if not username or len(username) > _LONGEST or not username.isprintable():
            filled.wrong(
                "username",
                visitor.locale.gettext("Write a username of 1 to {most} characters in one line.", most=_LONGEST),
            )
        if role is None:
            filled.wrong("role", visitor.locale.gettext("Choose a role."))
        if not filled.ok or role is None:
            return ""
        password = runtime.new_token()[:_PASSWORD_LENGTH]
        try:
            # No way leads back to this page's answer: a second post finds the name taken.
            async with self._shell.platform.database.transaction() as tx:
                is_admin = role is Role.ADMIN
                await users.add_user(
                    tx, username, password, company_id=visitor.company_id, is_admin=is_admin, role=role
                )
                await audit.record(
                    tx, visitor.actor, "person added", username, after={"role": role}, now=self._shell.clock()
                )
        except AlreadyExists:
            filled.wrong("username", visitor.locale.gettext("This username is taken. Choose another one."))
            return ""
        return password

    async def _set_role(self, visitor: Visitor, filled: Filled) -> None:
        role = _role(filled["role"])
        if role is None:
            raise falcon.HTTPNotFound
        try:
            async with self._shell.act(visitor, filled, "/app/team?done=1") as act:
                found = await people.find(act.tx, visitor.company_id, _id(filled))
                former = await people.set_role(act.tx, visitor.company_id, found.person.id, role)
                await audit.record(
                    act.tx,
                    visitor.actor,
                    "role changed",
                    found.person.username,
                    before={"role": former},
                    after={"role": role},
                    now=self._shell.clock(),
                )
        except NotFound:
            raise falcon.HTTPNotFound from None
        except ParameterInvalid:
            self._last_one(visitor, filled)

    async def _disable(self, visitor: Visitor, filled: Filled, *, disabled: bool) -> None:
        try:
            async with self._shell.act(visitor, filled, "/app/team?done=1") as act:
                found = await people.find(act.tx, visitor.company_id, _id(filled))
                await people.disable(act.tx, visitor.company_id, found.person.id, disabled=disabled)
                await audit.record(
                    act.tx,
                    visitor.actor,
                    "person disabled" if disabled else "person enabled",
                    found.person.username,
                    before={"disabled": found.disabled},
                    after={"disabled": disabled},
                    now=self._shell.clock(),
                )
        except NotFound:
            raise falcon.HTTPNotFound from None
        except ParameterInvalid:
            self._last_one(visitor, filled)

    def _last_one(self, visitor: Visitor, filled: Filled) -> None:
        filled.wrong("team", visitor.locale.gettext("Your company needs an administrator: name another one first."))

    async def _show(
        self,
        req: Request,
        resp: falcon.asgi.Response,
        visitor: Visitor,
        filled: Filled,
        *,
        added: str = "",
        made: str = "",
    ) -> None:
        async with self._shell.reading() as tx:
            team = await people.of_company(tx, visitor.company_id)
        await self._shell.show(
            req,
            resp,
            visitor,
            "app/team/page.html",
            filled=filled,
            team=team,
            roles=[(str(role), role_name(visitor.locale, role)) for role in Role],
            role_names={role: role_name(visitor.locale, role) for role in Role},
            added=added,
            made=made,
        )


def _role(written: str) -> Role | None:
    return next((role for role in Role if role == written), None)


def _id(filled: Filled) -> int:
    written = filled["person"]
    if not (written.isascii() and written.isdigit() and len(written) < 19):
        raise falcon.HTTPNotFound
    return int(written)
