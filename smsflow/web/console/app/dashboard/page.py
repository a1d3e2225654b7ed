"""The dashboard: credits, campaigns that run or come next, and what needs attention."""

import falcon.asgi

from smsflow.domain.access import Right
from smsflow.services import credits
from smsflow.services.campaigns import draft
from smsflow.web.console.shell.shell import Shell
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.http.request import Request


class Dashboard:
    """`/app`."""

    access = Right.DASHBOARD

    def __init__(self, shell: Shell) -> None:
        """Show the shell's platform."""
        self._shell = shell

    async def on_get(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor) -> None:
        """Show the page."""
        async with self._shell.reading() as tx:
            left = await credits.available(tx, visitor.company_id)
            campaigns = await draft.latest(tx, visitor.company_id, limit=5)
        await self._shell.show(req, resp, visitor, "app/dashboard/page.html", left=left, campaigns=campaigns)

    on_head = on_get
