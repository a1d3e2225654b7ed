"""`/app/credits/lines`: the lines of the ledger behind a movement, or by cause; and the last of them as a file."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import falcon.asgi

from smsflow.domain.access import Right
from smsflow.services import credits
from smsflow.services.credits import Line, Reason
from smsflow.sheets.export import Cell
from smsflow.web.console.app.credits.page import answer_file
from smsflow.web.console.shell.locale import Locale
from smsflow.web.console.shell.marks import gettext
from smsflow.web.console.shell.shell import Shell
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.http.request import Request

_PAGE = 50
_MOST_ROWS = 10_000
_LARGEST = 2**62

REASONS: Final[dict[Reason, str]] = {
    "credit": gettext("Purchase"),
    "charge": gettext("SMS sent"),
    "refund": gettext("Credits given back"),
    "reserve": gettext("Reserved for a campaign"),
    "release": gettext("Reserve released"),
}


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
            reasons=REASONS,
            first_day=first,
            last_day=last,
            older=_address({**asked, "before": lines[_PAGE - 1].id}) if len(lines) > _PAGE else "",
            newer=_address(asked) if before is not None else "",
        )

    on_head = on_get


class CreditsExport:
    """`/app/credits/export?format=csv|xlsx`: the lines as a file, the last 10,000 at most."""

    access = Right.SEE_CREDITS

    def __init__(self, shell: Shell) -> None:
        """Show the shell's platform."""
        self._shell = shell

    async def on_get(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor) -> None:
        """Answer the file."""
        async with self._shell.reading() as tx:
            lines = await credits.statement_lines(tx, visitor.company_id, reason=_reason(req), limit=_MOST_ROWS)
        locale = visitor.locale
        heading = [locale.gettext(name) for name in ("Date", "Cause", "Credits", "Reserve", "SMS", "Campaign", "Note")]
        answer_file(req, resp, "credits", heading, [_row(line, locale) for line in lines])


def _row(line: Line, locale: Locale) -> list[Cell]:
    return [
        locale.time(line.at, seconds=True),
        locale.gettext(REASONS[line.reason]),
        line.amount,
        line.reserved,
        line.messages,
        line.campaign or "",
        line.note,
    ]


def _reason(req: Request) -> Reason | None:
    asked = req.get_param("reason")
    return next((reason for reason in REASONS if reason == asked), None)


def _day(req: Request, name: str) -> date | None:
    try:
        return date.fromisoformat(req.get_param(name) or "")
    except ValueError:
        return None


def _address(asked: Mapping[str, object]) -> str:
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"/app/credits/lines?{query}" if query else "/app/credits/lines"
