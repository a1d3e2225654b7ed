"""The periodic jobs: each does its work on a real database."""

from datetime import timedelta

import pytest

from smsflow import runtime, testing
from smsflow.jobs import worker as jobs
from smsflow.services.accounts.tokens import digest
from smsflow.store.postgres import partitions
from tests.dispatch.stage import a_message, accepted, execute, query

LONG_AGO = timedelta(days=400)


@pytest.fixture
async def app(platform):
    """The app with its tasks, connected."""
    built = jobs.build(platform)
    async with built.open_async():
        yield built


async def work(app, *names):
    """Have a worker do these tasks; return the tasks that failed."""
    for name in names:
        await app.tasks[name].defer_async(timestamp=0)
    await app.run_worker_async(wait=False, install_signal_handlers=False)
    return [job.task_name for job in await app.job_manager.list_jobs_async() if job.status != "succeeded"]


async def test_old_tokens_attempts_and_receipts_are_forgotten_and_new_ones_kept(platform, app):
    company = await testing.a_company(platform)
    now = runtime.now()
    tokens = [await testing.a_token(platform, company, now=at) for at in (now - LONG_AGO, now)]
    for name, at in (("old", now - LONG_AGO), ("new", now)):
        await execute(
            platform,
            "INSERT INTO attempt_window (door, who, started_at, count) VALUES ('login', :name, :at, 1)",
            name=name,
            at=at,
        )
        await execute(
            platform,
            "INSERT INTO parked_receipt (account_id, reference, status, refused, number, sender, received_at)"
            " VALUES (1, :name, 3, false, '+237690000001', 'AWA', :at)",
            name=name,
            at=at,
        )

    assert await work(app, "forget") == []

    assert await query(platform, "SELECT hash FROM token") == [(digest(tokens[1]),)]
    assert await query(platform, "SELECT who FROM attempt_window") == [("new",)]
    assert await query(platform, "SELECT reference FROM parked_receipt") == [("new",)]


async def test_partitions_are_made_ahead_and_none_in_use_is_dropped(platform, app):
    await accepted(platform, a_message(await testing.a_company(platform), 1))
    await execute(platform, "SELECT setval('message_id_seq', :last)", last=partitions.WIDTH + 5)

    assert await work(app, "make_partitions", "retire_partitions", "remove_old_jobs") == []

    assert await query(platform, "SELECT to_regclass('message_000000200000000') IS NOT NULL") == [(True,)]
    assert len(await query(platform, "SELECT 1 FROM message")) == 1
