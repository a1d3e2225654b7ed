"""The periodic jobs: each does its work on a real database."""

import asyncio
import contextlib
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path

import procrastinate
import pytest
from psycopg import OperationalError

from smsflow import datadir, runtime, testing
from smsflow.jobs import worker as jobs
from smsflow.services.accounts.tokens import digest
from smsflow.settings import Settings
from smsflow.store.postgres import embedded, partitions
from tests.database import SECRET_KEY
from tests.dispatch.stage import a_message, accepted, execute, query
from tests.waiting import until

LONG_AGO = timedelta(days=400)


@pytest.fixture
async def app(platform):
    """The app with its tasks, connected."""
    built = jobs.build(platform)
    async with built.open_async():
        yield built


async def work(app, *names):
    """Have a worker do these tasks; return the tasks that failed."""
    ours = {await app.tasks[name].defer_async(timestamp=0) for name in names}
    await app.run_worker_async(wait=False, install_signal_handlers=False)
    # In the minutes after its time a task is deferred by the worker, too, which may end before it is done.
    return [j.task_name for j in await app.job_manager.list_jobs_async() if j.id in ours and j.status != "succeeded"]


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
        await execute(
            platform,
            "INSERT INTO late_refusal (company_id, message_id, attempt, received_at) VALUES (1, 1, :attempt, :at)",
            attempt=1 if name == "old" else 2,
            at=at,
        )

    assert await work(app, "forget") == []

    assert await query(platform, "SELECT hash FROM token") == [(digest(tokens[1]),)]
    assert await query(platform, "SELECT who FROM attempt_window") == [("new",)]
    assert await query(platform, "SELECT reference FROM parked_receipt") == [("new",)]
    assert await query(platform, "SELECT attempt FROM late_refusal") == [(2,)]


async def test_partitions_are_made_ahead_and_none_in_use_is_dropped(platform, app):
    await accepted(platform, a_message(await testing.a_company(platform), 1))
    await execute(platform, "SELECT setval('message_id_seq', :last)", last=partitions.WIDTH + 5)

    assert await work(app, "make_partitions", "retire_partitions", "remove_old_jobs") == []

    assert await query(platform, "SELECT to_regclass('message_000000200000000') IS NOT NULL") == [(True,)]
    assert len(await query(platform, "SELECT 1 FROM message")) == 1


async def test_old_codes_and_inbound_texts_are_removed_in_batches_and_new_ones_kept(platform, app, monkeypatch):
    monkeypatch.setattr("smsflow.services.upkeep.retention.BATCH", 2)
    company = await testing.a_company(platform)
    now = platform.clock()
    for age in (500, 450, 401, 399, 0):
        at = now - timedelta(days=age)
        await execute(
            platform,
            "INSERT INTO verification (company_id, message_id, number, code_sealed, timeout, state, created_at, expires_at)"
            " VALUES (:company, 1, '+237690000001', 'x', 300, 1, :at, :at)",
            company=company.id,
            at=at,
        )
        await execute(
            platform,
            "INSERT INTO inbound (connector_id, source, destination, data_coding, body, text, received_at)"
            " VALUES (1, '237690000001', '8000', 0, '', 'STOP', :at)",
            at=at,
        )

    assert await work(app, "forget_texts", "prune_logs") == []

    for table, column in (("verification", "expires_at"), ("inbound", "received_at")):
        kept = await query(platform, f"SELECT {column} AS at FROM {table} ORDER BY id")
        assert [(now - row.at).days for row in kept] == [399, 0]


async def test_counts_of_past_days_are_removed_and_today_stays(platform, app, monkeypatch):
    monkeypatch.setattr("smsflow.services.upkeep.retention.BATCH", 2)
    today = platform.clock().date()
    for age in (400, 9, 8, 3, 1, 0):
        await execute(
            platform,
            "INSERT INTO marketing_count (day, person, messages) VALUES (:day, decode('00', 'hex'), 1)",
            day=today - timedelta(days=age),
        )

    assert await work(app, "prune") == []

    kept = await query(platform, "SELECT day FROM marketing_count ORDER BY day")
    assert [(today - row.day).days for row in kept] == [1, 0]


async def test_old_writers_and_answers_and_settled_entries_are_pruned_page_by_page(platform, app, monkeypatch):
    monkeypatch.setattr("smsflow.services.upkeep.pruning.BATCH", 2)
    company, now = await testing.a_company(platform), platform.clock()
    gone, there, ended, open_ = await accepted(platform, *[a_message(company, 1) for _ in range(4)])
    await execute(platform, "DELETE FROM message WHERE id = :id", id=gone)
    await execute(platform, "UPDATE message SET status = 3 WHERE id = :id", id=ended)
    for number, age in enumerate((500, 401, 401, 401, 399, 0)):
        await execute(
            platform,
            "INSERT INTO marketing_last (connector_id, person, company_id, day) VALUES (1, decode(:person, 'hex'), 1, :day)",
            person=f"0{number}",
            day=(now - timedelta(days=age)).date(),
        )
    for number, message_id, age in ((1, gone, 500), (2, gone, 3), (3, gone, 0), (4, there, 500), (5, there, 0)):
        await execute(
            platform,
            "INSERT INTO inbound_reply (company_id, number, day, command, message_id) VALUES (1, :number, :day, 'stop', :id)",
            number=str(number),
            day=(now - timedelta(days=age)).date(),
            id=message_id,
        )
    for detail, message_id, age in (
        ("old", open_, 400), ("ended", ended, 2), ("gone", gone, 2), ("open", open_, 2), ("none", None, 2), ("new", ended, 0),
    ):  # fmt: skip
        await execute(
            platform,
            "INSERT INTO set_aside (path, connector_id, message_id, detail, error, created_at)"
            " VALUES ('outcomes', 1, :id, :detail, 'x', :at)",
            id=message_id,
            detail=detail,
            at=now - timedelta(days=age),
        )

    assert await work(app, "prune") == []

    writers = await query(platform, "SELECT day FROM marketing_last ORDER BY day")
    answers = await query(platform, "SELECT number FROM inbound_reply ORDER BY number")
    entries = await query(platform, "SELECT detail FROM set_aside ORDER BY id")
    assert [(now.date() - row.day).days for row in writers] == [399, 0]
    assert [row.number for row in answers] == ["3", "4", "5"]
    assert [row.detail for row in entries] == ["open", "none", "new"]


@pytest.fixture
def directory():
    """A place for a PostgreSQL of this test's own: not below pytest's, which only root may enter."""
    directory = Path(tempfile.mkdtemp(prefix="smsflow-jobs-"))
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


@pytest.mark.processes
async def test_jobs_wait_for_a_database_that_restarts_and_go_on(directory, tmp_path):
    server = embedded.start(directory)
    try:
        await datadir.prepare(server.url)
        settings = Settings(data_dir=tmp_path, database_url=server.url, secret_key=SECRET_KEY, drain_timeout=1)
        async with runtime.platform(settings, server.url) as platform:
            stop = asyncio.Event()
            working = asyncio.create_task(jobs.run(settings, server.url, stopped=stop.wait))
            await until(lambda: done(platform, "forget"))
            server.process.kill()
            server.process.wait()
            # Long enough for a worker that does not wait to have ended.
            await until(lambda: refused(platform))
            server = await asyncio.to_thread(embedded.start, directory)
            await until(lambda: done(platform, "remove_old_jobs"))
            assert not working.done()
            stop.set()
            await asyncio.wait_for(working, 60)
    finally:
        server.stop()


async def refused(platform):
    """Tell whether the database is away."""
    try:
        await query(platform, "SELECT 1")
    except OperationalError:
        return True
    return False


async def done(platform, name):
    """Tell whether somebody has done a task; ask for it until it was."""
    with contextlib.suppress(procrastinate.exceptions.AlreadyEnqueued, OperationalError):
        found = "SELECT 1 FROM procrastinate_jobs WHERE task_name = :name AND status = 'succeeded'"
        if await query(platform, found, name=name):
            return True
        async with jobs.build(platform).open_async() as app:
            await app.tasks[name].defer_async(timestamp=0)
    return False


async def test_a_recount_is_done_by_the_worker(platform, app):
    await execute(platform, "INSERT INTO tally_recount VALUES (now() - interval '1 minute')")

    assert await work(app, "recount") == []
    assert await query(platform, "SELECT FROM tally_recount") == []
