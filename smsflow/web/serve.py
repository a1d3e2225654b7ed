"""The web process: the HTTP server on a listening socket that somebody may have opened before us."""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable

import structlog

from smsflow.runtime import now, platform
from smsflow.services.messages.intake import Intake
from smsflow.settings import Settings
from smsflow.web.app import create
from smsflow.web.http.connection import Config, Server

log = structlog.get_logger(__name__)

BACKLOG = 2048
# At a stop, connections are told to close with their next answer. A customer's program that is busy comes by within this time;
# cut while idle, its next request would be lost on the way.
_LAST_ANSWERS = 1.0
# So long may a client that has just connected take to speak, before it is cut for being idle.
_FIRST_OCTETS = 0.3


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


async def serve(
    settings: Settings, url: str, listener: socket.socket, *, stopped: Callable[[], Awaitable[None]]
) -> None:
    """Serve until `stopped()` returns; then every request that was accepted gets its answer before this returns."""
    async with platform(settings, url, role="web") as here:
        intake = Intake(here.database, now, most=settings.intake_batch, bound=settings.intake_bound)
        committing = asyncio.create_task(intake.run())
        application = create(here, intake)
        server = Server(Config(application, body_limit=settings.body_limit, drain_timeout=settings.drain_timeout))
        # The server closes what it is given; the socket may be served by our successor.
        serving = asyncio.create_task(server.serve([listener.dup()]))
        waiting = asyncio.ensure_future(stopped())
        try:
            await asyncio.wait([serving, waiting], return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
            server.leaves = True
            if not serving.done():
                await asyncio.sleep(_LAST_ANSWERS)
                # Both, or the system would go on taking connections for us that nobody answers.
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
