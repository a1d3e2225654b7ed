"""Senders: the names that SMS come from with their state, and asking for one."""

from typing import Final

import falcon.asgi

from smsflow.domain.access import Right
from smsflow.errors import AlreadyExists, ParameterInvalid
from smsflow.services import audit
from smsflow.services.accounts import senders
from smsflow.web.console.shell.forms import Filled
from smsflow.web.console.shell.marks import gettext
from smsflow.web.console.shell.shell import Shell
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.http.request import Request

# state → (word, tone of its badge).
STATES: Final = {
    "pending": (gettext("Requested"), "warn"),
    "approved": (gettext("Approved"), "good"),
    "refused": (gettext("Turned down"), "bad"),
}


class Senders:
    """`/app/senders`."""

    access, posts = Right.SEE_SENDERS, Right.ASK_SENDERS

    def __init__(self, shell: Shell) -> None:
        """Show the shell's platform."""
        self._shell = shell

    async def on_get(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor) -> None:
        """Show the page."""
        await self._show(req, resp, visitor, await self._shell.kept(req, visitor))

    on_head = on_get

    async def on_post(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor) -> None:
        """Ask for a sender."""
        filled, now = await self._shell.form(req, visitor), self._shell.clock()
        try:
            async with self._shell.act(visitor, filled, "/app/senders?done=1") as act:
                await senders.ask_for(act.tx, visitor.company_id, filled["name"])
                after = {"state": "pending", "use": filled["use"][:200]}
                await audit.record(act.tx, visitor.actor, "sender asked for", filled["name"], after=after, now=now)
        except ParameterInvalid:
            filled.wrong(
                "name",
                visitor.locale.gettext("Write 1 to 11 letters, digits or spaces, or a number of 15 digits at most."),
            )
        except AlreadyExists:
            filled.wrong("name", visitor.locale.gettext("Your company has asked for this sender before."))
        await self._show(req, resp, visitor, filled)

    async def _show(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor, filled: Filled) -> None:
        names = visitor.company.senders if visitor.company is not None else ()
        await self._shell.show(req, resp, visitor, "app/senders/page.html", filled=filled, senders=names, states=STATES)
