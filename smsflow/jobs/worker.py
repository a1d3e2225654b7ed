"""The jobs process: a worker for the periodic work, queued and retried by procrastinate on the same PostgreSQL, and the campaigns."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import procrastinate
import structlog

from smsflow.jobs import periodic
from smsflow.jobs.campaigns import Runner
from smsflow.jobs.exports import keep_exporting
from smsflow.jobs.imports import keep_importing
from smsflow.jobs.mail import keep_mailing
from smsflow.jobs.noting import keep_noting
from smsflow.jobs.preparations import Preparer
from smsflow.jobs.tallies import keep_folding
from smsflow.jobs.watching import Watcher
from smsflow.runtime import Platform, platform
from smsflow.settings import Settings
from smsflow.store.postgres.outages import first_line
from smsflow.store.postgres.patience import PATIENCE
from smsflow.store.postgres.transactions import CONNECTION, libpq_url

log = structlog.get_logger(__name__)

_START_AGAIN = 1.0
_CONNECTIONS = 4
# How long a worker may take to end, beyond the time that its jobs have: its database may be away.
_CLOSE = 10.0


class PatientConnector(procrastinate.PsycopgConnector):
    """A connector for which a server that does not answer is away, and not a reason to wait for ever."""

    async def execute_query_async(self, query: Any, **arguments: Any) -> None:
        """Execute a statement within the patience of every other."""
        async with asyncio.timeout(PATIENCE):
            await super().execute_query_async(query, **arguments)

    async def execute_query_one_async(self, query: Any, **arguments: Any) -> dict[str, Any]:
        """Return one row within the patience of every other statement."""
        async with asyncio.timeout(PATIENCE):
            row: dict[str, Any] = await super().execute_query_one_async(query, **arguments)
        return row

    async def execute_query_all_async(self, query: Any, **arguments: Any) -> list[dict[str, Any]]:
        """Return all rows within the patience of every other statement."""
        async with asyncio.timeout(PATIENCE):
            rows: list[dict[str, Any]] = await super().execute_query_all_async(query, **arguments)
        return rows


def build(here: Platform) -> procrastinate.App:
    """Return the app with every periodic task."""
    connector = PatientConnector(
        conninfo=libpq_url(here.database.url), kwargs=dict(CONNECTION), min_size=1, max_size=_CONNECTIONS
    )
    app = procrastinate.App(connector=connector)
    periodic.add_to(app, here)
    return app


async def run(settings: Settings, url: str, *, stopped: Callable[[], Awaitable[None]]) -> None:
    """Work until `stopped()` returns; a job that runs then is finished first, and a database that is away is waited for."""
    async with platform(settings, url, role="jobs") as here:
        loops = [
            asyncio.create_task(Runner(here, here.clock).run()),
            asyncio.create_task(Watcher(here).run()),
            asyncio.create_task(keep_importing(here.database, here.clock)),
            asyncio.create_task(keep_exporting(here.database, here.clock)),
            asyncio.create_task(Preparer(here).run()),
            asyncio.create_task(keep_mailing(here)),
            asyncio.create_task(keep_folding(here.database)),
            asyncio.create_task(keep_noting(here)),
        ]
        waiting = asyncio.ensure_future(stopped())
        try:
            while not waiting.done():
                working = asyncio.create_task(_work(here))
                try:
                    await asyncio.wait([working, waiting], return_when=asyncio.FIRST_COMPLETED)
                finally:
                    working.cancel()
                    await asyncio.wait([working], timeout=settings.drain_timeout + _CLOSE)
                if not waiting.done():
                    await asyncio.wait([waiting], timeout=_START_AGAIN)
        finally:
            waiting.cancel()
            for loop in loops:
                loop.cancel()
            await asyncio.gather(*loops, return_exceptions=True)


async def _work(here: Platform) -> None:
    """Work until the worker ends, as it does when it loses its connection for notifications and finds no other."""
    reason = "the worker ended"
    try:
        app = build(here)
        async with app.open_async():
            await app.run_worker_async(
                queues=[periodic.QUEUE],
                concurrency=2,
                install_signal_handlers=False,
                shutdown_graceful_timeout=here.settings.drain_timeout,
            )
    except Exception as error:  # noqa: BLE001 - whatever ended it, a new one is started
        reason = first_line(error)
    log.warning("worker_ended", reason=reason)
