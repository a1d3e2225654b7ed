"""The engine: takes the binds that are free, keeps their lanes running, and stops them all when its lease is lost."""

import asyncio
import os
import random
import socket
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from smsflow.dispatch.bind import keep_bound
from smsflow.dispatch.lane import Lane
from smsflow.dispatch.sweep import Sweep
from smsflow.runtime import Platform
from smsflow.services.progress import Graces, Way
from smsflow.services.vault import VaultLocked
from smsflow.store import instances
from smsflow.store.db import Tx, listen
from smsflow.store.routes import Connector

log = structlog.get_logger(__name__)

_BEAT = 1.0
# A lease that could not be shown for this long is as good as lost: nothing is sent until it is shown again. The server lets go
# of the session of a node that was cut off after 6 seconds, so nobody else sends by the same bind before we have stopped.
_TRUST = 3.5
_BEAT_TIMEOUT = 3.0
_LISTEN_AGAIN = 1.0


class LeaseLost(Exception):
    """The database was away for too long, or somebody declared this dispatcher dead: its binds may be another's now."""


@dataclass(slots=True)
class Held:
    """A bind that this dispatcher has taken."""

    connector: Connector
    slot: int
    lane: Lane
    task: asyncio.Task[None]


class Engine:
    """One dispatcher of possibly many."""

    def __init__(self, platform: Platform, clock: Callable[[], datetime]) -> None:
        """Dispatch for `platform`."""
        self._platform = platform
        self._clock = clock
        self._held: dict[tuple[int, int], Held] = {}
        self._beaten_at = 0.0
        self._changed = asyncio.Event()
        settings = platform.settings
        self._graces = Graces(timedelta(seconds=settings.unknown_grace), timedelta(seconds=settings.unknown_give_up))
        platform.directory.on_change(self._changed.set)

    async def run(self) -> None:
        """Dispatch until cancelled. A lost lease ends every bind at once, and a new lease is asked for."""
        ears = asyncio.create_task(self._listen())
        try:
            while True:
                try:
                    await self._hold_lease()
                except LeaseLost as lost:
                    log.error("lease_lost", reason=str(lost))
                except Exception as error:  # noqa: BLE001 - the database is away: say so and try again
                    log.warning("dispatch_waits_for_database", reason=str(error).splitlines()[0])
                await asyncio.sleep(_BEAT)
        finally:
            ears.cancel()
            await asyncio.gather(ears, return_exceptions=True)

    def alive(self) -> bool:
        """Tell whether the lease was shown a moment ago, by a clock that no one can set."""
        return time.monotonic() - self._beaten_at < _TRUST

    async def _hold_lease(self) -> None:
        async with AsyncExitStack() as stack:
            lease = await stack.enter_async_context(self._platform.database.autocommit())
            # Whatever ends the lease, its session must end with it: a pooled connection would keep its locks.
            stack.push_async_callback(lease.invalidate)
            me = await instances.register(lease, host=socket.gethostname(), pid=os.getpid(), now=self._clock())
            self._beaten_at = time.monotonic()
            log.info("dispatching", instance=me)
            sweep = Sweep(self._platform, me, self._graces, self._clock)
            sweeping = asyncio.create_task(sweep.run())
            try:
                await self._tend(lease, me)
            finally:
                sweeping.cancel()
                await asyncio.gather(sweeping, return_exceptions=True)
                await self._stop_all(lease, me)

    async def _tend(self, lease: Tx, me: int) -> None:
        """Beat, and match what is bound with what should be, for ever."""
        while True:
            started = time.monotonic()
            async with asyncio.timeout(_BEAT_TIMEOUT):
                shown = await instances.beat(lease, me)
            if not shown:
                raise LeaseLost("this dispatcher was declared dead")
            self._beaten_at = started
            self._changed.clear()
            async with asyncio.timeout(_BEAT_TIMEOUT * 3):
                await self._match(lease, me)
            try:
                async with asyncio.timeout(_BEAT):
                    await self._changed.wait()
            except TimeoutError:
                pass

    async def _match(self, lease: Tx, me: int) -> None:
        wanted = {c.id: c for c in (await self._platform.directory.ways()).connectors if c.enabled}
        for key, held in list(self._held.items()):
            if wanted.get(key[0]) != held.connector or key[1] >= held.connector.binds:
                await self._stop(lease, key)
        for connector in wanted.values():
            for slot in range(connector.binds):
                if (connector.id, slot) not in self._held and await instances.take_slot(lease, connector.id, slot):
                    self._start(connector, slot, me)

    def _start(self, connector: Connector, slot: int, me: int) -> None:
        settings = self._platform.settings
        lane = Lane(
            connector,
            Way(connector.id, connector.account_id, me, self._graces),
            database=self._platform.database,
            vault=self._platform.vault,
            clock=self._clock,
            alive=self.alive,
            poll=settings.poll_interval,
        )
        task = asyncio.create_task(self._keep(lane, slot, me), name=f"{connector.name}/{slot}")
        self._held[connector.id, slot] = Held(connector, slot, lane, task)

    async def _keep(self, lane: Lane, slot: int, me: int) -> None:
        async def tell(state: str, detail: str) -> None:
            try:
                async with self._platform.database.autocommit() as tx:
                    await instances.tell_bind(
                        tx,
                        lane.connector.id,
                        slot,
                        instance_id=me,
                        state=state,
                        detail=detail,
                        now=self._clock(),
                    )
            except Exception as error:  # noqa: BLE001 - it is only told; the bind matters more
                log.warning("bind_state_not_told", connector=lane.connector.name, reason=str(error).splitlines()[0])

        try:
            password = self._platform.vault.open(lane.connector.password_sealed)
        except VaultLocked as error:
            await tell("stopped", str(error))
            return
        await keep_bound(lane, password, tell=tell, jitter=random.random, clock=time.monotonic)

    async def _stop(self, lease: Tx, key: tuple[int, int]) -> None:
        held = self._held.pop(key)
        held.task.cancel()
        await asyncio.gather(held.task, return_exceptions=True)
        await instances.free_slot(lease, *key)

    async def _stop_all(self, lease: Tx, me: int) -> None:
        """End every bind: what is in flight gets its answer or becomes unknown; then the lease is given back."""
        held = list(self._held.values())
        self._held.clear()
        for h in held:
            h.task.cancel()
        await asyncio.gather(*(h.task for h in held), return_exceptions=True)
        if self.alive():
            try:
                async with asyncio.timeout(_BEAT_TIMEOUT):
                    await instances.leave(lease, me)
            except Exception as error:  # noqa: BLE001 - the others will notice
                log.warning("lease_not_given_back", reason=str(error))
        self._beaten_at = 0.0

    async def _listen(self) -> None:
        """Wake the lanes whose queue has something new."""
        while True:
            try:
                await listen(self._platform.database.url, ("smsflow_queue",), self._heard, connected=lambda: None)
            except Exception as error:  # noqa: BLE001 - the lanes look by themselves meanwhile
                log.warning("queue_not_heard", reason=str(error).splitlines()[0])
            await asyncio.sleep(_LISTEN_AGAIN)

    def _heard(self, _channel: str, payload: str) -> None:
        for held in self._held.values():
            if str(held.connector.id) == payload:
                held.lane.wake()
