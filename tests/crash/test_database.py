"""PostgreSQL that restarts, refuses, is full or loses its flush: 503 or a wait, never a 200 that is not stored, and no hand."""

import asyncio
import signal
from dataclasses import replace

import pytest

from tests.crash import processes
from tests.crash.database_faults import fill_the_disk_under_load, take_the_database_away_under_load
from tests.crash.gateway import WINDOW
from tests.crash.promises import judge
from tests.crash.scenarios import a_load, goes_on
from tests.machine import free_port
from tests.waiting import until

pytestmark = [pytest.mark.processes, pytest.mark.slow, pytest.mark.xdist_group("crash-operator")]


async def test_a_database_of_its_own_restarts_is_away_and_has_no_room_and_nothing_is_lost():
    count = await take_the_database_away_under_load(seconds=8)

    assert count.accepted >= 200


async def test_a_flush_that_fails_ends_every_session_and_loses_nothing(gateway, smsc):
    under = a_load(gateway, connections=8)
    async with under:
        await until(lambda: len(under.of("accepted")) >= 200, "a load")
        # PostgreSQL does so by itself when fsync fails: the process that saw it aborts, and all others with it.
        (writer,) = gateway.connect("SELECT pid FROM pg_stat_activity WHERE backend_type = 'walwriter'")[0]
        processes.send(writer, signal.SIGABRT)
        await asyncio.sleep(0.5)
        await gateway.ready()
        known = len(under.of("accepted"))
        await until(lambda: len(under.of("accepted")) > known + 50, "new requests that are accepted")

    count = await judge(gateway, smsc, [under], kills=1, window=WINDOW)

    assert count.unanswered == 0


# `web` as it is, with a tenth of its patience: 45 seconds are what a request has (web.http.connection).
_HASTY = """
from smsflow.store.postgres import patience
patience.PATIENCE = 3.0
from smsflow.store.postgres import commits
commits.REQUEST_PATIENCE, commits.LOOK_SECONDS = 1.0, 2.0
from smsflow.cli import main
main()
"""
_ANSWERED_WITHIN = 30.0


async def test_a_database_that_hangs_makes_web_answer_503_in_time_charge_once_and_go_on(gateway, smsc):
    settings = {**gateway.settings, "port": free_port(), "database_url": gateway.url}
    web = processes.start(["web"], settings, gateway.directory / "hasty.log", program=("-c", _HASTY))
    under = replace(a_load(gateway, connections=4, pause=0.01), port=settings["port"])
    try:
        async with under:
            await until(lambda: len(under.of("accepted")) >= 50, "a load")
            known = len(under.of("refused"))
            with gateway.frozen():
                await until(lambda: len(under.of("refused")) >= known + 4, "requests that are refused")
            await goes_on(under)
        count = await judge(gateway, smsc, [under], kills=1, window=WINDOW)
    finally:
        processes.end(web)

    assert count.unanswered == 0
    refused = [a for a in under.asked if a.status not in {0, 200}]
    assert {(a.status, a.retry_after != "") for a in refused} == {(503, True)}
    assert max(a.seconds for a in under.asked) < _ANSWERED_WITHIN


async def test_a_full_disk_refuses_and_recovers_by_itself():
    count = await fill_the_disk_under_load()
    if count is None:
        pytest.skip("a small file system can be mounted by root only")

    assert count.refused > 0
    assert count.unanswered == 0
