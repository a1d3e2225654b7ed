"""The team: people with their roles, invited by a link, given another role, a link to a new password, or disabled."""

import falcon
import falcon.asgi

from smsflow.domain.access import Right, Role
from smsflow.errors import NotFound, ParameterInvalid
from smsflow.runtime import mail
from smsflow.services import audit
from smsflow.services.accounts import invitations, people
from smsflow.web.console.app.team import links
from smsflow.web.console.app.team.links import Made
from smsflow.web.console.shell.forms import Filled
from smsflow.web.console.shell.roles import role_name
from smsflow.web.console.shell.shell import Shell
from smsflow.web.console.shell.sorting import asked_order
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.http.request import Request


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
        """Invite somebody, or change the role, the password or the state of a person."""
        filled, made = await self._shell.form(req, visitor), None
        match filled["do"]:
            case "role":
                await self._set_role(visitor, filled)
            case "disable" | "enable":
                await self._disable(visitor, filled, disabled=filled["do"] == "disable")
            case "reset":
                made = await links.make_reset(self._shell, visitor, filled, _id(filled))
            case "renew":
                made = await links.renew(self._shell, visitor, filled)
            case "withdraw":
                await links.withdraw(self._shell, visitor, filled)
            case _:
                made = await links.invite(self._shell, visitor, filled, _role(filled["role"]))
        await self._show(req, resp, visitor, Filled() if made else filled, made=made)

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
        made: Made | None = None,
    ) -> None:
        async with self._shell.reading() as tx:
            team = await people.of_company(tx, visitor.company_id)
            pending = await invitations.pending(tx, visitor.company_id)
        names = {role: role_name(visitor.locale, role) for role in Role}
        order = asked_order(req, {"name": lambda one: one.person.name, "role": lambda one: names[one.person.role]})
        await self._shell.show(
            req,
            resp,
            visitor,
            "app/team/page.html",
            filled=filled,
            team=order.sort(team),
            order=order,
            roles=[(str(role), name) for role, name in names.items()],
            role_names=names,
            pending=pending,
            made=made,
            site=self._shell.platform.settings.public_url or req.forwarded_prefix,
            mailed=mail(self._shell.platform).carries_links,
        )


def _role(written: str) -> Role | None:
    return next((role for role in Role if role == written), None)


def _id(filled: Filled) -> int:
    written = filled["person"]
    if not (written.isascii() and written.isdigit() and len(written) < 19):
        raise falcon.HTTPNotFound
    return int(written)
