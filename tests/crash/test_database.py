"""PostgreSQL that restarts, refuses, is full or loses its flush: 503 or a wait, never a 200 that is not stored, and no hand."""

import asyncio
import signal

import psycopg
import pytest

from smsflow.store import embedded
from tests.crash import processes
from tests.crash.gateway import WINDOW, Gateway, a_directory
from tests.crash.scenarios import a_load, fill_the_disk_under_load
from tests.crash.verdict import judge
from tests.crash.witness import Witness

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("crash-operator")]
AWAY_SECONDS = 3


@pytest.fixture
async def server():
    """A PostgreSQL that nobody of ours supervises, in a directory of its own."""
    async with a_directory() as directory:
        running = embedded.start(directory)
        try:
            yield directory, running
        finally:
            embedded.start(directory).stop() if running.process.poll() is not None else running.stop()


async def test_a_database_of_its_own_restarts_is_away_and_has_no_room_and_nothing_is_lost(server):
    directory, running = server
    witness, gateway = Witness(directory), Gateway(directory, database_url=running.url)
    try:
        await witness.ready()
        await gateway.start()
        await gateway.furnish(witness.port)
        under = a_load(gateway, connections=8, pause=0.005)
        async with under:
            for misfortune in (restarts, is_away, has_no_connection_left):
                known = len(under.of("accepted"))
                await processes.until(lambda known=known: len(under.of("accepted")) > known + 50, "accepted requests")
                await misfortune(directory, running)
            known = len(under.of("accepted"))
            await processes.until(lambda: len(under.of("accepted")) > known + 50, "accepted requests at the end")
        count = await judge(gateway, witness, [under], kills=3, window=WINDOW)
        await gateway.stop()
    finally:
        gateway.clean_up()
        witness.stop()

    assert count.unanswered == 0
    assert {a.status for a in under.asked} <= {200, 503}
    assert all(a.retry_after for a in under.asked if a.status == 503)


async def restarts(directory, running):
    await asyncio.to_thread(running.stop)
    running.process = (await asyncio.to_thread(embedded.start, directory)).process


async def is_away(directory, running):
    await asyncio.to_thread(running.stop)
    await asyncio.sleep(AWAY_SECONDS)
    running.process = (await asyncio.to_thread(embedded.start, directory)).process


async def has_no_connection_left(_directory, running):
    held = []
    try:
        with psycopg.connect(running.url, autocommit=True) as first:
            first.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
            with pytest.raises(psycopg.OperationalError):  # noqa: PT012 - the one that is too many
                while True:
                    held.append(psycopg.connect(running.url))
            await asyncio.sleep(AWAY_SECONDS)
    finally:
        for connection in held:
            connection.close()


async def test_a_flush_that_fails_ends_every_session_and_loses_nothing(gateway, witness):
    under = a_load(gateway, connections=8)
    async with under:
        await processes.until(lambda: len(under.of("accepted")) >= 200, "a load")
        # What PostgreSQL does by itself when fsync fails: the process that saw it aborts, and all others with it.
        (writer,) = gateway.connect("SELECT pid FROM pg_stat_activity WHERE backend_type = 'walwriter'")[0]
        processes.send(writer, signal.SIGABRT)
        await asyncio.sleep(0.5)
        await gateway.ready()
        known = len(under.of("accepted"))
        await processes.until(lambda: len(under.of("accepted")) > known + 50, "new requests that are accepted")

    count = await judge(gateway, witness, [under], kills=1, window=WINDOW)

    assert count.unanswered == 0


async def test_a_full_disk_refuses_and_recovers_by_itself():
    count = await fill_the_disk_under_load()
    if count is None:
        pytest.skip("a small file system can be mounted by root only")

    assert count.refused > 0
    assert count.unanswered == 0
