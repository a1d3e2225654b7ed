"""The inbox: SMS that handsets sent to the company, with the keyword that brought them and what they asked for."""

from typing import Final

import falcon.asgi

from smsflow.domain.access import Right
from smsflow.services import inbound
from smsflow.web.console.shell.marks import gettext
from smsflow.web.console.shell.shell import Shell
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.http.request import Request

_PAGE = 50
_LARGEST = 2**62

# command → (what it did, tone of its badge).
COMMANDS: Final = {
    "stop": (gettext("Opted out"), "warn"),
    "start": (gettext("Opted in again"), "good"),
    "help": (gettext("Help asked for"), "info"),
}


class InboxPage:
    """`/app/inbox`."""

    access = Right.SEE_INBOX

    def __init__(self, shell: Shell) -> None:
        """Show the shell's platform."""
        self._shell = shell

    async def on_get(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor) -> None:
        """Show the page."""
        before = req.get_param_as_int("before", default=0, min_value=0, max_value=_LARGEST) or None
        async with self._shell.reading() as tx:
            found = await inbound.of_company(tx, visitor.company_id, before=before, limit=_PAGE + 1)
        await self._shell.show(
            req,
            resp,
            visitor,
            "app/inbox/page.html",
            received=found[:_PAGE],
            commands=COMMANDS,
            sees_texts=visitor.may(Right.SEE_TEXTS),
            older=f"/app/inbox?before={found[_PAGE - 1].id}" if len(found) > _PAGE else "",
            first="/app/inbox" if before is not None else "",
        )

    on_head = on_get
