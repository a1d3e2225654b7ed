"""`/app/credits/lines`: the lines of the ledger behind a movement, or by cause."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import falcon.asgi

from smsflow.domain.access import Right
from smsflow.services import credits
from smsflow.services.credits import Reason
from smsflow.web.console.shell.shell import Shell
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.console.shell.words import LEDGER
from smsflow.web.http.request import Request

_PAGE = 50
_LARGEST = 2**62


class Lines:
    """The lines of some days (`from`, `to`), or of one cause (`reason`), newest first."""

    access = Right.SEE_CREDITS

    def __init__(self, shell: Shell) -> None:
        """Show the shell's platform."""
        self._shell = shell

    async def on_get(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor) -> None:
        """Show the page."""
        reason, first, last = _reason(req), _day(req, "from"), _day(req, "to")
        before = req.get_param_as_int("before", default=0, min_value=0, max_value=_LARGEST) or None
        zone = ZoneInfo(visitor.locale.timezone)
        async with self._shell.reading() as tx:
            if first is not None and last is not None and first <= last:
                since = datetime.combine(first, time(), zone)
                until = datetime.combine(last + timedelta(days=1), time(), zone)
                lines = await credits.lines_between(
                    tx, visitor.company_id, since=since, until=until, before=before, limit=_PAGE + 1
                )
            else:
                first = last = None
                lines = await credits.statement_lines(
                    tx, visitor.company_id, reason=reason, before=before, limit=_PAGE + 1
                )
        asked = {"reason": reason, "from": first, "to": last}
        await self._shell.show(
            req,
            resp,
            visitor,
            "app/credits/lines.html",
            lines=lines[:_PAGE],
            reason=reason or "",
            reasons=LEDGER,
            first_day=first,
            last_day=last,
            older=_address({**asked, "before": lines[_PAGE - 1].id}) if len(lines) > _PAGE else "",
            asked={name: str(value) for name, value in asked.items() if value},
            newer=_address(asked) if before is not None else "",
        )

    on_head = on_get


def _reason(req: Request) -> Reason | None:
    asked = req.get_param("reason")
    return next((reason for reason in LEDGER if reason == asked), None)


def _day(req: Request, name: str) -> date | None:
    try:
        return date.fromisoformat(req.get_param(name) or "")
    except ValueError:
        return None


def _address(asked: Mapping[str, object]) -> str:
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"/app/credits/lines?{query}" if query else "/app/credits/lines"
