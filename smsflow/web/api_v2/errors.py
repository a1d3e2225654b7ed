"""How what is refused looks at this door: a status, a French sentence, and what a program needs to try again."""

import traceback
from typing import Any

import falcon
import falcon.asgi
import structlog
from prometheus_client import Counter

from smsflow import observe
from smsflow.errors import MethodNotAllowed, Refused, Unauthenticated, Unavailable
from smsflow.store.postgres.outages import is_outage
from smsflow.web.api_v2 import wire

log = structlog.get_logger(__name__)

_RETRY_AFTER = 1

_SENDING = frozenset({"/apiv2/sms/", "/apiv2/sms", "/apiv2/smscode/", "/apiv2/smscode"})
_counted: dict[str, Counter] = {}

_HTTP_SENTENCES = {400: wire.ILL_FORMED, 404: wire.NO_SUCH_PATH, 408: wire.TOO_SLOW}


def install(app: "falcon.asgi.App[Any, Any]") -> None:
    """Have every error of `app` answered as the contract says."""
    app.add_error_handler(Exception, on_failure)
    app.add_error_handler(falcon.HTTPError, on_http_error)
    app.add_error_handler(Refused, on_refused)


async def on_refused(req: falcon.asgi.Request, resp: falcon.asgi.Response, refusal: Refused, _params: Any) -> None:
    """Answer a refusal."""
    if req.method == "POST" and req.uri_template in _SENDING:
        _count(refusal.code)
    cause = refusal.__cause__
    if isinstance(cause, Exception) and not is_outage(cause):
        _log(req, cause)
    retry_after = refusal.details.get("retry_after")
    if retry_after is not None:
        resp.set_header("Retry-After", str(retry_after))
    if isinstance(refusal, Unauthenticated):
        resp.set_header("WWW-Authenticate", "Token")
    _answer(resp, refusal.status, wire.sentence(refusal))


async def on_http_error(
    req: falcon.asgi.Request, resp: falcon.asgi.Response, error: falcon.HTTPError, _params: Any
) -> None:
    """Answer what Falcon refuses by itself: an unknown path, a wrong method, a request that is not HTTP."""
    headers = dict(error.headers or {})
    resp.set_headers(headers)
    status = error.status_code
    if isinstance(error, falcon.HTTPMethodNotAllowed):
        refusal = MethodNotAllowed(method=req.method, allowed=headers.get("Allow", ""))
        _answer(resp, status, wire.sentence(refusal))
    else:
        _answer(resp, status, _HTTP_SENTENCES.get(status, wire.REFUSED))


async def on_failure(req: falcon.asgi.Request, resp: falcon.asgi.Response, error: Exception, params: Any) -> None:
    """Answer 503 when the database is away, and 500 with a line in the log for what nobody foresaw."""
    if is_outage(error):
        await on_refused(req, resp, Unavailable(retry_after=_RETRY_AFTER), params)
        return
    _log(req, error)
    _answer(resp, 500, wire.FAILED)


def _answer(resp: falcon.asgi.Response, status: int, message: str) -> None:
    resp.status_code = status
    # Whatever the call had begun to answer.
    resp.content_type = falcon.MEDIA_JSON + "; charset=utf-8"
    resp.text = None
    resp.data = wire.error(status, message)


def _count(code: str) -> None:
    child = _counted.get(code)
    if child is None:
        child = _counted[code] = observe.refused_total.labels(code)
    child.inc()


def _log(req: falcon.asgi.Request, error: Exception) -> None:
    # Where it happened, and not its message: a database's repeats the row, and so the customer's text.
    where = "".join(traceback.format_tb(error.__traceback__))
    log.error("request_failed", method=req.method, path=req.path, error=type(error).__name__, where=where)
