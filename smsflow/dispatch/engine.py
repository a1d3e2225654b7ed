"""The engine: takes the binds that are free, keeps their lanes running, and stops them all when its lease is lost."""

import asyncio
import contextlib
import os
import random
import socket
import time
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

import structlog

from smsflow.dispatch.bind import keep_bound
from smsflow.dispatch.lane import Lane
from smsflow.dispatch.sweep import Sweep
from smsflow.runtime import Platform
from smsflow.services.progress import Graces, Way
from smsflow.services.vault import VaultLocked
from smsflow.store import instances, queue
from smsflow.store.db import Tx, first_line, listen
from smsflow.store.routes import Connector

log = structlog.get_logger(__name__)

_BEAT = 1.0
# A lease that could not be shown for this long is as good as lost: nothing is sent until it is shown again. The server lets go
# of the session of a node that was cut off after 6 seconds, so nobody else sends by the same bind before we have stopped.
_TRUST = 3.5
_BEAT_TIMEOUT = 3.0
# A session can also end at once. Whoever finds a slot free that was not given back binds this long after the last beat of its
# holder that we saw: by then the holder has noticed (_TRUST) and unbound.
_TAKEOVER = 5.0
_GUARD = 0.1
# The beats of dispatchers that are gone are remembered for as long as somebody may ask.
_REMEMBERED = 60.0
_LISTEN_AGAIN = 1.0

T = TypeVar("T")


class LeaseLost(Exception):
    """The database was away for too long, or somebody declared this dispatcher dead: its binds may be another's now."""


@dataclass(slots=True)
class Held:
    """A bind that this dispatcher has taken."""

    connector: Connector
    slot: int
    lane: Lane
    task: asyncio.Task[None]

    def end(self) -> None:
        """Ask the bind to end, once: a second time would cut short what it does to end well."""
        if not self.task.cancelling():
            self.task.cancel()


class Engine:
    """One dispatcher of possibly many."""

    def __init__(self, platform: Platform, clock: Callable[[], datetime]) -> None:
        """Dispatch for `platform`."""
        self._platform = platform
        self._clock = clock
        self._held: dict[tuple[int, int], Held] = {}
        self._strays = False
        self._ids: set[int] = set()
        self._beats: dict[int, tuple[int, float]] = {}
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
                    log.warning("dispatch_waits_for_database", reason=first_line(error))
                await asyncio.sleep(_BEAT)
        finally:
            ears.cancel()
            await asyncio.gather(ears, return_exceptions=True)

    def alive(self) -> bool:
        """Tell whether the lease was shown a moment ago, by a clock that no one can set."""
        return time.monotonic() - self._beaten_at < _TRUST

    async def _hold_lease(self) -> None:
        async with AsyncExitStack() as stack:
            lease = await stack.enter_async_context(self._platform.database.session())
            me = await instances.register(lease, host=socket.gethostname(), pid=os.getpid(), now=self._clock())
            self._ids.add(me)
            self._beaten_at = time.monotonic()
            log.info("dispatching", instance=me)
            guarding = asyncio.create_task(self._guard())
            sweeping: asyncio.Task[None] | None = None
            try:
                # Before the sweep: it buries the dead, and who was dead already is seen only before.
                await self._tend_once(lease, me)
                sweeping = asyncio.create_task(Sweep(self._platform, me, self._graces, self._clock).run())
                await self._tend(lease, me, sweeping)
            finally:
                background = [t for t in (sweeping, guarding) if t is not None]
                if sweeping is not None:
                    sweeping.cancel()
                # The binds first: the sweep may wait for a database that does not answer.
                await self._stop_all(lease, me)
                guarding.cancel()
                await asyncio.gather(*background, return_exceptions=True)

    async def _guard(self) -> None:
        """End every bind as soon as the lease cannot be trusted, whatever the database keeps the others waiting for."""
        while True:
            left = self._beaten_at + _TRUST - time.monotonic()
            if left <= 0:
                for held in self._held.values():
                    held.end()
            await asyncio.sleep(max(left, _GUARD))

    async def _tend(self, lease: Tx, me: int, sweeping: asyncio.Task[None]) -> None:
        """Beat, and match what is bound with what should be, for as long as the sweep runs."""
        while not sweeping.done():
            try:
                async with asyncio.timeout(_BEAT):
                    await self._changed.wait()
            except TimeoutError:
                pass
            await self._tend_once(lease, me)
        sweeping.result()

    async def _tend_once(self, lease: Tx, me: int) -> None:
        await self._show(lease, me)
        self._changed.clear()
        await _finished(_BEAT_TIMEOUT, self._watch(lease, me))
        await _finished(_BEAT_TIMEOUT * 3, self._match(lease, me))
        if self._strays or any(h.lane.unsure for h in self._held.values()):
            await self._give_back_strays(me)

    async def _show(self, lease: Tx, me: int) -> None:
        """Show that we live; when that fails, nothing more is sent from this moment."""
        started = time.monotonic()
        try:
            shown = await _finished(_BEAT_TIMEOUT, instances.beat(lease, me))
        except Exception:
            self._beaten_at = 0.0
            raise
        if not shown:
            self._beaten_at = 0.0
            raise LeaseLost("this dispatcher was declared dead")
        self._beaten_at = started

    async def _watch(self, lease: Tx, me: int) -> None:
        """Note when each other dispatcher's beat was last seen to move, by our own clock."""
        others = await instances.others(lease, me)
        moment = time.monotonic()
        for other in others:
            if other.beat != self._beats.get(other.id, (None, 0.0))[0]:
                self._beats[other.id] = (other.beat, moment)
        there = {other.id for other in others}
        self._beats = {i: b for i, b in self._beats.items() if i in there or moment - b[1] < _REMEMBERED}

    async def _match(self, lease: Tx, me: int) -> None:
        """End the binds that should not be, and open those that should; nothing here waits for a bind to end."""
        wanted = {c.id: c for c in (await self._platform.directory.ways()).connectors if c.enabled}
        for key, held in list(self._held.items()):
            unwanted = wanted.get(key[0]) != held.connector
            if unwanted:
                held.end()
            # One that ended by itself was stopped by the operator, and stays so until its connector changes.
            if held.task.done() and (unwanted or held.task.cancelled() or held.task.exception()):
                await self._let_go(lease, key)
        for connector in wanted.values():
            for slot in range(connector.binds):
                if (connector.id, slot) not in self._held and await instances.take_slot(lease, connector.id, slot):
                    self._start(connector, slot, me, after=await self._courtesy(lease, connector.id, slot))

    async def _let_go(self, lease: Tx, key: tuple[int, int]) -> None:
        held = self._held.pop(key)
        error = None if held.task.cancelled() else held.task.exception()
        if error is not None:
            log.error("bind_failed", connector=held.connector.name, reason=first_line(error))
        self._strays = self._strays or held.lane.unsure
        await instances.free_slot(lease, *key)
        if held.lane.holds():
            raise LeaseLost("a bind ended and what it had sent could not be recorded")

    async def _courtesy(self, lease: Tx, connector_id: int, slot: int) -> float:
        """Return how long to wait before binding, so that whoever had this slot has surely unbound."""
        last = await instances.holder(lease, connector_id, slot)
        if last is None or last.instance_id in self._ids:
            return 0.0
        if last.pid is not None and last.host == socket.gethostname() and not _runs(last.pid):
            return 0.0
        moment = time.monotonic()
        return max(0.0, _TAKEOVER - (moment - self._beats.get(last.instance_id, (0, moment))[1]))

    async def _give_back_strays(self, me: int) -> None:
        """Release what the database says we claimed and no lane holds: the claim's answer was lost, so it has not left."""
        lanes = [h.lane for h in self._held.values()]
        self._strays = False
        for lane in lanes:
            lane.unsure = False
        async with self._platform.database.autocommit() as tx:
            claims = await queue.claims_of(tx, me)
        for lane in lanes:
            await lane.claimed()
        held: set[tuple[int, int]] = set().union(*(lane.holds() for lane in lanes))
        strays: list[tuple[queue.Held, datetime | None]] = [
            (c, None) for c in claims if (c.message_id, c.attempt) not in held
        ]
        if strays:
            async with self._platform.database.autocommit() as tx:
                await queue.release(tx, strays, instance_id=me)
            log.warning("stray_claims_given_back", messages=len(strays))

    def _start(self, connector: Connector, slot: int, me: int, *, after: float) -> None:
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
        task = asyncio.create_task(self._keep(lane, slot, me, after=after), name=f"{connector.name}/{slot}")
        task.add_done_callback(lambda _task: self._changed.set())
        self._held[connector.id, slot] = Held(connector, slot, lane, task)

    async def _keep(self, lane: Lane, slot: int, me: int, *, after: float) -> None:
        async def write(state: str, detail: str) -> None:
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
                log.warning("bind_state_not_told", connector=lane.connector.name, reason=first_line(error))

        async def tell(state: str, detail: str) -> None:
            # A bind that has to end does not wait for this.
            await asyncio.shield(asyncio.create_task(write(state, detail)))

        try:
            password = self._platform.vault.open(lane.connector.password_sealed)
        except VaultLocked as error:
            await tell("stopped", str(error))
            return
        if after:
            log.info("bind_taken_over", connector=lane.connector.name, slot=slot, after=after)
            await asyncio.sleep(after)
        await keep_bound(lane, password, tell=tell, jitter=random.random, clock=time.monotonic)

    async def _stop_all(self, lease: Tx, me: int) -> None:
        """End every bind: what is in flight gets its answer or becomes unknown; then the lease is given back."""
        held = list(self._held.values())
        for h in held:
            h.end()
        pending = {h.task for h in held}
        while pending:
            _, pending = await asyncio.wait(pending, timeout=_BEAT)
            if pending and self.alive():
                # The lease is shown for as long as something is in flight, or nobody would record it.
                with contextlib.suppress(Exception):
                    await self._show(lease, me)
        self._held.clear()
        if self.alive():
            try:
                await _finished(_BEAT_TIMEOUT, instances.leave(lease, me))
            except Exception as error:  # noqa: BLE001 - the others will notice
                log.warning("lease_not_given_back", reason=first_line(error))
        self._beaten_at = 0.0

    async def _listen(self) -> None:
        """Wake the lanes whose queue has something new."""
        while True:
            try:
                await listen(self._platform.database.url, ("smsflow_queue",), self._heard, connected=lambda: None)
            except Exception as error:  # noqa: BLE001 - the lanes look by themselves meanwhile
                log.warning("queue_not_heard", reason=first_line(error))
            await asyncio.sleep(_LISTEN_AGAIN)

    def _heard(self, _channel: str, payload: str) -> None:
        for held in self._held.values():
            if str(held.connector.id) == payload:
                held.lane.wake()


async def _finished(seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """Return what `work` returns, or raise TimeoutError; when this is cancelled, `work` is finished first.

    A statement that is cut ends its session, and the session is the lease.
    """
    task = asyncio.create_task(work)
    try:
        async with asyncio.timeout(seconds):
            return await asyncio.shield(task)
    except TimeoutError:
        task.cancel()
        await asyncio.wait([task], timeout=1.0)
        raise
    except asyncio.CancelledError:
        await asyncio.wait([task], timeout=seconds)
        raise


def _runs(pid: int) -> bool:
    """Tell whether a process of this machine runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
