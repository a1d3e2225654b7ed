"""Compression of what people read: pages and their files are for slow lines."""

import gzip
from typing import Any, Final

import falcon.asgi

GZIP: Final = {"Content-Encoding": "gzip"}
VARY: Final = {"Vary": "Accept-Encoding"}
# A shorter answer fits into one packet either way.
_SHORTEST = 600
# Nearly as small as the best, in a third of the time.
_EFFORT = 5


def takes_gzip(req: falcon.asgi.Request) -> bool:
    """Tell whether the client takes an answer that is compressed."""
    accepted = (part.strip().lower() for part in (req.get_header("Accept-Encoding") or "").split(","))
    return any(part == "gzip" or (part.startswith("gzip;") and not part.endswith("q=0")) for part in accepted)


class Compressed:
    """Compresses the pages of a door; an answer given as octets stays as it is."""

    async def process_response(
        self, req: falcon.asgi.Request, resp: falcon.asgi.Response, _resource: object, _succeeded: Any
    ) -> None:
        """Compress a page that is written."""
        if resp.text is None or len(resp.text) < _SHORTEST:
            return
        resp.append_header("Vary", "Accept-Encoding")
        if takes_gzip(req):
            resp.data = gzip.compress(resp.text.encode(), _EFFORT, mtime=0)
            resp.text = None
            resp.set_headers(GZIP)
