"""A lane: one bind of one connector, kept full with claimed messages as far as window, rate and operator allow."""

import asyncio
import contextlib
import heapq
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import count

import structlog

from smsflow import observe
from smsflow.connectors import smpp as wire
from smsflow.dispatch.inbound import Receiver
from smsflow.dispatch.recorder import Recorder
from smsflow.dispatch.sending import Piece, Sending
from smsflow.dispatch.throttle import Throttle
from smsflow.domain.delivery import Accepted, Deferred, NotSent, Outcome, Outlived, Unanswered, backoff
from smsflow.services import progress
from smsflow.services.progress import Report, Way
from smsflow.services.vault import Vault, VaultLocked
from smsflow.smpp.client import Link
from smsflow.smpp.pdu import DeliverSm
from smsflow.store import queue
from smsflow.store.db import Database, is_outage
from smsflow.store.routes import Connector

log = structlog.get_logger(__name__)

# A connector with a rate claims what leaves within this time, so that an OTP never waits behind a long row of claims.
_CLAIM_AHEAD = 0.1
_CLAIM_MOST = 200
_DATABASE_AWAY = 0.5


class Lane:
    """Claims, submits without waiting for answers, and hands what happened to a recorder.

    Claims that are not recorded yet never exceed the window: that is how many messages one death can leave unknown.
    """

    def __init__(
        self,
        connector: Connector,
        way: Way,
        *,
        database: Database,
        vault: Vault,
        clock: Callable[[], datetime],
        alive: Callable[[], bool],
        poll: float,
    ) -> None:
        """Prepare a lane; `alive` tells whether this process still holds its lease."""
        self.connector = connector
        self._way = way
        self._database = database
        self._vault = vault
        self._clock = clock
        self._alive = alive
        self._poll = poll
        self._throttle = Throttle(connector.rate, now=time.monotonic())
        self._link: Link | None = None
        self._receiver = Receiver(connector, database, clock)
        self._pieces: list[Piece] = []
        self._orders = count()
        self._held: dict[tuple[int, int], Sending] = {}
        self._held_pdus = 0
        self._room = asyncio.Event()
        self._work = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._accepted_at = time.monotonic()
        self._accepted_since = 0
        self._outcomes: Recorder[Report] = Recorder(self._record, name="outcomes", most=500, poisoned=self._give_up_on)
        self._submits = observe.submits_total.labels(connector.name)
        self._ok = observe.responses_total.labels(connector.name, wire.status_name(0))
        self._in_use = observe.window_in_use.labels(connector.name)

    def wake(self) -> None:
        """There is something to claim."""
        self._work.set()

    async def run(self, link: Link) -> None:
        """Send by `link` until it is lost or this is cancelled; whatever is held then has an outcome before this returns."""
        self._link = link
        background = [asyncio.create_task(w.run()) for w in (self._outcomes, self._receiver.recorder)]
        try:
            await self._claim_for_ever(link)
        finally:
            await self._finish(link)
            for task in background:
                task.cancel()
            await asyncio.gather(*background, return_exceptions=True)
            self._link = None

    async def _claim_for_ever(self, link: Link) -> None:
        while link.bound:
            limit = self._claimable()
            if limit <= 0:
                self._room.clear()
                wait = self._throttle.wait(time.monotonic())
                await self._wait_for(self._room, min(wait, self._poll) if wait else self._poll)
                continue
            self._work.clear()
            try:
                async with self._database.autocommit() as tx:
                    claims = await queue.claim(tx, self.connector.id, instance_id=self._way.instance_id, limit=limit)
            except Exception as error:
                if not is_outage(error):
                    raise
                log.warning(
                    "claiming_waits_for_database", connector=self.connector.name, reason=str(error).splitlines()[0]
                )
                await asyncio.sleep(_DATABASE_AWAY)
                continue
            now = self._clock()
            for claim in claims:
                self._take(claim, now)
            self._pump()
            if len(claims) < limit:
                await self._wait_for(self._work, self._poll)

    def _claimable(self) -> int:
        """How many messages to claim now."""
        if not self._alive():
            return 0
        room = self.connector.window - self._held_pdus
        throttle = self._throttle
        if throttle.rate is not None:
            now = time.monotonic()
            if throttle.wait(now) > _CLAIM_AHEAD:
                return 0
            room = min(room, max(1, int(throttle.rate * _CLAIM_AHEAD)) - len(self._pieces))
        return min(room, _CLAIM_MOST)

    def _take(self, claim: queue.Claimed, now: datetime) -> None:
        try:
            text = self._vault.open(claim.text) if claim.sealed else claim.text
            bodies = wire.bodies(self.connector, claim.id, claim.number, claim.sender, text, claim.valid_until)
        except (ValueError, VaultLocked) as error:
            log.error("message_cannot_be_encoded", message_id=claim.id, reason=str(error))
            self._hold(Sending(claim, [b""]))
            self._report_claim(claim, Deferred(str(error), backoff(claim.attempt)))
            return
        sending = Sending(claim, bodies)
        self._hold(sending)
        if claim.valid_until <= now:
            self._report(sending, Outlived())
            return
        order = next(self._orders)
        for part in range(len(bodies)):
            heapq.heappush(self._pieces, Piece(claim.kind, order, part, sending))

    def _hold(self, sending: Sending) -> None:
        self._held[sending.claim.id, sending.claim.attempt] = sending
        self._held_pdus += len(sending.bodies)

    def _pump(self) -> None:
        """Submit what window and throttle allow now, and come back when the throttle allows more."""
        link = self._link
        if link is None or not link.bound or not self._alive():
            return
        now = time.monotonic()
        throttle = self._throttle
        submitted = 0
        while self._pieces and link.free and throttle.allowance(now) >= 1:
            piece = heapq.heappop(self._pieces)
            sending = piece.sending
            if sending.reported:
                continue
            link.submit_raw(sending.bodies[piece.part], piece)
            sending.submitted += 1
            throttle.spend(now)
            submitted += 1
        if submitted:
            self._submits.inc(submitted)
            self._in_use.set(link.in_flight)
        if self._pieces and self._timer is None and link.free:
            wait = throttle.wait(now)
            if wait != float("inf"):
                self._timer = asyncio.get_running_loop().call_later(max(wait, 0.001), self._pump_later)

    def _pump_later(self) -> None:
        self._timer = None
        self._pump()
        self._room.set()

    def on_response(self, token: Piece, status: int, message_id: str) -> None:
        """Take the operator's answer to one PDU."""
        sending = token.sending
        now = time.monotonic()
        if status == 0:
            self._throttle.accepted(now)
            self._accepted_since += 1
            outcome = sending.accept(token.part, wire.stored_reference(message_id))
            if outcome is not None:
                self._report(sending, outcome)
        elif wire.is_throttle(status):
            self._count(status)
            self._slow_down(now, status)
            sending.submitted -= 1
            heapq.heappush(self._pieces, token)
        elif wire.is_temporary(status):
            self._count(status)
            self._throttle.accepted(now)
            wait = backoff(sending.claim.attempt)
            self._report(
                sending, Deferred(wire.status_name(status), wait) if not sending.answered else Unanswered("partly sent")
            )
        else:
            self._count(status)
            self._throttle.accepted(now)
            self._report(sending, sending.refuse(wire.status_name(status)))
        if self._pieces:
            self._pump()

    def on_unanswered(self, tokens: Sequence[Piece]) -> None:
        """Take PDUs that the operator did not answer in time."""
        self._throttle.unanswered()
        for token in tokens:
            self._report(token.sending, token.sending.lose("no answer in time"))
        log.warning("submits_unanswered", connector=self.connector.name, submits=len(tokens))
        self._pump()

    def on_late_response(self, token: Piece, status: int, message_id: str) -> None:
        """Take an answer that came after its time: it settles the message if nobody else has."""
        if status == 0:
            outcome = token.sending.accept(token.part, wire.stored_reference(message_id))
            if outcome is not None:
                self._outcomes.put(Report(token.sending.claim.id, token.sending.claim.attempt, outcome))

    def on_deliver(self, link: Link, sequence: int, pdu: DeliverSm) -> None:
        """Take a receipt or a message from a handset."""
        self._receiver.take(link, sequence, pdu)

    def on_lost(self, tokens: Sequence[Piece], reason: str) -> None:
        """Take the end of the link: what was submitted and not answered is unknown."""
        for token in tokens:
            self._report(token.sending, token.sending.lose(reason))
        self._room.set()
        self._work.set()

    def _slow_down(self, now: float, status: int) -> None:
        rate = self._accepted_since / max(0.1, now - self._accepted_at)
        before = self._throttle.wait(now)
        self._throttle.throttled(now, sent_per_second=rate)
        self._accepted_at, self._accepted_since = now, 0
        if not before:
            name, pause = wire.status_name(status), self._throttle.wait(now)
            log.warning(
                "operator_throttles", connector=self.connector.name, status=name, rate=self._throttle.rate, pause=pause
            )

    def _count(self, status: int) -> None:
        observe.responses_total.labels(self.connector.name, wire.status_name(status)).inc()

    def _report(self, sending: Sending, outcome: Outcome) -> None:
        if not sending.reported:
            sending.reported = True
            self._report_claim(sending.claim, outcome)

    def _report_claim(self, claim: queue.Claimed, outcome: Outcome) -> None:
        self._outcomes.put(Report(claim.id, claim.attempt, outcome))

    async def _record(self, reports: Sequence[Report]) -> None:
        await progress.record(self._database, self._way, reports, now=self._clock())
        for r in reports:
            sending = self._held.pop((r.message_id, r.attempt), None)
            if sending is not None:
                self._held_pdus -= len(sending.bodies)
        self._room.set()
        self._ok.inc(sum(len(r.outcome.references) for r in reports if isinstance(r.outcome, Accepted)))

    async def _give_up_on(self, report: Report) -> None:
        """The database refuses this outcome as it is: the message may have left, and that can always be recorded."""
        if not isinstance(report.outcome, Unanswered):
            await self._record(
                [Report(report.message_id, report.attempt, Unanswered("its outcome could not be recorded"))]
            )

    async def _finish(self, link: Link) -> None:
        """Let what is in flight be answered, give back what has not left, and record it all."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._pieces.clear()
        for sending in list(self._held.values()):
            if not sending.submitted:
                self._report(sending, NotSent())
        await link.close(drain=min(5.0, float(self.connector.response_timeout)))
        for sending in list(self._held.values()):
            self._report(sending, NotSent() if not sending.submitted else sending.lose("the link was closed"))
        if self._alive():
            await self._outcomes.drain()
            await self._receiver.recorder.drain()
        self._in_use.set(0)

    @staticmethod
    async def _wait_for(event: asyncio.Event, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await event.wait()
