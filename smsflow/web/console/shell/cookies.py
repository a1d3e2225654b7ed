"""The cookie of a session: of this host alone, out of reach of scripts, never sent along by another site's form."""

import falcon
import falcon.asgi

from smsflow.web.http.request import Request

# A browser keeps a __Host- cookie only from https, or from loopback.
SECURE = "__Host-smsflow"
PLAIN = "smsflow"
_LIFE = 30 * 24 * 3600


def session_of(req: Request) -> str | None:
    """Return the text of the session's cookie, or None."""
    return req.cookies.get(SECURE) or req.cookies.get(PLAIN)


def keep(resp: falcon.asgi.Response, session: str, *, plain: bool) -> None:
    """Have the browser keep a session; `plain` for a trial over http on another host than loopback."""
    resp.set_cookie(
        PLAIN if plain else SECURE,
        session,
        max_age=_LIFE,
        path="/",
        secure=not plain,
        http_only=True,
        same_site="Lax",
    )


def drop(resp: falcon.asgi.Response) -> None:
    """Have the browser forget its session."""
    for name, secure in ((SECURE, True), (PLAIN, False)):
        resp.set_cookie(name, "", max_age=0, path="/", secure=secure, http_only=True, same_site="Lax")
