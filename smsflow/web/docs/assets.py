"""The style, the script and the icon of the pages, each under a name that changes with its content."""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib import resources

import falcon
import falcon.asgi

_TYPES = {
    "docs.css": "text/css; charset=utf-8",
    "docs.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is served."""

    name: str
    content_type: str
    body: bytes


@cache
def _by_file() -> dict[str, Asset]:
    folder = resources.files(__package__) / "static"
    assets = {}
    for file, content_type in _TYPES.items():
        body = (folder / file).read_bytes()
        stem, _, extension = file.rpartition(".")
        name = f"{stem}.{hashlib.sha256(body).hexdigest()[:12]}.{extension}"
        assets[file] = Asset(name, content_type, body)
    return assets


@cache
def _by_name() -> dict[str, Asset]:
    return {asset.name: asset for asset in _by_file().values()}


def url(file: str) -> str:
    """Return the path under which the present content of `file` is served."""
    return f"/docs/static/{_by_file()[file].name}"


class Static:
    """`/docs/static/{name}`: a file that never changes under its name."""

    async def on_get(self, _req: falcon.asgi.Request, resp: falcon.asgi.Response, name: str) -> None:
        """Answer the file, to be kept for a year."""
        asset = _by_name().get(name)
        if asset is None:
            raise falcon.HTTPNotFound
        resp.data = asset.body
        resp.content_type = asset.content_type
        resp.set_headers({"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"})

    on_head = on_get
