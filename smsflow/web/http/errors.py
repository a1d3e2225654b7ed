"""How a door says no: one function per door from a failure to a page, and the handlers of Falcon that use it."""

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import falcon
import falcon.asgi
import structlog

from smsflow.store.postgres.outages import may_pass

log = structlog.get_logger(__name__)

RETRY_AFTER = 1


@dataclass(frozen=True, slots=True)
class DoorError:
    """A request that got no reply of its own: the status, and what a sentence about it can use."""

    status: int
    method: str = ""
    # For 405: the methods that the address takes.
    allowed: str = ""
    # The request's Accept-Language.
    languages: str = ""
    # Whether the request was being answered, so that nobody knows what came of it.
    begun: bool = False


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """The answer instead of a reply."""

    content_type: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


Render = Callable[[DoorError], ErrorPage]


def plain_text(failure: DoorError) -> ErrorPage:
    """Return the error page of a door that only programs and operators of the platform read."""
    phrase = falcon.code_to_http_status(failure.status).partition(" ")[2]
    return ErrorPage("text/plain; charset=utf-8", f"{failure.status} {phrase}\n".encode())


def install(app: "falcon.asgi.App[Any, Any]", render: Render) -> None:
    """Have every error of `app` answered by `render`."""

    async def on_http_error(
        req: falcon.asgi.Request, resp: falcon.asgi.Response, error: falcon.HTTPError, _params: Any
    ) -> None:
        headers = dict(error.headers or {})
        resp.set_headers(headers)
        _answer(resp, render, _failure(req, error.status_code, headers.get("Allow", "")))

    async def on_failure(req: falcon.asgi.Request, resp: falcon.asgi.Response, error: Exception, _params: Any) -> None:
        if may_pass(error):
            resp.set_header("Retry-After", str(RETRY_AFTER))
            _answer(resp, render, _failure(req, 503))
            return
        log_failure(req, error)
        _answer(resp, render, _failure(req, 500))

    app.add_error_handler(Exception, on_failure)
    app.add_error_handler(falcon.HTTPError, on_http_error)


def answer(resp: falcon.asgi.Response, status: int, page: ErrorPage) -> None:
    """Answer `page`, whatever the call had begun to answer."""
    resp.status_code = status
    resp.content_type = page.content_type
    resp.set_headers(page.headers)
    resp.text = None
    resp.data = page.body


def log_failure(req: falcon.asgi.Request, error: Exception) -> None:
    """Log an error that nothing foresaw: where it happened, and not its message, which may repeat a row and its text."""
    where = "".join(traceback.format_tb(error.__traceback__))
    log.error("request_failed", method=req.method, path=req.path, error=type(error).__name__, where=where)


def _failure(req: falcon.asgi.Request, status: int, allowed: str = "") -> DoorError:
    return DoorError(status, req.method, allowed, req.get_header("Accept-Language") or "")


def _answer(resp: falcon.asgi.Response, render: Render, failure: DoorError) -> None:
    answer(resp, failure.status, render(failure))
