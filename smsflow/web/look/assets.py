"""Styles, scripts and pictures of pages, each served under a name that changes with its content."""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

import falcon
import falcon.asgi

from smsflow.web.http.access import Access
from smsflow.web.http.compression import GZIP, VARY, takes_gzip

_TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
_HEADERS = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "X-Content-Type-Options": "nosniff",
    **VARY,
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is served."""

    name: str
    content_type: str
    body: bytes
    packed: bytes


class Assets:
    """`{address}/{name}`: the files of a package's folder `static`, which never change under their names."""

    access = Access.PUBLIC

    def __init__(self, package: str, address: str, *files: str) -> None:
        """Serve `files` below `address`."""
        self._address = address
        folder = resources.files(package) / "static"
        self._by_file = {file: _asset(file, (folder / file).read_bytes()) for file in files}
        self._by_name: Mapping[str, Asset] = {asset.name: asset for asset in self._by_file.values()}

    def url(self, file: str) -> str:
        """Return the path under which the present content of `file` is served."""
        return f"{self._address}/{self._by_file[file].name}"

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, name: str) -> None:
        """Answer the file, to be kept for a year."""
        asset = self._by_name.get(name)
        if asset is None:
            raise falcon.HTTPNotFound
        resp.content_type = asset.content_type
        resp.set_headers(_HEADERS)
        if takes_gzip(req):
            resp.data = asset.packed
            resp.set_headers(GZIP)
        else:
            resp.data = asset.body

    on_head = on_get


def _asset(file: str, body: bytes) -> Asset:
    stem, _, extension = file.rpartition(".")
    name = f"{stem}.{hashlib.sha256(body).hexdigest()[:12]}.{extension}"
    return Asset(name, _TYPES[extension], body, gzip.compress(body, 9, mtime=0))


LOOK = Assets(__package__ or __name__, "/static", "tokens.css", "base.css", "icon.svg")
