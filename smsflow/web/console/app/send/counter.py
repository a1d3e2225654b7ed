"""The tables by which a page counts as the platform charges."""

from typing import Any

import falcon.asgi
import msgspec

from smsflow.domain import economy, segments
from smsflow.domain.access import Right
from smsflow.domain.encoding import BASIC, EXTENSION
from smsflow.web.console.shell.shell import Shell
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.http.request import Request


class CounterTables:
    """`/app/send/tables`: the domain's own tables, by which a page counts as the platform charges."""

    access = Right.SELF

    def __init__(self, shell: Shell) -> None:
        """Answer the same for everybody."""
        del shell
        self._body = msgspec.json.encode(tables()).decode()

    async def on_get(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor) -> None:
        """Answer the tables."""
        del req, visitor
        resp.content_type = "application/json"
        resp.text = self._body
        resp.set_headers({"Cache-Control": "private, max-age=3600", "X-Content-Type-Options": "nosniff"})

    on_head = on_get


def tables() -> dict[str, Any]:
    """Return the alphabet, the lengths of segments and the economy spelling, as `counter.js` reads them."""
    return {
        "basic": "".join(sorted(BASIC)),
        "extension": "".join(sorted(EXTENSION)),
        "gsm7": [segments.GSM7_SINGLE, segments.GSM7_PART],
        "ucs2": [segments.UCS2_SINGLE, segments.UCS2_PART],
        "spellings": economy.spellings(),
        "sequences": economy.sequences(),
    }
