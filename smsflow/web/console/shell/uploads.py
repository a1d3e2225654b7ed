"""Forms that bring in a file."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO

import falcon

from smsflow.web.console.shell.forms import TokenMissing
from smsflow.web.http.multipart import Unreadable
from smsflow.web.http.request import Request
from smsflow.web.http.upload import Uploaded, receive


async def receive_form(req: Request, file: BinaryIO, *, most: int, patience: float) -> Uploaded:
    """Write the file of a form to `file` and return its fields; a body has at most `most` octets and `patience` seconds.

    Raises BodyTooLarge, 408 for a client that is slower, and TokenMissing for a form that cannot be read.
    """
    try:
        async with asyncio.timeout(patience):
            return await receive(req.content_type or "", req.pieces(most), file)
    except TimeoutError:
        raise falcon.HTTPError(falcon.HTTP_408) from None
    except Unreadable:
        raise TokenMissing from None


@asynccontextmanager
async def stored_form(req: Request, *, most: int, patience: float) -> AsyncIterator[tuple[Path, Uploaded]]:
    """Give the file of a form on disk, until the end of the block, and the fields; raises as `receive_form` does."""
    with tempfile.TemporaryDirectory(prefix="smsflow-upload-") as folder:
        path = Path(folder) / "file"
        with path.open("wb") as file:
            uploaded = await receive_form(req, file, most=most, patience=patience)
        yield path, uploaded
