"""The sweep: wakes, calls the services that do what time alone brings about, and sleeps."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import structlog

from smsflow import observe
from smsflow.connectors.smpp import forms
from smsflow.domain.routing import Table
from smsflow.runtime import Platform
from smsflow.services import inbound
from smsflow.services.messages import holding, overdue, parked
from smsflow.services.messages.outcomes import Graces
from smsflow.services.messages.parked import ReceiptRules
from smsflow.store.messages import queue, unsettled
from smsflow.store.messages.parked import Look
from smsflow.store.messages.rerouting import FRONT, Place
from smsflow.store.postgres.outages import first_line
from smsflow.store.routing import dispatchers
from smsflow.store.routing.connectors import Connector

log = structlog.get_logger(__name__)

_MOST = 1000
_DATES_EVERY = 0.5
_UNKNOWN_EVERY = 1.0
_INSTANCES_EVERY = 1.0
_DEPTHS_EVERY = 15.0
_FALLBACK_EVERY = 2.0
_HELD_EVERY = 1.0
_VALIDITY_EVERY = 2.0
_INBOUND_EVERY = 5.0
_SENT_EVERY = 5.0
# Twice the longest that a statement may take.
_COMMITTED_WITHIN = 60.0
# Blocks of messages that one step remembers, and looks at: as many as ten thousand SMS a second make.
_BLOCKS = 20
# Looks for claims without an owner after a start and after a death: more than one, because a claim may have been on its way.
_LOOKS = 5
# How much older than overdue a parked receipt may be to be looked at every second.
_YOUNG = timedelta(seconds=10)
# How often a page of all parked receipts of each account is looked at.
_OLD_EVERY = 10.0
# How long it takes at most until an answer that came, or did not come in time, is in the database.
_RECORDED_WITHIN = timedelta(seconds=2)
_FIRST = (datetime(1970, 1, 1, tzinfo=UTC), 0)
# Pages of a queue that one look at a connector that is down goes through; the next look goes on from there.
_PAGES = 5


class Sweep:
    """Every dispatcher sweeps; the others step over the rows that one has locked."""

    def __init__(self, platform: Platform, me: int, graces: Graces, clock: Callable[[], datetime]) -> None:
        """Sweep as instance `me`."""
        self._platform = platform
        self._database = platform.database
        self._me = me
        self._graces = graces
        self._clock = clock
        self._beats: dict[int, tuple[int, float]] = {}
        self._down_since: dict[int, float] = {}
        self._looks = _LOOKS
        self._looked_at: dict[int, Place] = {}
        self._expired_to = 0
        self._parked_at: dict[int, tuple[datetime, int]] = {}
        self._last_ids: list[tuple[float, int]] = []

    async def run(self) -> None:
        """Sweep until cancelled."""
        await self._every(
            (_DATES_EVERY, self._release_due),
            (_UNKNOWN_EVERY, self._resend_unknown),
            (_UNKNOWN_EVERY, self._settle_young_receipts),
            (_OLD_EVERY, self._settle_old_receipts),
            (_INSTANCES_EVERY, self._declare_dead),
            (_FALLBACK_EVERY, self._fall_back),
            (_HELD_EVERY, self._free_resumed),
            (_VALIDITY_EVERY, self._expire_waiting),
            (_SENT_EVERY, self._expire_sent),
            (_DEPTHS_EVERY, self._measure),
            (_INBOUND_EVERY, self._release_inbound),
        )

    async def _every(self, *steps: tuple[float, Callable[[], Awaitable[None]]]) -> None:
        async def repeat(seconds: float, step: Callable[[], Awaitable[None]]) -> None:
            while True:
                try:
                    await step()
                except Exception as error:  # noqa: BLE001 - one step that fails must not stop the others, nor itself
                    log.warning("sweep_step_failed", step=step.__name__, reason=first_line(error))
                await asyncio.sleep(seconds)

        async with asyncio.TaskGroup() as group:
            for seconds, step in steps:
                group.create_task(repeat(seconds, step))

    async def _release_inbound(self) -> None:
        """Release the inbound texts whose missing parts did not come in time."""
        async with self._database.transaction() as tx:
            released = await inbound.release(tx, fingerprint=self._platform.vault.fingerprint, now=self._clock())
        if released:
            log.warning("inbound_released_incomplete", messages=released)

    async def _release_due(self) -> None:
        """Let planned and deferred messages leave whose time has come."""
        while True:
            async with self._database.transaction() as tx:
                if await overdue.release_due(tx, now=self._clock(), limit=_MOST) < _MOST:
                    return

    async def _resend_unknown(self) -> None:
        """Send again or end what stayed unknown past its grace."""
        table = (await self._platform.directory.routing()).table
        async with self._database.transaction() as tx:
            again = await overdue.resend_unknown(tx, table, limit=_MOST, now=self._clock())
        if again:
            log.info("unknown_sent_again", messages=again)
        async with self._database.transaction() as tx:
            await overdue.give_up(tx, limit=_MOST, now=self._clock())

    async def _settle_young_receipts(self) -> None:
        """Settle parked receipts that came before their submit was recorded, and those of messages whose answer is overdue."""
        await self._settle_parked(newest=True)

    async def _settle_old_receipts(self) -> None:
        """Settle a page of the parked receipts that had to wait longer, each time from where the last page ended."""
        await self._settle_parked(newest=False)

    async def _settle_parked(self, *, newest: bool) -> None:
        now = self._clock()
        connectors = {c.account_id: c for c in (await self._platform.directory.routing()).connectors}
        timeouts: dict[int, int] = {}
        for c in (await self._platform.directory.routing()).connectors:
            timeouts[c.account_id] = max(c.response_timeout, timeouts.get(c.account_id, 0))

        def look(account_id: int) -> Look:
            answered = now - timedelta(seconds=timeouts.get(account_id, 0)) - _RECORDED_WITHIN
            return Look(
                account_id, answered, (answered - _YOUNG, 0) if newest else self._parked_at.get(account_id, _FIRST)
            )

        def read(account_id: int) -> ReceiptRules:
            connector = connectors.get(account_id)
            if connector is None:
                return ReceiptRules("all", lambda _reference: ())
            return ReceiptRules(connector.delivered_when, forms(connector))  # type: ignore[arg-type]

        async with self._database.transaction() as tx:
            looks = [look(account_id) for account_id in await parked.accounts(tx)]
            seen = await parked.settle_parked(tx, looks, read=read, newest=newest, limit=_MOST, now=now)
        if not newest:
            # Behind the last one it begins again with the oldest.
            self._parked_at = {account_id: seen.ends[account_id] for account_id in seen.full}

    async def _declare_dead(self) -> None:
        """Declare dispatchers dead whose session has ended, or that have stood still for a whole lease, and take back what they had claimed."""
        moment = time.monotonic()
        async with self._database.autocommit() as tx:
            others = await dispatchers.others(tx, self._me)
        seen = {o.id: self._beats.get(o.id, (o.beat, moment)) for o in others}
        self._beats = {o.id: seen[o.id] if seen[o.id][0] == o.beat else (o.beat, moment) for o in others}
        for other in others:
            stood_still = moment - self._beats[other.id][1] > self._platform.settings.claim_lease
            async with self._database.transaction() as tx:
                gone = await dispatchers.has_gone(tx, other.id)
                if gone or stood_still:
                    await dispatchers.declare_dead(tx, other.id)
                    log.warning(
                        "dispatcher_declared_dead", instance=other.id, host=other.host, pid=other.pid, gone=gone
                    )
                    self._looks = _LOOKS
        if self._looks:
            self._looks -= 1
            await self._take_back_unowned()

    async def _take_back_unowned(self) -> None:
        async with self._database.autocommit() as tx:
            unowned = await dispatchers.unowned(tx)
        for instance_id in unowned:
            total, taken = 0, _MOST
            while taken == _MOST:
                async with self._database.transaction() as tx:
                    taken = await overdue.take_back(
                        tx, instance_id, graces=self._graces, limit=_MOST, now=self._clock()
                    )
                total += taken
            log.warning("claims_taken_back", instance=instance_id, messages=total)

    async def _fall_back(self) -> None:
        """Move what waits for connectors that are disabled, or have been down too long, to the next of their routes."""
        ways = await self._platform.directory.routing()
        async with self._database.autocommit() as tx:
            up = {b.connector_id for b in await dispatchers.binds(tx) if b.state == "bound"}
        moment = time.monotonic()
        down = {c.id for c in ways.connectors if not c.enabled or c.id not in up}
        self._down_since = {c: self._down_since.get(c, moment) for c in down}
        after = self._platform.settings.fallback_after
        out = frozenset(
            c.id for c in ways.connectors if c.id in down and (not c.enabled or moment - self._down_since[c.id] > after)
        )
        for connector in ways.connectors:
            if connector.id in out:
                await self._reroute(connector, ways.table, out)

    async def _reroute(self, connector: Connector, table: Table, out: frozenset[int]) -> None:
        """Go through some pages of a connector's queue, from where the last look ended."""
        after = self._looked_at.pop(connector.id, FRONT)
        for _ in range(_PAGES):
            async with self._database.transaction() as tx:
                found = await overdue.reroute(
                    tx, table, connector.id, out=out, after=after, limit=_MOST, now=self._clock()
                )
            if found.moved:
                log.warning("fallback", connector=connector.name, messages=found.moved)
            if found.after is None:
                return
            after = found.after
        self._looked_at[connector.id] = after

    async def _free_resumed(self) -> None:
        """Let messages go whose company may send again."""
        for _ in range(_PAGES):
            async with self._database.transaction() as tx:
                if await holding.free_resumed(tx, limit=_MOST, now=self._clock()) < _MOST:
                    return

    async def _expire_waiting(self) -> None:
        """End messages in the queue whose validity has ended; a deep queue takes several calls."""
        for _ in range(_PAGES):
            async with self._database.transaction() as tx:
                self._expired_to = await holding.expire(tx, after=self._expired_to, limit=_MOST, now=self._clock())
            if not self._expired_to:
                return

    async def _expire_sent(self) -> None:
        """End sent messages whose validity has passed without a receipt."""
        async with self._database.autocommit() as tx:
            last = await unsettled.last_id(tx)
        moment = time.monotonic()
        # An id is given before its message is committed: the message of an id given a while ago is there, or never comes.
        self._last_ids = [(at, i) for at, i in self._last_ids if moment - at < _COMMITTED_WITHIN * 2] + [(moment, last)]
        settled = [last_id for at, last_id in self._last_ids if moment - at >= _COMMITTED_WITHIN]
        for _ in range(_BLOCKS if settled else 0):
            async with self._database.transaction() as tx:
                if not await overdue.remember_sent(tx, below=settled[-1] + 1):
                    break
        for _ in range(_BLOCKS):
            async with self._database.transaction() as tx:
                ended = await overdue.expire_sent(tx, limit=_MOST, now=self._clock())
            if ended is None:
                return
            if ended:
                log.info("sent_without_receipt_expired", messages=ended)

    async def _measure(self) -> None:
        names = {c.id: c.name for c in (await self._platform.directory.routing()).connectors}
        async with self._database.autocommit() as tx:
            depths = {d.connector_id: d for d in await queue.depths(tx)}
        now = self._clock()
        for connector_id, name in names.items():
            depth = depths.get(connector_id)
            observe.queue_depth.labels(name).set(depth.waiting + depth.planned if depth else 0)
            age = max(timedelta(0), now - depth.oldest) if depth and depth.oldest else timedelta(0)
            observe.queue_oldest_seconds.labels(name).set(age.total_seconds())
