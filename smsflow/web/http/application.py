"""The application of a door: Falcon's, with an error page of the door's own and access checked on every route."""

from collections.abc import Awaitable
from typing import Any

import falcon.asgi

from smsflow.web.http import errors
from smsflow.web.http.access import Guard, Router, public_only
from smsflow.web.http.connection import BODY_IS_HERE
from smsflow.web.http.errors import Render
from smsflow.web.http.request import Request

_NOT_YET = {"type": "http.request", "body": b"", "more_body": True}


class App(falcon.asgi.App[Any, Any]):
    """Falcon's application, which decides about a request before its body has come."""

    def __init__(self, render: Render, *, media_type: str, guard: Guard = public_only) -> None:
        """Answer errors by `render`, replies as `media_type` unless they say otherwise; check access by `guard`."""
        super().__init__(media_type=media_type, request_type=Request, router=Router(guard))
        self.render = render
        errors.install(self, render)

    def __call__(self, scope: Any, receive: Any, send: Any) -> Awaitable[None]:  # type: ignore[override]  # as Falcon itself
        """Answer one request; only a responder that reads the body waits for it."""
        is_here = scope.get(BODY_IS_HERE)
        return super().__call__(scope, receive if is_here is not None and is_here() else _Later(receive), send)

    def add_both(self, path: str, resource: object) -> None:
        """Route `path` with and without its last slash: a redirect would lose the body of a POST."""
        self.add_route(path, resource)
        self.add_route(path.rstrip("/"), resource)


class _Later:
    """A body of which nothing has come yet, for Falcon's first look.

    Falcon waits for the first octets of a body before it routes: without a token, or with a length beyond the limit,
    a client could keep a request open without ever sending them.
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
