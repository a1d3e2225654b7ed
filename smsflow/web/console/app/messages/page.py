"""The log: messages by number, id, status, campaign and day; and one message from the request to the receipt."""

from urllib.parse import urlencode

import falcon
import falcon.asgi

from smsflow.domain.access import Right
from smsflow.domain.message import internal_id, public_id
from smsflow.errors import NotFound
from smsflow.services.campaigns import names
from smsflow.services.messages import log, timeline
from smsflow.services.searching import log_filter
from smsflow.web.console.app.messages.steps import steps
from smsflow.web.console.shell.shell import Shell
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.console.shell.words import STATUSES
from smsflow.web.http.request import Request

_PAGE = 50
_LARGEST = 2**62


class Messages:
    """`/app/messages`."""

    access = Right.SEE_MESSAGES

    def __init__(self, shell: Shell) -> None:
        """Show the shell's platform."""
        self._shell = shell

    async def on_get(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor) -> None:
        """Show the page; an SMS id leads to its message."""
        asked = {name: (req.get_param(name) or "").strip() for name in ("q", "status", "campaign", "operator", "day")}
        found_id = internal_id(asked["q"])
        if found_id is not None:
            raise falcon.HTTPSeeOther(f"/app/messages/{public_id(found_id)}")
        before = req.get_param_as_int("before", default=0, min_value=0, max_value=_LARGEST) or None
        async with self._shell.reading() as tx:
            page = await log.page(
                tx, visitor.company_id, log_filter(asked, visitor.locale.timezone), before=before, limit=_PAGE
            )
            connectors = (await self._shell.platform.directory.routing()).connectors
            campaigns = await names.of_company(tx, visitor.company_id, limit=200)
        await self._shell.show(
            req,
            resp,
            visitor,
            "app/messages/page.html",
            asked=asked,
            messages=page.messages,
            older=_address({**asked, "before": str(page.older)}) if page.older is not None else "",
            first=_address(asked) if before is not None else "",
            campaigns=campaigns,
            operators=[(c.id, c.name) for c in connectors],
            statuses=STATUSES,
            public_id=public_id,
        )

    on_head = on_get


class MessagePage:
    """`/app/messages/{id}`."""

    access = Right.SEE_MESSAGES

    def __init__(self, shell: Shell) -> None:
        """Show the shell's platform."""
        self._shell = shell

    async def on_get(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor, message: str) -> None:
        """Show the page."""
        try:
            async with self._shell.reading() as tx:
                found = await timeline.follow(tx, message, company_id=visitor.company_id)
        except NotFound:
            raise falcon.HTTPNotFound from None
        shows_text = visitor.may(Right.SEE_TEXTS) and not found.message.sealed
        await self._shell.show(
            req,
            resp,
            visitor,
            "app/messages/one.html",
            message=found.message,
            steps=steps(found, visitor.locale),
            text=found.message.text if shows_text else None,
            statuses=STATUSES,
            public_id=public_id,
        )

    on_head = on_get


def _address(asked: dict[str, str]) -> str:
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"/app/messages?{query}" if query else "/app/messages"
