"""The application of the documentation, `/docs/` and `/docs/en/`: each page is rendered once per address and kept compressed."""

import gzip
import hashlib
from dataclasses import dataclass
from functools import lru_cache

import falcon
import falcon.asgi

from smsflow.web.docs.page import ADDRESSES, ASSETS, render
from smsflow.web.docs.programs import PLACEHOLDERS
from smsflow.web.http.access import Access
from smsflow.web.http.address import base_address
from smsflow.web.http.application import App
from smsflow.web.http.calls import Api
from smsflow.web.http.compression import GZIP, takes_gzip
from smsflow.web.look import errors
from smsflow.web.look.pages import HEADERS, HTML

# The caller chooses the Host header: without a bound, each made-up host would keep 200 KB in memory.
_KEPT = 16


@dataclass(frozen=True, slots=True)
class Rendered:
    """A page ready to be sent."""

    body: bytes
    packed: bytes
    etag: str


@lru_cache(maxsize=_KEPT)
def _rendered(api: Api, language: str, base: str) -> Rendered:
    body = render(api, language, base).encode()
    return Rendered(body, gzip.compress(body, mtime=0), hashlib.sha256(body).hexdigest()[:24])


class Page:
    """One page, in one language."""

    access = Access.PUBLIC

    def __init__(self, api: Api, language: str, public_url: str | None) -> None:
        """Serve the page on `api` in `language`, its samples addressed to `public_url` or else to the request's host."""
        self._api = api
        self._language = language
        self._public_url = public_url

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Answer the page, or 304 when the browser has it already."""
        page = _rendered(self._api, self._language, base_address(req, self._public_url) or PLACEHOLDERS["server"])
        resp.set_headers(
            {
                **HEADERS,
                "Cache-Control": "no-cache",
                "Content-Language": self._language,
                "Vary": "Accept-Encoding, Host",
            }
        )
        # Weak: the same page goes out compressed or not.
        resp.etag = f'W/"{page.etag}"'
        if page.etag in (tag.strip(' W/"') for tag in (req.get_header("If-None-Match") or "").split(",")):
            resp.status = falcon.HTTP_304
            return
        resp.content_type = HTML
        if takes_gzip(req):
            resp.data = page.packed
            resp.set_headers(GZIP)
        else:
            resp.data = page.body

    # A proxy or a link checker may ask for the headers alone; the server leaves the body out.
    on_head = on_get


def create(api: Api, *, public_url: str | None) -> App:
    """Return the application that documents `api`; `public_url` is the address its samples show, else the request's own."""
    app = App(errors.page, media_type=HTML)
    for language, address in ADDRESSES.items():
        app.add_both(address, Page(api, language, public_url))
    app.add_route("/docs/static/{name}", ASSETS)
    return app
