"""A lease that is lost, in small: what the engine does before and after."""

import asyncio
import time

from smsflow import runtime
from smsflow.dispatch import bind
from smsflow.dispatch.engine import Engine, HeldBind
from smsflow.dispatch.lease import Lease
from smsflow.store.routing import dispatchers
from smsflow.testing import a_connector


class ALink:
    """A link that notes when it is closed."""

    def __init__(self, told):
        self._told = told
        self._closed = asyncio.Event()

    async def wait_closed(self):
        await self._closed.wait()
        return "closed"

    async def close(self, drain):
        self._told.append(f"unbound after {drain} s")
        self._closed.set()


class ALane:
    """A lane without a lease, which at its end waits for the database."""

    def __init__(self, told):
        self._told = told
        self.running = asyncio.Event()
        self.connector = None

    def alive(self):
        return False

    async def run(self, _link):
        self.running.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            self._told.append("the database answered")


async def test_without_a_lease_the_link_is_closed_before_the_database_is_waited_for():
    told = []
    lane = ALane(told)
    running = asyncio.create_task(bind._run(lane, (ALink(told), ALink(told))))
    await lane.running.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    assert told == ["unbound after 0 s", "unbound after 0 s", "the database answered"]


async def test_a_lease_that_cannot_be_renewed_ends_every_bind(open_platform):
    async with open_platform() as platform:
        engine = Engine(platform, runtime.now)
        bound = asyncio.create_task(asyncio.Event().wait())
        engine._held[1, 0] = HeldBind(None, 0, None, bound)
        guarding = asyncio.create_task(engine._guard())
        await asyncio.wait([bound], timeout=10)
        guarding.cancel()

    assert bound.cancelled()


async def test_a_bind_is_taken_over_when_its_holder_must_have_stopped_and_not_before(open_platform):
    async with open_platform() as platform, platform.database.autocommit() as tx:
        connector = await a_connector(platform)
        seen, unseen = 101, 102
        for slot, holder in enumerate((seen, unseen)):
            await dispatchers.report_bind(
                tx, connector, slot, instance_id=holder, state="bound", detail="", now=runtime.now()
            )
        mine = Lease(platform.database, runtime.now)
        mine._beats[seen] = (7, time.monotonic() - 60)
        async with mine.hold():
            assert await mine.take_slot(connector, 0) == 0
            assert await mine.take_slot(connector, 1) > 3.5
            assert await mine.take_slot(connector, 2) == 0
