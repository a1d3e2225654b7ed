"""Verification codes: how many are verified, to whom they went, when, and their state; the code itself is never shown."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import falcon.asgi

from smsflow.domain.access import Right
from smsflow.services import verifications
from smsflow.web.console.app.codes.conversion import bars, conversion, picture
from smsflow.web.console.shell.pictures import DAYS
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
        zone = ZoneInfo(visitor.locale.timezone)
        today = self._shell.clock().astimezone(zone).date()
        since = datetime.combine(today - timedelta(days=DAYS - 1), time(), zone)
        names = {c.id: c.name for c in (await self._shell.platform.directory.routing()).connectors}
        async with self._shell.reading() as tx:
            kept = await verifications.conversion(tx, visitor.company_id, since=since, timezone=zone.key)
            codes = await verifications.requests(
                tx, visitor.company_id, before=before, limit=_PAGE + 1, now=self._shell.clock()
            )
        seen = conversion(kept, names, today=today)
        await self._shell.show(
            req,
            resp,
            visitor,
            "app/codes/page.html",
            codes=codes[:_PAGE],
            conversion=seen,
            bars=bars(visitor.locale, seen),
            chart=picture(visitor.locale, seen),
            states=CODES,
            older=f"/app/codes?before={codes[_PAGE - 1].id}" if len(codes) > _PAGE else "",
            first="/app/codes" if before is not None else "",
        )

    on_head = on_get
