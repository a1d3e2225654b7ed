"""The web process: Granian inside our own event loop, on a listening socket that somebody may have opened before us."""

import asyncio
import contextlib
import os
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.net import SocketHolder  # type: ignore[attr-defined]
from granian.server.embed import Server as GranianServer

from smsflow.runtime import now, platform
from smsflow.services.intake import Intake
from smsflow.settings import Settings
from smsflow.web.app import create

Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Application = Callable[[Any, Receive, Send], Awaitable[None]]

log = structlog.get_logger(__name__)

BACKLOG = 2048
# Requests that Granian holds before Python sees them; the intake has its own, tighter bound.
_BACKPRESSURE = 4096
# A slow client has this long for its headers (milliseconds), and headers have this much room (bytes).
_HTTP = HTTP1Settings(header_read_timeout=15_000, keep_alive=True, max_buffer_size=65_536, pipeline_flush=False)


# At a stop, connections are told to close with their next answer. A customer's program that is busy comes by within this time;
# cut while idle, its next request would be lost on the way.
_LAST_ANSWERS = 1.0


class PortBusy(Exception):
    """Somebody else listens on this address."""


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


class Leaving:
    """The application, which from some moment on asks every connection to come back by another one."""

    __slots__ = ("_app", "leaves")

    def __init__(self, app: Application) -> None:
        """Serve `app`."""
        self._app = app
        self.leaves = False

    def __call__(self, scope: Any, receive: Receive, send: Send) -> Awaitable[None]:
        """Answer a request."""
        return self._app(scope, receive, self._closing(send) if self.leaves else send)

    @staticmethod
    def _closing(send: Send) -> Send:
        def say(message: dict[str, Any]) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), (b"connection", b"close")]}
            return send(message)

        return say


class _Server(GranianServer):
    """Granian on a socket that is open already, so that a restart refuses no connection."""

    def __init__(self, application: Any, listener: socket.socket) -> None:
        host, port = listener.getsockname()[:2]
        super().__init__(
            application,
            address=host,
            port=port,
            interface=Interfaces.ASGINL,
            http=HTTPModes.http1,
            http1_settings=_HTTP,
            websockets=False,
            backlog=BACKLOG,
            backpressure=_BACKPRESSURE,
            log_enabled=False,
        )
        self._listener = listener

    def _init_shared_socket(self) -> None:
        self._ssp = None
        # Granian closes the descriptor that it is given.
        self._shd = SocketHolder(os.dup(self._listener.fileno()), False, BACKLOG)  # type: ignore[assignment, call-arg]


async def serve(
    settings: Settings, url: str, listener: socket.socket, *, stopped: Callable[[], Awaitable[None]]
) -> None:
    """Serve until `stopped()` returns; then every request that was accepted gets its answer before this returns."""
    async with platform(settings, url) as here:
        intake = Intake(here.database, now, most=settings.intake_batch, bound=settings.intake_bound)
        committing = asyncio.create_task(intake.run())
        application = Leaving(create(here, intake))
        server = _Server(application, listener)
        serving = asyncio.create_task(server.serve())
        waiting = asyncio.ensure_future(stopped())
        try:
            await asyncio.wait([serving, waiting], return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
            application.leaves = True
            if not serving.done():
                await asyncio.sleep(_LAST_ANSWERS)
            server.interrupt_signal = True
            server.main_loop_interrupt.set()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.gather(serving, return_exceptions=True), settings.drain_timeout)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(intake.drain(), settings.drain_timeout)
            committing.cancel()
            await asyncio.gather(committing, return_exceptions=True)
            log.info("web_stopped")
