"""The periodic tasks and their times."""

import asyncio
from datetime import timedelta
from typing import Any

import procrastinate
import structlog
from procrastinate import builtin_tasks

from smsflow.jobs import people, texts
from smsflow.jobs.retirement import retire
from smsflow.runtime import Platform, mail
from smsflow.services.campaigns import failures
from smsflow.services.exports import making
from smsflow.services.messages import tallies
from smsflow.services.upkeep import credit_alerts, pruning, retention
from smsflow.store.postgres import logs

log = structlog.get_logger(__name__)

QUEUE = "smsflow"


def add_to(app: procrastinate.App, platform: Platform) -> None:
    """Give `app` every periodic task."""
    database, settings = platform.database, platform.settings
    retry = procrastinate.RetryStrategy(max_attempts=3, wait=10)
    _add_recount(app, platform, retry)
    _add_pruning(app, platform, retry)

    @app.periodic(cron="* * * * *")
    @app.task(name="make_partitions", queue=QUEUE, queueing_lock="make_partitions", retry=retry)
    async def make_partitions(timestamp: int) -> None:  # noqa: ARG001 - procrastinate gives it
        async with database.transaction() as tx:
            made = await retention.make_partitions(tx)
        if made:
            log.info("partitions_made", names=made)

    @app.periodic(cron="17 * * * *")
    @app.task(name="forget", queue=QUEUE, queueing_lock="forget", retry=retry)
    async def forget(timestamp: int) -> None:  # noqa: ARG001
        async with database.transaction() as tx:
            kept = timedelta(days=settings.receipts_kept_days)
            dropped = await retention.forget(tx, receipts_kept=kept, now=platform.clock())
        if dropped:
            log.warning("receipts_without_message_dropped", receipts=dropped)

    @app.periodic(cron="27 * * * *")
    @app.task(name="forget_texts", queue=QUEUE, queueing_lock="forget_texts", retry=retry)
    async def forget_texts(timestamp: int) -> None:  # noqa: ARG001
        for forget_some, days in (
            (retention.forget_codes, settings.codes_kept_days),
            (retention.forget_inbound, settings.inbound_kept_days),
            (retention.forget_links, settings.messages_kept_days),
            (retention.forget_audit, settings.audit_kept_days),
            (retention.forget_documents, settings.documents_kept_days),
            (making.forget, making.KEPT.days),
        ):
            left = True
            while left:
                async with database.transaction() as tx:
                    left = await forget_some(tx, kept=timedelta(days=days), now=platform.clock())

    @app.periodic(cron="37 * * * *")
    @app.task(name="prune_logs", queue=QUEUE, queueing_lock="prune_logs", retry=retry)
    async def prune_logs(timestamp: int) -> None:  # noqa: ARG001
        await asyncio.to_thread(logs.prune, settings.data_dir)

    @app.periodic(cron="43 3 * * *")
    @app.task(name="retire_partitions", queue=QUEUE, queueing_lock="retire_partitions", retry=retry)
    async def retire_partitions(timestamp: int) -> None:  # noqa: ARG001
        dropped = await retire(
            database,
            parts_kept=timedelta(days=settings.receipts_kept_days),
            messages_kept=timedelta(days=settings.messages_kept_days),
            now=platform.clock(),
        )
        if dropped:
            log.info("partitions_dropped", names=dropped)

    _add_alerts(app, platform, retry)

    @app.periodic(cron="23 4 * * *")
    @app.task(name="remove_old_jobs", queue=QUEUE, queueing_lock="remove_old_jobs", pass_context=True)
    async def remove_old_jobs(context: procrastinate.JobContext, timestamp: int) -> None:  # noqa: ARG001
        await builtin_tasks.remove_old_jobs(
            context,
            max_hours=72,
            remove_failed=True,
            remove_cancelled=True,
            remove_aborted=True,
        )


def _add_recount(app: procrastinate.App, platform: Platform, retry: procrastinate.RetryStrategy) -> None:
    """Add the task that counts once, after an upgrade from a release that keeps no tallies, or no reasons."""

    @app.periodic(cron="* * * * *")
    @app.task(name="recount", queue=QUEUE, queueing_lock="recount", retry=retry)
    async def recount(timestamp: int) -> None:  # noqa: ARG001
        async with platform.database.transaction() as tx:
            if await tallies.recount(tx, now=platform.clock()):
                log.info("tallies_recounted")
        async with platform.database.transaction() as tx:
            uncounted = await failures.uncounted(tx, now=platform.clock())
        for company_id, campaign_id in uncounted:
            async with platform.database.transaction() as tx:
                await failures.recount(tx, company_id, campaign_id)


def _add_pruning(app: procrastinate.App, platform: Platform, retry: procrastinate.RetryStrategy) -> None:
    """Add the task that removes the counts of past days, and goes through the tables that have no index by age."""
    settings = platform.settings

    @app.periodic(cron="13 2 * * *")
    @app.task(name="forget_companies_texts", queue=QUEUE, queueing_lock="forget_companies_texts", retry=retry)
    async def forget_companies_texts(timestamp: int) -> None:  # noqa: ARG001
        await texts.forget_texts(platform)

    @app.periodic(cron="31 2 * * *")
    @app.task(name="forget_people", queue=QUEUE, queueing_lock="forget_people", retry=retry)
    async def forget_people(timestamp: int) -> None:  # noqa: ARG001
        await people.forget_people(platform)

    @app.periodic(cron="7 3 * * *")
    @app.task(name="prune", queue=QUEUE, queueing_lock="prune", retry=retry)
    async def prune(timestamp: int) -> None:  # noqa: ARG001
        left = True
        while left:
            async with platform.database.transaction() as tx:
                left = await retention.forget_counts(tx, now=platform.clock())
        for walk, days in (
            (pruning.writers, settings.messages_kept_days),
            (pruning.replies, settings.messages_kept_days),
            (pruning.set_aside, settings.receipts_kept_days),
        ):
            after: Any = None
            while True:
                async with platform.database.transaction() as tx:
                    after = await walk(tx, after, kept=timedelta(days=days), now=platform.clock())
                if after is None:
                    break


def _add_alerts(app: procrastinate.App, platform: Platform, retry: procrastinate.RetryStrategy) -> None:
    @app.periodic(cron="* * * * *")
    @app.task(name="warn_of_credits", queue=QUEUE, queueing_lock="warn_of_credits", retry=retry)
    async def warn_of_credits(timestamp: int) -> None:  # noqa: ARG001
        async with platform.database.transaction() as tx:
            fallen = await credit_alerts.warn(tx, mail=mail(platform), now=platform.clock())
        if fallen:
            log.info("credits_run_low", companies=fallen)
