"""The dispatch process."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from smsflow.dispatch.engine import Engine
from smsflow.runtime import platform
from smsflow.settings import Settings

log = structlog.get_logger(__name__)


async def serve(settings: Settings, url: str, *, stopped: Callable[[], Awaitable[None]]) -> None:
    """Dispatch until `stopped()` returns; before returning, answer and record what is in flight, and unbind."""
    async with platform(settings, url, role="dispatch") as here:
        engine = asyncio.create_task(Engine(here, here.clock).run())
        waiting = asyncio.ensure_future(stopped())
        try:
            await asyncio.wait([engine, waiting], return_when=asyncio.FIRST_COMPLETED)
            if engine.done():
                engine.result()  # an engine that ended by itself is a failure of the process
        finally:
            waiting.cancel()
            engine.cancel()
            await asyncio.wait([engine], timeout=settings.drain_timeout)
            log.info("dispatch_stopped")
