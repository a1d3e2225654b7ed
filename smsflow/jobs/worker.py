"""The jobs process: a worker for the periodic work, queued and retried by procrastinate on the same PostgreSQL, and the campaigns."""

import asyncio
from collections.abc import Awaitable, Callable

import procrastinate

from smsflow.jobs import periodic
from smsflow.jobs.campaigns import Runner
from smsflow.runtime import Platform, now, platform
from smsflow.settings import Settings
from smsflow.store.postgres.transactions import libpq_url


def build(here: Platform) -> procrastinate.App:
    """Return the app with every periodic task."""
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=libpq_url(here.database.url), max_size=4))
    periodic.add_to(app, here)
    return app


async def run(settings: Settings, url: str, *, stopped: Callable[[], Awaitable[None]]) -> None:
    """Work until `stopped()` returns; a job that runs then is finished first."""
    async with platform(settings, url, role="jobs") as here:
        app = build(here)
        async with app.open_async():
            working = asyncio.create_task(
                app.run_worker_async(
                    queues=[periodic.QUEUE],
                    concurrency=2,
                    install_signal_handlers=False,
                    shutdown_graceful_timeout=settings.drain_timeout,
                ),
            )
            campaigns = asyncio.create_task(Runner(here, now).run())
            waiting = asyncio.ensure_future(stopped())
            try:
                await asyncio.wait([working, waiting], return_when=asyncio.FIRST_COMPLETED)
            finally:
                waiting.cancel()
                campaigns.cancel()
                working.cancel()
                await asyncio.gather(working, campaigns, return_exceptions=True)
