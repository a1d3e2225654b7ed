"""The result of a campaign as a file: a row for each recipient."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import falcon
import falcon.asgi

from smsflow.domain.access import Right
from smsflow.errors import NotFound
from smsflow.services.campaigns import export
from smsflow.web.console.app.campaigns.words import in_files
from smsflow.web.console.shell.shell import Shell
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.http.request import Request

_TYPES: Final = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_CHUNK = 256 * 1024


class CampaignFile:
    """`/app/campaigns/{id}/export`: CSV, or XLSX by `?format=xlsx`. It holds what contacts are called: who sees those may have it."""

    access = Right.SEE_CONTACTS

    def __init__(self, shell: Shell) -> None:
        """Show the shell's platform."""
        self._shell = shell

    async def on_get(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor, campaign_id: int) -> None:
        """Answer the file."""
        if visitor.company is None:
            raise falcon.HTTPNotFound
        suffix = "xlsx" if req.get_param("format") == "xlsx" else "csv"
        folder = TemporaryDirectory(prefix="smsflow-export-")
        file = Path(folder.name) / f"campaign-{campaign_id}.{suffix}"
        try:
            translate = in_files(visitor.locale)
            await export.export(self._shell.platform.database, visitor.company, campaign_id, file, translate=translate)
        except NotFound:
            folder.cleanup()
            raise falcon.HTTPNotFound from None
        except BaseException:
            folder.cleanup()
            raise
        resp.content_type = _TYPES[suffix]
        resp.stream = _chunks(file, folder)
        resp.set_headers(
            {
                "Content-Disposition": f'attachment; filename="{file.name}"',
                "Cache-Control": "no-store",
                "X-Content-Type-Options": "nosniff",
            }
        )


async def _chunks(file: Path, folder: TemporaryDirectory[str]) -> AsyncIterator[bytes]:
    """Read a file in pieces; its folder goes with the last one, or when nobody reads any more."""
    with folder, file.open("rb") as stream:
        while chunk := await asyncio.to_thread(stream.read, _CHUNK):
            yield chunk
