"""A table as a file: at once when it is short, else from where the background has left it."""

import asyncio
import io
from collections.abc import AsyncIterator
from typing import Final
from urllib.parse import urlencode

import falcon
import falcon.asgi

from smsflow.domain.access import Right
from smsflow.errors import NotFound
from smsflow.services.exports import making, rows
from smsflow.services.exports.wanted import Rows, WantedFile, write
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
    "pdf": "application/pdf",
}


class ExportNow:
    """`/app/export/{kind}?format=csv|xlsx|pdf`: what a table shows as a file; one that is too long for that leads to `/app/jobs`."""

    access = Right.DASHBOARD

    def __init__(self, shell: Shell) -> None:
        """Export from the shell's platform."""
        self._shell = shell

    async def on_get(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor, kind: str) -> None:
        """Answer the file."""
        asked = {name: (req.get_param(name) or "") for name in req.params}
        kinds.check(visitor, kind)
        wanted = kinds.wanted(visitor, {**asked, "kind": kind}, now=self._shell.clock())
        if wanted is None or visitor.company is None:
            raise falcon.HTTPNotFound
        database, found = self._shell.platform.database, Rows()
        try:
            async with self._shell.reading() as tx:
                wanted = await rows.begun(tx, visitor.company, wanted)
        except NotFound:
            raise falcon.HTTPNotFound from None
        after: str | None = ""
        for _ in range(_MOST_PAGES):
            if after is not None and len(found) <= AT_ONCE:
                async with database.transaction() as tx:
                    following, after = await rows.page(tx, visitor.company, wanted, after, now=self._shell.clock())
                found += following
        if after is not None or len(found) > AT_ONCE:
            raise falcon.HTTPSeeOther(
                f"/app/jobs?{urlencode({**wanted.asked, 'kind': wanted.kind, 'format': wanted.format})}"
            )
        resp.data = await asyncio.to_thread(_file, wanted, found)
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
    file = io.BytesIO()
    write(file, wanted, found)
    return file.getvalue()


def _head(resp: falcon.asgi.Response, wanted: WantedFile) -> None:
    resp.content_type = _TYPES[wanted.format]
    resp.set_headers(
        {
            "Content-Disposition": f'attachment; filename="{wanted.name}"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
    )
