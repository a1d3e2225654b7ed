"""The sweep: what time alone brings about — dates that come, graces that end, dispatchers that died, connectors that stay down."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import structlog

from smsflow import observe
from smsflow.connectors.smpp import forms
from smsflow.domain.message import Status
from smsflow.domain.phone import Number
from smsflow.runtime import Platform
from smsflow.services import inbound
from smsflow.services.messages import holding, outcomes, receipts
from smsflow.services.messages.outcomes import Graces
from smsflow.store.messages import closing, queue, unknowns
from smsflow.store.messages import receipts as stored_receipts
from smsflow.store.messages.queue import FRONT, Place
from smsflow.store.postgres.arrays import ints
from smsflow.store.postgres.outages import first_line
from smsflow.store.postgres.transactions import Tx
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
# Looks for claims without an owner after a start and after a death: more than one, because a claim may have been on its way.
_LOOKS = 5
# How much older than overdue a parked receipt is that is looked at every second, and how often all are (seconds).
_YOUNG = timedelta(seconds=10)
_OLD_EVERY = 60.0
# How long it takes at most until an answer that came, or did not come in time, is in the database.
_RECORDED_WITHIN = timedelta(seconds=2)
_EVER = datetime(1970, 1, 1, tzinfo=UTC)
# Pages of a queue that one look at a connector that is down goes through; the next look goes on from there.
_PAGES = 5


class Sweep:
    """Every dispatcher sweeps; what one has locked, the others step over."""

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

    async def run(self) -> None:
        """Sweep until cancelled."""
        await self._every(
            (_DATES_EVERY, self._release_due),
            (_UNKNOWN_EVERY, self._resend_unknown),
            (_UNKNOWN_EVERY, self._unpark_young),
            (_OLD_EVERY, self._unpark_all),
            (_INSTANCES_EVERY, self._bury_the_dead),
            (_FALLBACK_EVERY, self._fall_back),
            (_HELD_EVERY, self._free_resumed),
            (_VALIDITY_EVERY, self._expire_waiting),
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
            released = await inbound.release(tx, now=self._clock())
        if released:
            log.warning("inbound_released_incomplete", messages=released)

    async def _release_due(self) -> None:
        """Let planned and deferred messages leave whose time has come."""
        while True:
            async with self._database.transaction() as tx:
                if await queue.release_due(tx, now=self._clock(), limit=_MOST) < _MOST:
                    return

    async def _resend_unknown(self) -> None:
        """Send again what stayed unknown past its grace, by another connector where there is one."""
        now = self._clock()
        async with self._database.transaction() as tx:
            unsettled = await unknowns.to_resend(tx, now=now, limit=_MOST)
            again = [(w.message_id, await self._next_way(w)) for w in unsettled if w.valid_until > now]
            if again:
                await unknowns.requeue(tx, again, now=now)
                log.info("unknown_sent_again", messages=len(again))
            late = [w.message_id for w in unsettled if w.valid_until <= now]
            if late:
                # It may have been delivered, so its credits stay where they are.
                locked = await closing.lock(tx, late)
                ended = [closing.Closed(m, Status.EXPIRED, "validity ended", refund=False) for m in late]
                await closing.close(tx, ended, locked, now=now)
            await unknowns.give_up(tx, now=now, limit=_MOST)

    async def _next_way(self, waiting: unknowns.Waiting) -> int:
        table = (await self._platform.directory.routing()).table
        number = Number(waiting.number, waiting.country, mobile=True)
        ways = table.decide(number, company_id=waiting.company_id, sender=waiting.sender, kind=waiting.kind)
        others = [w for w in ways if w != waiting.connector_id]
        return (others or [waiting.connector_id])[0]

    async def _unpark_young(self) -> None:
        """Settle receipts that came before their submit was recorded, and those of messages whose answer is overdue."""
        await self._unpark(_YOUNG)

    async def _unpark_all(self) -> None:
        """Settle what had to wait longer; strangers, which never find a message, may be many, so this is seldom."""
        await self._unpark(None)

    async def _unpark(self, age: timedelta | None) -> None:
        """Settle what was parked and has a message now; what is overdue for longer than `age` is left out."""
        now = self._clock()
        connectors: dict[int, Connector] = {}
        answered: dict[int, datetime] = {}
        for c in (await self._platform.directory.routing()).connectors:
            connectors[c.account_id] = c
            due = now - timedelta(seconds=c.response_timeout) - _RECORDED_WITHIN
            answered[c.account_id] = min(due, answered.get(c.account_id, due))
        since = _EVER if age is None else min(answered.values(), default=now) - age
        async with self._database.transaction() as tx:
            by_account: dict[int, list[stored_receipts.News]] = {}
            for news in await stored_receipts.unpark(tx, since=since, answered=answered, limit=_MOST):
                by_account.setdefault(news.account_id, []).append(news)
            for account_id, ours in by_account.items():
                connector = connectors.get(account_id)
                policy = connector.delivered_when if connector else "all"
                ways = forms(connector) if connector else (lambda _reference: ())
                strangers = await receipts.settle(tx, ours, policy=policy, forms=ways, guess=True, now=now)  # type: ignore[arg-type]
                if strangers:
                    await stored_receipts.park(tx, strangers, forms=ways, now=now)

    async def _bury_the_dead(self) -> None:
        """Take back what dispatchers had claimed whose session has ended, or who have stood still for a whole lease."""
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
                    log.warning("dispatcher_buried", instance=other.id, host=other.host, pid=other.pid, gone=gone)
                    self._looks = _LOOKS
        if self._looks:
            self._looks -= 1
            await self._take_back_unowned()

    async def _take_back_unowned(self) -> None:
        async with self._database.autocommit() as tx:
            unowned = await dispatchers.unowned(tx)
        for instance_id in unowned:
            taken = await outcomes.take_back(self._database, instance_id, graces=self._graces, now=self._clock())
            log.warning("claims_taken_back", instance=instance_id, messages=taken)

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
                for _ in range(_PAGES):
                    async with self._database.transaction() as tx:
                        if not await self._move(tx, connector, out):
                            break

    async def _move(self, tx: Tx, connector: Connector, out: frozenset[int]) -> bool:
        """Move a page of what waits for a connector; False at the end of its queue. What has no other way is stepped over."""
        now = self._clock()
        table = (await self._platform.directory.routing()).table
        moved: list[tuple[int, int]] = []
        late: list[int] = []
        after = self._looked_at.pop(connector.id, FRONT)
        page = await queue.stuck(tx, connector.id, after=after, before=now, limit=_MOST)
        for s in page:
            number = Number(s.number, s.country, mobile=True)
            ways = table.decide(number, company_id=s.company_id, sender=s.sender, kind=s.kind, without=out)
            if s.valid_until <= now:
                late.append(s.message_id)
            elif ways:
                moved.append((s.message_id, ways[0]))
        if late:
            locked = await closing.lock(tx, late)
            ended = [closing.Closed(m, Status.EXPIRED, "validity ended", refund=True) for m in late]
            await closing.close(tx, ended, locked, now=now)
        if moved:
            await queue.move(tx, ints(m for m, _ in moved), ints(c for _, c in moved))
            log.warning("fallback", connector=connector.name, messages=len(moved))
        if len(page) < _MOST:
            return False
        self._looked_at[connector.id] = page[-1].place
        return True

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
