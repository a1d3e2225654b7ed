"""A dispatcher that stood still for longer than its lease has lost its claims, and says nothing about them any more."""

import asyncio
import signal

import pytest

from tests.crash import processes
from tests.crash.gateway import WINDOW
from tests.crash.scenarios import a_load
from tests.crash.verdict import judge

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("crash-kills")]


async def test_a_stopped_dispatcher_finds_its_claims_taken_and_records_nothing_as_its_own(gateway, witness):
    second = processes.start(
        ["dispatch"], {**gateway.settings, "database_url": gateway.url}, gateway.directory / "second.log"
    )
    (first,) = gateway.pids("dispatch")
    try:
        await processes.until(lambda: len(gateway.connect("SELECT 1 FROM instance")) == 2, "a second dispatcher")
        under = a_load(gateway, connections=8, pause=0.01)
        async with under:
            await processes.until(lambda: len(under.of("accepted")) >= 100, "a load")
            ((holder,),) = gateway.connect(_HOLDER)
            stopped = holder if holder in {first, second.pid} else first
            processes.send(stopped, signal.SIGSTOP)
            try:
                await processes.until(
                    lambda: holder not in {row[0] for row in gateway.connect("SELECT pid FROM instance")},
                    "the burial of the dispatcher that stands still",
                )
                await processes.until(
                    lambda: (holder,) not in gateway.connect(_HOLDER) and gateway.connect(_HOLDER),
                    "another dispatcher that is bound",
                )
                known = (await witness.ask("stats"))["messages"]
                await processes.until(lambda: _more(witness, known + 20), "messages that leave by the other")
            finally:
                processes.send(stopped, signal.SIGCONT)
            await asyncio.sleep(2)
        count = await judge(gateway, witness, [under], kills=1, window=WINDOW)
    finally:
        processes.end(second, 20)

    assert count.accepted >= 100
    assert not [a for a in under.asked if a.answer != "accepted"]


_HOLDER = "SELECT i.pid FROM bind_state b JOIN instance i ON i.id = b.instance_id WHERE b.state = 'bound'"


async def _more(witness, than):
    return (await witness.ask("stats"))["messages"] >= than
