"""The inbox: SMS that handsets sent to the company, with the keyword that brought them and what they asked for."""

from urllib.parse import urlencode

import falcon.asgi

from smsflow.domain.access import Right
from smsflow.services import inbound
from smsflow.services.searching import ending_of
from smsflow.web.console.shell.shell import Shell
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.console.shell.words import COMMANDS
from smsflow.web.http.request import Request

_PAGE = 50
_LARGEST = 2**62


class InboxPage:
    """`/app/inbox`."""

    access = Right.SEE_INBOX

    def __init__(self, shell: Shell) -> None:
        """Show the shell's platform."""
        self._shell = shell

    async def on_get(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor) -> None:
        """Show the page."""
        before = req.get_param_as_int("before", default=0, min_value=0, max_value=_LARGEST) or None
        asked = (req.get_param("q") or "").replace("\x00", "").strip()
        async with self._shell.reading() as tx:
            found = await inbound.of_company(
                tx, visitor.company_id, before=before, limit=_PAGE, ending=ending_of(asked)
            )
        await self._shell.show(
            req,
            resp,
            visitor,
            "app/inbox/page.html",
            received=found.received,
            asked=asked,
            commands=COMMANDS,
            sees_texts=visitor.may(Right.SEE_TEXTS),
            older="" if found.older is None else _address(asked, found.older),
            first=_address(asked, None) if before is not None else "",
        )

    on_head = on_get


def _address(asked: str, before: int | None) -> str:
    query = urlencode({name: value for name, value in {"q": asked, "before": before}.items() if value})
    return f"/app/inbox?{query}" if query else "/app/inbox"
