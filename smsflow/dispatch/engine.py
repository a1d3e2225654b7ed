"""The engine: takes free bind slots, keeps their lanes running, and stops all of them when its lease is lost."""

import asyncio
import contextlib
import random
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from smsflow.dispatch.bind import keep_bound
from smsflow.dispatch.bind_state import BindStateNotifier
from smsflow.dispatch.lane import Lane
from smsflow.dispatch.lease import TIMEOUT, Lease, LeaseLost, finished
from smsflow.dispatch.ordering import Ordering
from smsflow.dispatch.sweep import Sweep
from smsflow.runtime import Platform
from smsflow.services.messages import outcomes
from smsflow.services.messages.outcomes import Graces, Way
from smsflow.store.messages import queue
from smsflow.store.postgres.notifications import listen
from smsflow.store.postgres.outages import first_line
from smsflow.store.routing.connectors import Connector
from smsflow.vault import VaultLocked

log = structlog.get_logger(__name__)

_BEAT = 1.0
# One match runs several statements, each with its own time-out.
_MATCH_TIMEOUT = TIMEOUT * 3
_GUARD = 0.1
_LISTEN_AGAIN = 1.0


@dataclass(slots=True)
class HeldBind:
    """A bind slot that this dispatcher has taken."""

    connector: Connector
    slot: int
    lane: Lane
    task: asyncio.Task[None]
    ending: bool = False

    def end(self) -> None:
        """Cancel the bind once: a second cancellation would cut short its orderly end."""
        if not self.ending:
            self.ending = True
            self.task.cancel()


class Engine:
    """One dispatcher of possibly many."""

    def __init__(self, platform: Platform, clock: Callable[[], datetime]) -> None:
        """Dispatch for `platform`."""
        self._platform = platform
        self._clock = clock
        self._held: dict[tuple[int, int], HeldBind] = {}
        self._ordering: defaultdict[int, Ordering] = defaultdict(Ordering)
        self._unowned_claims = False
        self._lease = Lease(platform.database, clock)
        self._changed = asyncio.Event()
        settings = platform.settings
        self._graces = Graces(timedelta(seconds=settings.unknown_grace), timedelta(seconds=settings.unknown_give_up))
        platform.directory.on_change(self._changed.set)

    async def run(self) -> None:
        """Dispatch until cancelled. A lost lease ends every bind at once; then a new lease is taken."""
        listening = asyncio.create_task(self._listen())
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
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    async def _hold_lease(self) -> None:
        async with self._lease.hold() as me:
            log.info("dispatching", instance=me)
            guarding = asyncio.create_task(self._guard())
            sweeping: asyncio.Task[None] | None = None
            try:
                # Before the sweep, which removes dead dispatchers: their beats must be noted while their rows are there.
                await self._tend_once(me)
                sweeping = asyncio.create_task(Sweep(self._platform, me, self._graces, self._clock).run())
                await self._tend(me, sweeping)
            finally:
                background = [t for t in (sweeping, guarding) if t is not None]
                if sweeping is not None:
                    sweeping.cancel()
                # Binds end first, because the sweep may be waiting for a database that does not answer.
                await self._stop_all()
                guarding.cancel()
                await asyncio.gather(*background, return_exceptions=True)

    async def _guard(self) -> None:
        """End every bind as soon as the lease cannot be trusted; needs no database."""
        while True:
            left = self._lease.left()
            if left <= 0:
                for held in self._held.values():
                    held.end()
            await asyncio.sleep(max(left, _GUARD))

    async def _tend(self, me: int, sweeping: asyncio.Task[None]) -> None:
        """Renew the lease and match the binds with the configuration for as long as the sweep runs."""
        while not sweeping.done():
            try:
                async with asyncio.timeout(_BEAT):
                    await self._changed.wait()
            except TimeoutError:
                pass
            await self._tend_once(me)
        sweeping.result()

    async def _tend_once(self, me: int) -> None:
        await self._lease.renew()
        self._changed.clear()
        await self._lease.watch()
        await finished(_MATCH_TIMEOUT, self._match(me))
        if self._unowned_claims or any(h.lane.unsure for h in self._held.values()):
            await self._release_unowned_claims(me)

    async def _match(self, me: int) -> None:
        """End binds that are no longer configured and open those that are; never wait for a bind to end."""
        wanted = {c.id: c for c in (await self._platform.directory.routing()).connectors if c.enabled}
        for key, held in list(self._held.items()):
            unwanted = wanted.get(key[0]) != held.connector
            if unwanted:
                held.end()
            # A bind that ended by itself was refused by the operator for good; it stays ended until its connector changes.
            if held.task.done() and (unwanted or held.task.cancelled() or held.task.exception()):
                await self._let_go(key)
        for connector in wanted.values():
            for slot in range(connector.binds):
                if (connector.id, slot) in self._held:
                    continue
                after = await self._lease.take_slot(connector.id, slot)
                if after is not None:
                    self._start(connector, slot, me, after=after)

    async def _let_go(self, key: tuple[int, int]) -> None:
        held = self._held.pop(key)
        error = None if held.task.cancelled() else held.task.exception()
        if error is not None:
            log.error("bind_failed", connector=held.connector.name, reason=first_line(error))
        self._unowned_claims = self._unowned_claims or held.lane.unsure
        await self._lease.free_slot(*key)
        if held.lane.traffic.holds():
            raise LeaseLost("a bind ended and what it had sent could not be recorded")

    async def _release_unowned_claims(self, me: int) -> None:
        """Release claims of ours that no lane holds: the answer to the claim was lost, so these messages have not left."""
        lanes = [h.lane for h in self._held.values()]
        self._unowned_claims = False
        for lane in lanes:
            lane.unsure = False
        async with self._platform.database.autocommit() as tx:
            claims = await queue.claims_of(tx, me)
        for lane in lanes:
            await lane.claimed()
        held: set[tuple[int, int]] = set().union(*(lane.traffic.holds() for lane in lanes))
        unowned = [c for c in claims if (c.message_id, c.attempt) not in held]
        if unowned:
            async with self._platform.database.transaction() as tx:
                await outcomes.give_back(tx, unowned, instance_id=me, now=self._clock())
            log.warning("unowned_claims_released", messages=len(unowned))

    def _start(self, connector: Connector, slot: int, me: int, *, after: float) -> None:
        settings = self._platform.settings
        lane = Lane(
            connector,
            Way(connector.id, connector.account_id, me, self._graces),
            self._ordering[connector.id],
            database=self._platform.database,
            vault=self._platform.vault,
            clock=self._clock,
            alive=self._lease.alive,
            poll=settings.poll_interval,
        )
        task = asyncio.create_task(self._keep(lane, slot, me, after=after), name=f"{connector.name}/{slot}")
        task.add_done_callback(lambda _task: self._changed.set())
        self._held[connector.id, slot] = HeldBind(connector, slot, lane, task)

    async def _keep(self, lane: Lane, slot: int, me: int, *, after: float) -> None:
        notifier = BindStateNotifier(self._platform.database, self._clock, lane.connector, slot, instance_id=me)
        try:
            password = self._platform.vault.open(lane.connector.password_sealed)
        except VaultLocked as error:
            await notifier.notify("stopped", str(error))
            return
        if after:
            log.info("bind_taken_over", connector=lane.connector.name, slot=slot, after=after)
            await asyncio.sleep(after)
        try:
            await keep_bound(lane, password, notify=notifier.notify, jitter=random.random, clock=time.monotonic)
        finally:
            await notifier.finish()

    async def _stop_all(self) -> None:
        """End every bind: submits in flight are answered or become unknown; then release the lease."""
        held = list(self._held.values())
        for h in held:
            h.end()
        pending = {h.task for h in held}
        while pending:
            _, pending = await asyncio.wait(pending, timeout=_BEAT)
            if pending and self._lease.alive():
                # The lease is renewed for as long as something is in flight: without it the outcomes could not be recorded.
                with contextlib.suppress(Exception):
                    await self._lease.renew()
        self._held.clear()
        # A lane that ended without a lease may still take a claim, which gets no outcome: no message to come waits for that.
        self._ordering.clear()
        await self._lease.give_back()

    async def _listen(self) -> None:
        """Wake lanes whose queue has new messages."""
        while True:
            try:
                await listen(self._platform.database.url, ("smsflow_queue",), self._heard, connected=lambda: None)
            except Exception as error:  # noqa: BLE001 - lanes poll meanwhile
                log.warning("queue_notifications_lost", reason=first_line(error))
            await asyncio.sleep(_LISTEN_AGAIN)

    def _heard(self, _channel: str, payload: str) -> None:
        for held in self._held.values():
            if str(held.connector.id) == payload:
                held.lane.wake()
