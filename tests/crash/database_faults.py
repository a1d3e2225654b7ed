"""Faults of the database and its disk, each followed by a check of the promises; tests and `script/soak` run the same."""

import asyncio
from contextlib import suppress

import psycopg

from smsflow.store.postgres import embedded
from tests.crash.disk import a_disk
from tests.crash.gateway import WINDOW, Gateway, a_directory
from tests.crash.pair import a_pair
from tests.crash.promises import judge
from tests.crash.scenarios import a_load, goes_on
from tests.crash.smsc import Smsc
from tests.waiting import until

# The time for which a request waits for the fate of a commit whose answer was lost.
_LOOKED_FOR = 30


async def take_the_database_away_under_load(*, seconds):
    """Restart PostgreSQL, keep it away and then without a free connection for this long each, and judge.

    Away for longer than the fate of a commit under way is looked for, requests must be refused meanwhile; for less, they may wait.
    """
    async with a_directory() as directory:
        running = embedded.start(directory)
        gateway, smsc = Gateway(directory, patience=60 + 4 * seconds, database_url=running.url), Smsc(directory)
        try:
            async with a_pair(gateway, smsc):
                under = a_load(gateway, connections=8, pause=0.005)
                async with under:
                    for misfortune in (_restart, _keep_away, _use_up):
                        await goes_on(under)
                        refused = len(under.of("refused"))
                        await misfortune(directory, running, seconds)
                        told = len(under.of("refused")) > refused
                        # A restart may take less time than anybody waits.
                        may_wait = misfortune is _restart or seconds <= _LOOKED_FOR
                        assert told or may_wait, f"{misfortune.__name__}: nobody was told to come back"
                    await goes_on(under)
                count = await judge(gateway, smsc, [under], kills=3, window=WINDOW)
        finally:
            embedded.start(directory).stop() if running.process.poll() is not None else running.stop()
    assert not under.of("unanswered")
    assert {a.status for a in under.asked} <= {200, 503}
    assert all(a.retry_after for a in under.asked if a.status == 503)
    return count


async def _restart(directory, running, _seconds):
    await asyncio.to_thread(running.stop)
    running.process = (await asyncio.to_thread(embedded.start, directory)).process


async def _keep_away(directory, running, seconds):
    await asyncio.to_thread(running.stop)
    await asyncio.sleep(seconds)
    running.process = (await asyncio.to_thread(embedded.start, directory)).process


async def _use_up(_directory, running, seconds):
    held = []
    try:
        with psycopg.connect(running.url, autocommit=True) as first:
            first.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
            with suppress(psycopg.OperationalError):  # the one that is too many
                while True:
                    held.append(psycopg.connect(running.url))
            await asyncio.sleep(seconds)
    finally:
        for connection in held:
            connection.close()


async def hang_the_database_under_load(gateway, smsc, *, seconds):
    """Stop every process of PostgreSQL, connections open, for this long, and judge that every request got an answer."""
    under = a_load(gateway, connections=8, pause=0.01)
    async with under:
        await until(lambda: len(under.of("accepted")) >= 100, "a load")
        with gateway.frozen():
            await asyncio.sleep(seconds)
        await gateway.ready()
        await goes_on(under)
    assert not under.of("unanswered")
    assert {a.status for a in under.asked} <= {200, 503}
    return await judge(gateway, smsc, [under], kills=1, window=WINDOW)


async def fill_the_disk_under_load(*, seconds=3):
    """Fill the data directory's file system under load, make room again, and judge; None where it cannot be mounted."""
    async with a_directory() as directory:
        mount = ["mount", "-t", "tmpfs", "-o", "size=300m,mode=755", "smsflow", str(directory)]
        mounted = await asyncio.create_subprocess_exec(*mount, stderr=asyncio.subprocess.DEVNULL)
        if await mounted.wait() != 0:
            return None
        gateway, smsc = Gateway(directory, patience=60 + 4 * seconds), Smsc(directory)
        try:
            async with a_pair(gateway, smsc):
                under = a_load(gateway, connections=8)
                async with under:
                    await until(lambda: len(under.of("accepted")) >= 100, "a load")
                    ballast = directory / "ballast"
                    fill(ballast)
                    refused = len(under.of("refused"))
                    await until(lambda: len(under.of("refused")) > refused + 20, "requests that are refused")
                    await asyncio.sleep(seconds)
                    ballast.unlink()
                    await goes_on(under)
                # Nobody died: whatever had to wait for room was not sent by chance, so nothing may come twice beyond a window.
                return await judge(gateway, smsc, [under], kills=2, window=WINDOW)
        finally:
            await (await asyncio.create_subprocess_exec("umount", "--lazy", str(directory))).wait()


def fill(ballast):
    """Write a file until the file system is full."""
    with ballast.open("wb", buffering=0) as stream:
        try:
            while True:
                stream.write(bytes(1 << 16))
        except OSError:
            return


async def cut_the_power_under_load(*, at):
    """Stop the data directory's file system as a power cut does when `at` have been answered, kill all, start again, and judge.

    None where a file system cannot be mounted.
    """
    async with a_directory() as directory, a_disk(directory / "disk", megabytes=700) as disk:
        if disk is None:
            return None
        gateway, smsc = Gateway(disk.directory), Smsc(directory)
        async with a_pair(gateway, smsc):
            under = a_load(gateway, connections=16)
            async with under:
                await until(lambda: len(under.asked) >= at, f"{at} answers")
                await asyncio.to_thread(disk.cut)
                gateway.kill("all")
                await disk.mount_again()
                await gateway.start()
                await goes_on(under)
            return await judge(gateway, smsc, [under], kills=1, window=WINDOW)
