"""A lane: claims messages for one bind of a connector, as many as its traffic has room for, and records their outcomes."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from datetime import datetime

import structlog

from smsflow import observe
from smsflow.connectors import smpp
from smsflow.dispatch import recorder
from smsflow.dispatch.inbound import Receiver
from smsflow.dispatch.ordering import Ordering
from smsflow.dispatch.traffic import Traffic
from smsflow.domain.delivery import Accepted, Unanswered
from smsflow.services.grouping import GroupCommit
from smsflow.services.messages import set_aside
from smsflow.services.messages.outcomes import Report, Way
from smsflow.smpp.net.client import Link
from smsflow.store.messages import queue
from smsflow.store.postgres.outages import first_line, may_pass
from smsflow.store.postgres.transactions import Database
from smsflow.store.routing.connectors import Connector
from smsflow.vault import Vault

log = structlog.get_logger(__name__)

# Between a claim that failed and the next.
_CLAIM_AGAIN = 0.5
# For this long after it found messages a lane polls by itself, so that accepting needs no notification (services/messages/intake).
_BUSY = 1.0
_LOOK_AGAIN = 0.02
# How long the end of a lane waits for answers, and without a lease for the database.
_DRAIN = 5.0
_RECORD_WITHOUT_LEASE = 1.0
_LOOK_AT_LEASE = 0.2


class Lane:
    """Claims messages, lets its traffic submit them without waiting for answers, and gives the outcomes to a recorder."""

    def __init__(
        self,
        connector: Connector,
        way: Way,
        ordering: Ordering,
        *,
        database: Database,
        vault: Vault,
        clock: Callable[[], datetime],
        alive: Callable[[], bool],
        poll: float,
    ) -> None:
        """Prepare a lane; `ordering` is that of all lanes of its connector, `alive` tells whether this process still holds its lease."""
        self.connector = connector
        self._way = way
        self._ordering = ordering
        self._database = database
        self._clock = clock
        self.alive = alive
        self._poll = poll
        # Claims, outcomes and receipts take turns, so that each writes a larger batch when its turn comes.
        self._turn = asyncio.Lock()
        self._busy_until = 0.0
        self._work = asyncio.Event()
        self._near = 0
        """The id of the last message claimed: the next ones are most likely in the same partition."""
        self._claiming: asyncio.Task[int] | None = None
        self.unsure = False
        """The answer to a claim was lost: the database may know of claims that no lane holds."""
        self._outcomes: GroupCommit[Report] = GroupCommit(
            self._record, name="outcomes", most=500, set_aside=self._set_aside
        )
        self._receiver = Receiver(connector, database, clock, self._turn, fingerprint=vault.fingerprint)
        self.traffic = Traffic(
            connector,
            vault=vault,
            clock=clock,
            alive=alive,
            report=self._outcomes.put,
            receiver=self._receiver,
            ordering=ordering,
        )
        self._ok = observe.responses_total.labels(connector.name, smpp.status_name(0))

    def wake(self) -> None:
        """Look for messages to claim now."""
        self._work.set()

    async def claimed(self) -> None:
        """Wait for the claim that is under way, if any."""
        if self._claiming is not None:
            await asyncio.wait([self._claiming])

    async def run(self, link: Link) -> None:
        """Send by `link` until it is lost or this is cancelled; every claim that is held has an outcome before this returns."""
        self.traffic.begin(link)
        background = [asyncio.create_task(w.run()) for w in (self._outcomes, self._receiver.recorder)]
        try:
            await self._claim_until_lost(link)
        finally:
            # A cancellation often comes together with the loss of the link; it must not cut the end short.
            ending = asyncio.create_task(self._end(link, background))
            while not ending.done():
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.wait([ending])
            ending.result()

    async def _end(self, link: Link, background: Sequence[asyncio.Task[None]]) -> None:
        try:
            await self._finish(link)
        finally:
            for task in background:
                task.cancel()
            await asyncio.gather(*background, return_exceptions=True)

    async def _claim_until_lost(self, link: Link) -> None:
        traffic = self.traffic
        while link.bound:
            limit = traffic.claimable()
            if limit <= 0:
                traffic.room.clear()
                wait = traffic.wait()
                await _wait_for(traffic.room, min(wait, self._poll) if wait else self._poll)
                continue
            self._work.clear()
            # A claim that has begun is finished even when this is cancelled: otherwise no lane would hold its rows.
            self._claiming = asyncio.create_task(self._claim(limit))
            try:
                claimed = await asyncio.shield(self._claiming)
            except Exception as error:
                self.unsure = True
                if may_pass(error):
                    log.warning("claiming_waits_for_database", connector=self.connector.name, reason=first_line(error))
                else:
                    # The bind stays up: receipts come by it, and a new link would claim no better.
                    log.exception("claim_failed", connector=self.connector.name)
                await asyncio.sleep(_CLAIM_AGAIN)
                continue
            traffic.pump()
            if claimed:
                self._busy_until = time.monotonic() + _BUSY
            if claimed < limit:
                await _wait_for(self._work, _LOOK_AGAIN if self._is_busy() else self._poll)

    def _is_busy(self) -> bool:
        return time.monotonic() < self._busy_until

    async def _claim(self, limit: int) -> int:
        async with self._ordering.claiming:
            async with self._turn, self._database.autocommit() as tx:
                claims = await queue.claim(
                    tx, self.connector.id, instance_id=self._way.instance_id, limit=limit, near=self._near
                )
            if claims:
                self._near = self._receiver.near = claims[-1].id
            for claim in claims:
                self.traffic.take(claim)
        return len(claims)

    async def _record(self, reports: Sequence[Report]) -> None:
        async with self._turn:
            await recorder.record(self._database, self._way, reports, now=self._clock())
        for r in reports:
            self.traffic.let_go(r)
        self.traffic.room.set()
        if self._is_busy():
            self._work.set()
        self._ok.inc(sum(len(r.outcome.references) for r in reports if isinstance(r.outcome, Accepted)))

    async def _set_aside(self, report: Report, error: Exception) -> None:
        """Record an outcome that the database refuses as unanswered: the message may have left."""
        self.traffic.let_go(report, recorded=False)
        async with self._database.autocommit() as tx:
            await set_aside.keep_outcome(tx, report, error, connector_id=self.connector.id, now=self._clock())
        if not isinstance(report.outcome, Unanswered):
            await self._record(
                [Report(report.message_id, report.attempt, Unanswered("its outcome could not be recorded"))]
            )

    async def _finish(self, link: Link) -> None:
        """End the traffic and record every outcome."""
        while self._claiming is not None and not self._claiming.done() and self.alive():
            await asyncio.wait([self._claiming], timeout=_LOOK_AT_LEASE)
        if self._claiming is not None and (not self._claiming.done() or self._claiming.exception() is not None):
            self.unsure = True
        await self.traffic.finish(link, min(_DRAIN, float(self.connector.response_timeout)) if self.alive() else 0.0)
        await self._record_the_rest()

    async def _record_the_rest(self) -> None:
        """Wait until everything is recorded; without a lease only briefly, because other dispatchers take back our claims."""
        rest = {asyncio.create_task(r.drain()) for r in (self._outcomes, self._receiver.recorder)}
        try:
            while rest:
                _, rest = await asyncio.wait(rest, timeout=_RECORD_WITHOUT_LEASE)
                if not self.alive():
                    break
        finally:
            for drain in rest:
                drain.cancel()


async def _wait_for(event: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
