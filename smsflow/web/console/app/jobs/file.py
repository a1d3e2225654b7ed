"""A table as a file: at once when it is short, else from where the background has left it."""

import io
from collections.abc import AsyncIterator
from typing import Final
from urllib.parse import urlencode

import falcon
import falcon.asgi

from smsflow.domain.access import Right
from smsflow.errors import NotFound
from smsflow.services.exports import making, rows
from smsflow.services.exports.rows import Rows, WantedFile
from smsflow.sheets.export import csv_chunks, write_xlsx
from smsflow.web.console.app.jobs import kinds
from smsflow.web.console.shell.shell import Shell
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.http.request import Request

AT_ONCE: Final = 10_000
# A log whose filter finds little is walked so many pages before that becomes background work.
_MOST_PAGES: Final = 10
_TYPES: Final = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class ExportNow:
    """`/app/export/{kind}?format=csv|xlsx`: what a table shows as a file; one that is too long for that leads to `/app/jobs`."""

    access = Right.DASHBOARD

    def __init__(self, shell: Shell) -> None:
        """Export from the shell's platform."""
        self._shell = shell

    async def on_get(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor, kind: str) -> None:
        """Answer the file."""
        asked = {name: (req.get_param(name) or "") for name in req.params}
        wanted = kinds.wanted(visitor, {**asked, "kind": kind})
        if wanted is None or visitor.company is None:
            raise falcon.HTTPNotFound
        found: Rows = []
        after: str | None = ""
        async with self._shell.reading() as tx:
            wanted = await rows.begun(tx, visitor.company, wanted)
            for _ in range(_MOST_PAGES):
                if after is not None and len(found) <= AT_ONCE:
                    following, after = await rows.page(tx, visitor.company, wanted, after)
                    found += following
        if after is not None or len(found) > AT_ONCE:
            raise falcon.HTTPSeeOther(
                f"/app/jobs?{urlencode({**wanted.asked, 'kind': wanted.kind, 'format': wanted.format})}"
            )
        resp.data = _file(wanted, found)
        _head(resp, wanted)


class ExportFile:
    """`/app/jobs/{id}/file`: the file of an export that was made in the background."""

    access = Right.DASHBOARD

    def __init__(self, shell: Shell) -> None:
        """Export from the shell's platform."""
        self._shell = shell

    async def on_get(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor, export_id: int) -> None:
        """Answer the file, piece by piece."""
        del req
        try:
            async with self._shell.reading() as tx:
                export = await making.show(tx, visitor.company_id, export_id)
        except (LookupError, NotFound):
            raise falcon.HTTPNotFound from None
        if export.state != "finished" or not kinds.may(visitor, export.kind):
            raise falcon.HTTPNotFound
        _head(resp, making.wanted_of(export))
        resp.stream = self._pieces(export)

    async def _pieces(self, export: making.Export) -> AsyncIterator[bytes]:
        place = 0
        while True:
            async with self._shell.reading() as tx:
                body = await making.chunk(tx, export.company_id, export.id, place)
            if body is None:
                return
            yield body
            place += 1


def _file(wanted: WantedFile, found: Rows) -> bytes:
    if wanted.format == "xlsx":
        file = io.BytesIO()
        write_xlsx(file, wanted.heading, found)
        return file.getvalue()
    return b"".join(csv_chunks(wanted.heading, found))


def _head(resp: falcon.asgi.Response, wanted: WantedFile) -> None:
    resp.content_type = _TYPES[wanted.format]
    resp.set_headers(
        {
            "Content-Disposition": f'attachment; filename="{wanted.kind}.{wanted.format}"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
    )
