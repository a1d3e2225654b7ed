"""Credits: what the company has and can spend, every movement with its cause, and both as a file."""

import io
from typing import Final
from urllib.parse import urlencode

import falcon.asgi

from smsflow.domain.access import Right
from smsflow.services import credits
from smsflow.services.credits import Line, Reason
from smsflow.sheets.export import csv_chunks, write_xlsx
from smsflow.web.console.shell.locale import Locale
from smsflow.web.console.shell.marks import gettext
from smsflow.web.console.shell.shell import Shell
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.http.request import Request

_PAGE = 50
_MOST_ROWS = 10_000
_LARGEST = 2**62
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

REASONS: Final[dict[Reason, str]] = {
    "credit": gettext("Purchase"),
    "charge": gettext("SMS sent"),
    "refund": gettext("Credits given back"),
    "reserve": gettext("Reserved for a campaign"),
    "release": gettext("Reserve released"),
}


class Credits:
    """`/app/credits`; movements are for whoever may see credits."""

    access = Right.SEE_BALANCE

    def __init__(self, shell: Shell) -> None:
        """Show the shell's platform."""
        self._shell = shell

    async def on_get(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor) -> None:
        """Show the page."""
        reason = _reason(req)
        before = req.get_param_as_int("before", default=0, min_value=0, max_value=_LARGEST) or None
        sees_lines = visitor.may(Right.SEE_CREDITS)
        async with self._shell.reading() as tx:
            standing = await credits.standing(tx, visitor.company_id)
            lines = (
                await credits.statement_lines(tx, visitor.company_id, reason=reason, before=before, limit=_PAGE + 1)
                if sees_lines
                else []
            )
        older = lines[_PAGE - 1].id if len(lines) > _PAGE else None
        await self._shell.show(
            req,
            resp,
            visitor,
            "app/credits/page.html",
            standing=standing,
            sees_lines=sees_lines,
            lines=lines[:_PAGE],
            reason=reason or "",
            reasons=REASONS,
            older=_address(reason, older) if older is not None else "",
            first=_address(reason, None) if before is not None else "",
        )

    on_head = on_get


class CreditsExport:
    """`/app/credits/export?format=csv|xlsx`: the movements as a file, the last 10,000 at most."""

    access = Right.SEE_CREDITS

    def __init__(self, shell: Shell) -> None:
        """Show the shell's platform."""
        self._shell = shell

    async def on_get(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor) -> None:
        """Answer the file."""
        async with self._shell.reading() as tx:
            lines = await credits.statement_lines(tx, visitor.company_id, reason=_reason(req), limit=_MOST_ROWS)
        locale, suffix = visitor.locale, "xlsx" if req.get_param("format") == "xlsx" else "csv"
        heading = [locale.gettext(name) for name in ("Date", "Cause", "Credits", "Reserve", "SMS", "Campaign", "Note")]
        rows = [_row(line, locale) for line in lines]
        if suffix == "xlsx":
            file = io.BytesIO()
            write_xlsx(file, heading, rows)
            resp.content_type, resp.data = _XLSX, file.getvalue()
        else:
            resp.content_type, resp.data = "text/csv; charset=utf-8", b"".join(csv_chunks(heading, rows))
        resp.set_headers(
            {
                "Content-Disposition": f'attachment; filename="credits.{suffix}"',
                "Cache-Control": "no-store",
                "X-Content-Type-Options": "nosniff",
            }
        )


def _row(line: Line, locale: Locale) -> list[str | int]:
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


def _address(reason: Reason | None, before: int | None) -> str:
    asked = {"reason": reason, "before": before}
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"/app/credits?{query}" if query else "/app/credits"
