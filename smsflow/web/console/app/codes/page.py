"""Verification codes: to whom, when, and whether they were validated; the code itself is never shown."""

import falcon.asgi

from smsflow.domain.access import Right
from smsflow.services import verifications
from smsflow.web.console.shell.shell import Shell
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.console.shell.words import CODES
from smsflow.web.http.request import Request

_PAGE = 50
_LARGEST = 2**62


class CodesPage:
    """`/app/codes`."""

    access = Right.SEE_CODES

    def __init__(self, shell: Shell) -> None:
        """Show the shell's platform."""
        self._shell = shell

    async def on_get(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor) -> None:
        """Show the page."""
        before = req.get_param_as_int("before", default=0, min_value=0, max_value=_LARGEST) or None
        async with self._shell.reading() as tx:
            codes = await verifications.requests(
                tx, visitor.company_id, before=before, limit=_PAGE + 1, now=self._shell.clock()
            )
        await self._shell.show(
            req,
            resp,
            visitor,
            "app/codes/page.html",
            codes=codes[:_PAGE],
            states=CODES,
            older=f"/app/codes?before={codes[_PAGE - 1].id}" if len(codes) > _PAGE else "",
            first="/app/codes" if before is not None else "",
        )

    on_head = on_get
