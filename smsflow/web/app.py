"""The web application: which address leads where, and how errors look."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import falcon
import falcon.asgi

from smsflow import runtime
from smsflow.runtime import Platform
from smsflow.services.messages.intake import Intake
from smsflow.services.messages.prepare import Limits
from smsflow.web import docs
from smsflow.web.api_v2 import errors as refusals
from smsflow.web.api_v2.auth import Door
from smsflow.web.api_v2.balance import Balance
from smsflow.web.api_v2.codes import Codes, CodeVerification
from smsflow.web.api_v2.login import Login
from smsflow.web.api_v2.sms import Sms
from smsflow.web.docs.openapi import OpenApi
from smsflow.web.http import health
from smsflow.web.http.connection import BODY_IS_HERE
from smsflow.web.http.request import Request

_NOT_YET = {"type": "http.request", "body": b"", "more_body": True}


class App(falcon.asgi.App[Any, Any]):
    """Falcon's application, which decides about a request before its body has come."""

    def __call__(self, scope: Any, receive: Any, send: Any) -> Awaitable[None]:  # type: ignore[override]  # as Falcon itself
        """Answer one request; its body is waited for by those who read it, and by nobody else."""
        is_here = scope.get(BODY_IS_HERE)
        return super().__call__(scope, receive if is_here is not None and is_here() else _Later(receive), send)


class _Later:
    """A body of which nothing came yet, for Falcon's first look.

    Falcon waits for the first octets of a body before it looks at anything: without a token, or with a length
    beyond the limit, a client could make us wait for them for ever.
    """

    __slots__ = ("_begun", "_receive")

    def __init__(self, receive: Any) -> None:
        self._receive = receive
        self._begun = False

    async def __call__(self) -> Any:
        if self._begun:
            return await self._receive()
        self._begun = True
        return _NOT_YET


class Root:
    """`/`: the way to the documentation."""

    async def on_get(self, _req: falcon.asgi.Request, _resp: falcon.asgi.Response) -> None:
        """Lead there."""
        raise falcon.HTTPFound("/docs/")

    on_head = on_get


def create(platform: Platform, intake: Intake, *, clock: Callable[[], datetime] = runtime.now) -> App:
    """Return the application; `intake` must be running."""
    settings = platform.settings
    limits = Limits(segments=settings.message_segments_limit, validity=timedelta(hours=settings.validity_hours))
    door = Door(platform, intake, clock, limits)
    app = App(media_type="application/json; charset=utf-8", request_type=Request)
    refusals.install(app)
    app.add_route("/", Root())
    app.add_route("/apiv2/openapi.json", OpenApi(settings.public_url))
    for path, resource in {
        "/auth2/get_token_auth/": Login(door),
        "/apiv2/sms/": Sms(door),
        "/apiv2/smscode/": Codes(door),
        "/apiv2/verify_code/": CodeVerification(door),
        "/apiv2/balance/": Balance(door),
        "/healthz/": health.Alive(),
        "/readyz/": health.Ready(platform),
        "/metrics/": health.Metrics(),
    }.items():
        # Both are answered, because a redirect would lose the body of a POST.
        app.add_route(path, resource)
        app.add_route(path.rstrip("/"), resource)
    docs.install(app, public_url=settings.public_url)
    return app
