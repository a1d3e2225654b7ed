"""The jobs process: periodic work, queued and retried by procrastinate on the same PostgreSQL."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import procrastinate
import structlog
from procrastinate import builtin_tasks

from smsflow.jobs.campaigns import Runner
from smsflow.runtime import Platform, now, platform
from smsflow.settings import Settings
from smsflow.store.accounts import attempts, tokens
from smsflow.store.messages import receipts
from smsflow.store.postgres import partitions
from smsflow.store.postgres.transactions import libpq_url

log = structlog.get_logger(__name__)

_QUEUE = "smsflow"


def build(here: Platform) -> procrastinate.App:
    """Return the app with every periodic job."""
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=libpq_url(here.database.url), max_size=4))
    retry = procrastinate.RetryStrategy(max_attempts=3, wait=10)

    @app.periodic(cron="* * * * *")
    @app.task(name="make_partitions", queue=_QUEUE, queueing_lock="make_partitions", retry=retry)
    async def make_partitions(timestamp: int) -> None:  # noqa: ARG001 - procrastinate gives it
        async with here.database.transaction() as tx:
            made = await partitions.ensure(tx)
        if made:
            log.info("partitions_made", names=made)

    @app.periodic(cron="17 * * * *")
    @app.task(name="forget", queue=_QUEUE, queueing_lock="forget", retry=retry)
    async def forget(timestamp: int) -> None:  # noqa: ARG001
        moment = now()
        async with here.database.transaction() as tx:
            await tokens.forget_tokens(tx, before=moment - timedelta(days=1))
            await attempts.forget_attempts(tx, before=moment - timedelta(days=1))
            days = timedelta(days=here.settings.receipts_kept_days)
            dropped = await receipts.forget_parked(tx, before=moment - days)
        if dropped:
            log.warning("receipts_without_message_dropped", receipts=dropped)

    @app.periodic(cron="43 3 * * *")
    @app.task(name="retire_partitions", queue=_QUEUE, queueing_lock="retire_partitions", retry=retry)
    async def retire_partitions(timestamp: int) -> None:  # noqa: ARG001
        moment = now()
        async with here.database.transaction() as tx:
            dropped = await partitions.retire(
                tx,
                messages_before=moment - timedelta(days=here.settings.messages_kept_days),
                parts_before=moment - timedelta(days=here.settings.receipts_kept_days),
            )
        if dropped:
            log.info("partitions_dropped", names=dropped)

    @app.periodic(cron="23 4 * * *")
    @app.task(name="remove_old_jobs", queue=_QUEUE, queueing_lock="remove_old_jobs", pass_context=True)
    async def remove_old_jobs(context: procrastinate.JobContext, timestamp: int) -> None:  # noqa: ARG001
        await builtin_tasks.remove_old_jobs(
            context,
            max_hours=72,
            remove_failed=True,
            remove_cancelled=True,
            remove_aborted=True,
        )

    return app


async def run(settings: Settings, url: str, *, stopped: Callable[[], Awaitable[None]]) -> None:
    """Work until `stopped()` returns; a job that runs then is finished first."""
    async with platform(settings, url, role="jobs") as here:
        app = build(here)
        async with app.open_async():
            working = asyncio.create_task(
                app.run_worker_async(
                    queues=[_QUEUE],
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
