"""A server that hangs without dying is away: a statement, a commit and a listener see the end of their connection."""

import asyncio
import os
import shutil
import signal
import tempfile
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from smsflow.store.postgres import embedded
from smsflow.store.postgres.notifications import listen
from smsflow.store.postgres.outages import is_outage
from smsflow.store.postgres.transactions import Database

pytestmark = pytest.mark.processes

PATIENCE = 1.0
GENEROUS = 20.0


@pytest.fixture
def server():
    """A PostgreSQL of this test's own, which it may stop."""
    directory = Path(tempfile.mkdtemp(prefix="smsflow-hanging-"))
    directory.chmod(0o755)
    server = embedded.start(directory)
    yield server
    server.stop()
    shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def hanging(pid):
    """Stop a process, as a frozen machine would, for as long as the block lasts."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


async def backend(tx):
    return (await tx.execute("SELECT pg_backend_pid()")).scalar_one()


async def test_a_statement_that_a_hanging_server_does_not_answer_is_an_outage_and_the_next_one_has_a_new_connection(
    server,
):
    database = Database(server.url, pool=1, patience=PATIENCE)
    async with database.autocommit() as tx:
        pid = await backend(tx)
    with hanging(pid):
        with pytest.raises((psycopg.Error, OSError)) as away:
            async with asyncio.timeout(GENEROUS), database.autocommit() as tx:
                await tx.execute("SELECT 1")
        async with asyncio.timeout(GENEROUS), database.autocommit() as tx:
            assert await backend(tx) != pid
    await database.close()

    assert is_outage(away.value)


async def test_a_commit_that_a_hanging_server_does_not_answer_is_an_outage_too(server):
    database = Database(server.url, pool=1, patience=PATIENCE)
    stopped = []

    async def write():
        async with database.transaction() as tx:
            stopped.append(await backend(tx))
            os.kill(stopped[0], signal.SIGSTOP)

    with pytest.raises((psycopg.Error, OSError)) as away:
        await asyncio.wait_for(write(), GENEROUS)
    os.kill(stopped[0], signal.SIGCONT)
    await database.close()

    assert is_outage(away.value)


async def test_a_statement_that_may_take_long_is_not_cut(server):
    database = Database(server.url, pool=1, patience=0.2)
    async with database.transaction() as tx:
        tx.patience = None
        await tx.execute("SELECT pg_sleep(0.6)")
        assert (await tx.execute("SELECT 1")).scalar_one() == 1
        tx.patience = 0.2
    await database.close()


async def test_a_listener_notices_a_server_that_hangs_and_keeps_listening_to_one_that_is_only_silent(server):
    database = Database(server.url, pool=1)
    received, connected = asyncio.Event(), asyncio.Event()
    listening = asyncio.create_task(
        listen(server.url, ("news",), lambda *_: received.set(), connected=connected.set, silence=0.2)
    )
    await asyncio.wait_for(connected.wait(), GENEROUS)
    async with database.autocommit() as tx:
        await tx.execute("SELECT pg_sleep(1)")  # several silences long
        await tx.execute("NOTIFY news")
        await asyncio.wait_for(received.wait(), GENEROUS)
        query = "SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
        pid = (await tx.execute(query)).scalar_one()
    with hanging(pid), pytest.raises((psycopg.Error, OSError)) as away:
        await asyncio.wait_for(listening, GENEROUS)
    await database.close()

    assert is_outage(away.value)
