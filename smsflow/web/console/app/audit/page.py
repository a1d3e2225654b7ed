"""The audit log: who did what, from where, before and after."""

import falcon.asgi

from smsflow.domain.access import Right
from smsflow.services import audit
from smsflow.web.console.shell.shell import Shell
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.http.request import Request

_PAGE = 50
_LARGEST = 2**62


class AuditLog:
    """`/app/audit`."""

    access = Right.ADMINISTER

    def __init__(self, shell: Shell) -> None:
        """Show the shell's platform."""
        self._shell = shell

    async def on_get(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor) -> None:
        """Show the page."""
        before = req.get_param_as_int("before", default=0, min_value=0, max_value=_LARGEST) or None
        async with self._shell.reading() as tx:
            lines = await audit.show(tx, visitor.company_id, before=before, limit=_PAGE + 1)
        older = f"/app/audit?before={lines[_PAGE - 1].id}" if len(lines) > _PAGE else ""
        await self._shell.show(
            req,
            resp,
            visitor,
            "app/audit/page.html",
            lines=lines[:_PAGE],
            older=older,
            first="/app/audit" if before is not None else "",
        )

    on_head = on_get
