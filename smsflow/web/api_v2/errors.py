"""Refusals at this door: a status, a French sentence, and what a program needs to try again."""

from typing import Any

import falcon.asgi
from prometheus_client import Counter

from smsflow import observe
from smsflow.errors import Refused, Unauthenticated
from smsflow.store.postgres.outages import may_pass
from smsflow.web.api_v2 import sentences, wire
from smsflow.web.http.application import App
from smsflow.web.http.errors import DoorError, ErrorPage, answer, log_failure

_SENDING = frozenset({"/apiv2/sms/", "/apiv2/sms", "/apiv2/smscode/", "/apiv2/smscode"})
_counted: dict[str, Counter] = {}


def install(app: App) -> None:
    """Have every refusal answered as the contract says."""
    app.add_error_handler(Refused, on_refused)


def render(failure: DoorError) -> ErrorPage:
    """Return the contract's error for a failure that is no refusal of ours."""
    return ErrorPage(wire.CONTENT_TYPE, wire.error(failure.status, sentences.failure_sentence(failure)))


async def on_refused(req: falcon.asgi.Request, resp: falcon.asgi.Response, refusal: Refused, _params: Any) -> None:
    """Answer a refusal."""
    if req.method == "POST" and req.uri_template in _SENDING:
        _count(refusal.code)
    cause = refusal.__cause__
    if isinstance(cause, Exception) and not may_pass(cause):
        log_failure(req, cause)
    retry_after = refusal.details.get("retry_after")
    if retry_after is not None:
        resp.set_header("Retry-After", str(retry_after))
    if isinstance(refusal, Unauthenticated):
        resp.set_header("WWW-Authenticate", "Token")
    answer(resp, refusal.status, ErrorPage(wire.CONTENT_TYPE, wire.error(refusal.status, sentences.sentence(refusal))))


def _count(code: str) -> None:
    child = _counted.get(code)
    if child is None:
        child = _counted[code] = observe.refused_total.labels(code)
    child.inc()
