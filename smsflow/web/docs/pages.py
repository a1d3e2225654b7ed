"""`/docs/` and `/docs/en/`: the pages as HTTP resources, each rendered once per address and kept compressed."""

import gzip
import hashlib
from dataclasses import dataclass
from functools import lru_cache

import falcon
import falcon.asgi

from smsflow.web.docs.assets import Static
from smsflow.web.docs.page import ADDRESSES, render
from smsflow.web.http.address import base_address

HEADERS = {
    # Our own files only: nothing inline, nothing from elsewhere, in nobody's frame.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-cache",
    "Vary": "Accept-Encoding, Host",
}

# The Host header is the caller's choice: without a bound, each made-up host would cost 200 KB for ever.
_KEPT = 16


@dataclass(frozen=True, slots=True)
class Rendered:
    """A page ready to be sent."""

    body: bytes
    packed: bytes
    etag: str


@lru_cache(maxsize=_KEPT)
def _rendered(language: str, base: str) -> Rendered:
    body = render(language, base).encode()
    return Rendered(body, gzip.compress(body, mtime=0), hashlib.sha256(body).hexdigest()[:24])


class Page:
    """One page, in one language."""

    def __init__(self, language: str, public_url: str | None) -> None:
        """Serve the page in `language`, its samples addressed to `public_url` or else to the request's host."""
        self._language = language
        self._public_url = public_url

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Answer the page, or 304 when the browser has it already."""
        page = _rendered(self._language, base_address(req, self._public_url))
        resp.set_headers({**HEADERS, "Content-Language": self._language})
        # Weak: the same page goes out compressed or not.
        resp.etag = f'W/"{page.etag}"'
        if page.etag in (tag.strip(' W/"') for tag in (req.get_header("If-None-Match") or "").split(",")):
            resp.status = falcon.HTTP_304
            return
        resp.content_type = "text/html; charset=utf-8"
        if _takes_gzip(req):
            resp.data = page.packed
            resp.set_header("Content-Encoding", "gzip")
        else:
            resp.data = page.body

    # A proxy or a link checker may ask for the headers alone; the server leaves the body out.
    on_head = on_get


def _takes_gzip(req: falcon.asgi.Request) -> bool:
    accepted = (part.strip().lower() for part in (req.get_header("Accept-Encoding") or "").split(","))
    return any(part == "gzip" or (part.startswith("gzip;") and not part.endswith("q=0")) for part in accepted)


def install(app: falcon.asgi.App[falcon.asgi.Request, falcon.asgi.Response], *, public_url: str | None) -> None:
    """Add the documentation to `app`; `public_url` is the address its samples show, else the request's own."""
    for language, address in ADDRESSES.items():
        page = Page(language, public_url)
        app.add_route(address, page)
        app.add_route(address.rstrip("/"), page)
    app.add_route("/docs/static/{name}", Static())
