"""The audit log: acts with their author, address, and values before and after."""

from collections.abc import Mapping
from urllib.parse import urlencode

import falcon.asgi

from smsflow.domain.access import Right
from smsflow.services import audit
from smsflow.services.accounts import people
from smsflow.web.console.shell.acts import ACTS, page_of
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
        author = req.get_param("author") or None
        act = next((act for act in ACTS if act == req.get_param("act")), None)
        async with self._shell.reading() as tx:
            team = await people.of_company(tx, visitor.company_id)
            lines = await audit.show(tx, visitor.company_id, before=before, author=author, act=act, limit=_PAGE + 1)
        asked = {name: value for name, value in (("author", author), ("act", act)) if value}
        await self._shell.show(
            req,
            resp,
            visitor,
            "app/audit/page.html",
            lines=lines[:_PAGE],
            acts=ACTS,
            page_of=page_of,
            act=act or "",
            authors=[p.person.username for p in team],
            author=author or "",
            asked=asked,
            older=_address({**asked, "before": lines[_PAGE - 1].id}) if len(lines) > _PAGE else "",
            first=_address(asked) if before is not None else "",
        )

    on_head = on_get


def _address(asked: Mapping[str, object]) -> str:
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"/app/audit?{query}" if query else "/app/audit"
