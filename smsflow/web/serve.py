"""The web process: every door on one listening socket, which the supervisor may have opened."""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

import structlog

from smsflow.runtime import Platform, platform
from smsflow.services.messages.intake import Intake
from smsflow.settings import Settings
from smsflow.web.app import SITE, UNKNOWN, doors
from smsflow.web.console.pages import UPLOADS
from smsflow.web.http.application import App
from smsflow.web.http.connection import Config
from smsflow.web.http.errors import DoorError, ErrorPage
from smsflow.web.http.server import Server

log = structlog.get_logger(__name__)

BACKLOG = 2048
# At a stop, each answer asks its client to close. A busy client sends its next request within this time; on a connection that
# was closed while idle, that request would be lost.
_LAST_ANSWERS = 1.0
# A client that has just connected gets this long to send its first request before it is closed as idle.
_FIRST_OCTETS = 0.3


class PortBusy(Exception):
    """Another process listens on this address."""


class Doors:
    """The ASGI application of the process: the first segment of the path chooses the door."""

    def __init__(self, by_segment: Mapping[str, App]) -> None:
        """Choose among `by_segment`."""
        self._by_segment = by_segment
        self._site = by_segment[SITE]

    def __call__(self, scope: Any, receive: Any, send: Any) -> Awaitable[None]:
        """Answer one request."""
        # A test's lifespan has no path.
        segment = scope.get("path", "")[1:].partition("/")[0]
        return self._by_segment.get(segment, self._site)(scope, receive, send)

    def refusal(self, path: str | None, failure: DoorError) -> ErrorPage:
        """Return what the door of `path` answers to a request that never reaches it."""
        segment = UNKNOWN if path is None else path[1:].partition("/")[0]
        return self._by_segment.get(segment, self._site).render(failure)


def create(platform: Platform, intake: Intake, *, clock: Callable[[], datetime] | None = None) -> Doors:
    """Return every door; `intake` must be running."""
    return Doors(doors(platform, intake, clock=clock or platform.clock))


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; raise PortBusy with a sentence that says what to do."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise PortBusy(
            f"{host}:{port} cannot be listened on ({error.strerror}): stop what uses it, or set SMSFLOW_PORT."
        ) from None
    listener.listen(BACKLOG)
    listener.setblocking(False)
    return listener


async def serve(
    settings: Settings, url: str, listener: socket.socket, *, stopped: Callable[[], Awaitable[None]]
) -> None:
    """Serve until `stopped()` returns; every request that was accepted gets its answer before this returns."""
    async with platform(settings, url, role="web") as here:
        intake = Intake(
            here.database,
            here.clock,
            fingerprint=here.vault.fingerprint,
            most=settings.intake_batch,
            bound=settings.intake_bound,
        )
        committing = asyncio.create_task(intake.run())
        application = create(here, intake)
        config = Config(
            application,
            refusal=application.refusal,
            body_limit=settings.body_limit,
            drain_timeout=settings.drain_timeout,
            uploads=UPLOADS,
        )
        server = Server(config)
        # The server closes the socket it is given, and the process that follows us may go on with this one.
        serving = asyncio.create_task(server.serve([listener.dup()]))
        waiting = asyncio.ensure_future(stopped())
        try:
            await asyncio.wait([serving, waiting], return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
            server.leaves = True
            if not serving.done():
                await asyncio.sleep(_LAST_ANSWERS)
                # Both, or the system would still queue connections that this process never answers.
                server.take_no_more()
                listener.close()
                await asyncio.sleep(_FIRST_OCTETS)
            server.should_exit = True
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.gather(serving, return_exceptions=True), settings.drain_timeout)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(intake.drain(), settings.drain_timeout)
            committing.cancel()
            await asyncio.gather(committing, return_exceptions=True)
            log.info("web_stopped")
