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
from smsflow.services.vault import Vault
from smsflow.smpp.client import Link
from smsflow.smpp.pdu import DeliverSm
from smsflow.store import queue
from smsflow.store.db import Database, first_line, is_outage
from smsflow.store.routes import Connector

log = structlog.get_logger(__name__)

# A connector with a rate claims what leaves within this time, so that an OTP never waits behind a long row of claims.
_CLAIM_AHEAD = 0.1
_CLAIM_MOST = 200
_DATABASE_AWAY = 0.5
# For so long after it found something, a lane looks again by itself: meanwhile the doors need not wake it (see services.intake).
_BUSY = 1.0
_LOOK_AGAIN = 0.02
# How long an end waits for answers, and without a lease for the database.
_DRAIN = 5.0
_RECORD_WITHOUT_LEASE = 1.0
_LOOK_AT_LEASE = 0.2


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
        self.alive = alive
        self._poll = poll
        self._throttle = Throttle(connector.rate, now=time.monotonic())
        self._link: Link | None = None
        # Claims, outcomes and receipts take turns: each finds more to do when its turn comes, and writes it in one go.
        self._turn = asyncio.Lock()
        self._busy_until = 0.0
        self._receiver = Receiver(connector, database, clock, self._turn)
        self._pieces: list[Piece] = []
        self._orders = count()
        self._held: dict[tuple[int, int], Sending] = {}
        self._held_pdus = 0
        self._room = asyncio.Event()
        self._work = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._claiming: asyncio.Task[int] | None = None
        self.unsure = False
        """A claim was made whose answer never came: the database may know of claims that nobody holds."""
        self._accepted_at = time.monotonic()
        self._accepted_since = 0
        self._outcomes: Recorder[Report] = Recorder(self._record, name="outcomes", most=500, poisoned=self._give_up_on)
        self._submits = observe.submits_total.labels(connector.name)
        self._ok = observe.responses_total.labels(connector.name, wire.status_name(0))
        self._in_use = observe.window_in_use.labels(connector.name)

    def wake(self) -> None:
        """There is something to claim."""
        self._work.set()

    def holds(self) -> set[tuple[int, int]]:
        """Return the claims, as (message, attempt), whose outcome is not recorded yet."""
        return set(self._held)

    async def claimed(self) -> None:
        """Wait for the claim that is being made, if any."""
        if self._claiming is not None:
            await asyncio.wait([self._claiming])

    async def run(self, link: Link) -> None:
        """Send by `link` until it is lost or this is cancelled; whatever is held then has an outcome before this returns."""
        self._link = link
        self._throttle.unanswered()  # what the link before this one owed never comes, and it may have been the probe
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
            # A claim that has begun is finished even when this is cancelled: else its rows would be held by nobody.
            self._claiming = asyncio.create_task(self._claim(limit))
            try:
                claimed = await asyncio.shield(self._claiming)
            except Exception as error:
                self.unsure = True
                if not is_outage(error):
                    raise
                log.warning("claiming_waits_for_database", connector=self.connector.name, reason=first_line(error))
                await asyncio.sleep(_DATABASE_AWAY)
                continue
            self._pump()
            if claimed:
                self._busy_until = time.monotonic() + _BUSY
            if claimed < limit:
                await self._wait_for(self._work, _LOOK_AGAIN if self._is_busy() else self._poll)

    def _is_busy(self) -> bool:
        return time.monotonic() < self._busy_until

    async def _claim(self, limit: int) -> int:
        async with self._turn, self._database.autocommit() as tx:
            claims = await queue.claim(tx, self.connector.id, instance_id=self._way.instance_id, limit=limit)
        now = self._clock()
        for claim in claims:
            self._take(claim, now)
        return len(claims)

    def _claimable(self) -> int:
        """How many messages to claim now."""
        if not self.alive():
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
        except Exception as error:  # noqa: BLE001 - whatever it is, a claim without an outcome would be held for ever
            log.error("message_cannot_be_encoded", message_id=claim.id, reason=first_line(error))
            sending = Sending(claim, [b""])
            self._hold(sending)
            self._report(sending, Deferred("cannot be encoded", backoff(claim.attempt)))
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
        if link is None or not link.bound or not self.alive():
            return
        now = time.monotonic()
        throttle = self._throttle
        submitted = 0
        while self._pieces and link.free and throttle.allowance(now) >= 1:
            piece = heapq.heappop(self._pieces)
            sending = piece.sending
            if sending.reported or sending.declined:
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
        if not self._pieces:
            self._room.set()

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
            self._settle(sending, sending.accept(token.part, wire.stored_reference(message_id)))
        elif wire.is_throttle(status):
            self._count(status)
            self._slow_down(now, status)
            sending.submitted -= 1
            heapq.heappush(self._pieces, token)
            self._settle(sending, sending.stopped())
        elif wire.is_temporary(status):
            self._count(status)
            self._throttle.accepted(now)
            self._settle(sending, sending.decline())
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
            self._settle(token.sending, token.sending.accept(token.part, wire.stored_reference(message_id)))
        elif not wire.is_throttle(status) and not wire.is_temporary(status):
            self._report_claim(token.sending.claim, token.sending.refuse(wire.status_name(status)))

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

    def _settle(self, sending: Sending, outcome: Outcome | None) -> None:
        """Report an outcome; that all was accepted is told even when the message had been reported lost."""
        if isinstance(outcome, Accepted):
            sending.reported = True
            self._report_claim(sending.claim, outcome)
        elif outcome is not None:
            self._report(sending, outcome)

    def _report(self, sending: Sending, outcome: Outcome) -> None:
        if not sending.reported:
            sending.reported = True
            self._report_claim(sending.claim, outcome)

    def _report_claim(self, claim: queue.Claimed, outcome: Outcome) -> None:
        self._outcomes.put(Report(claim.id, claim.attempt, outcome))

    async def _record(self, reports: Sequence[Report]) -> None:
        async with self._turn:
            await progress.record(self._database, self._way, reports, now=self._clock())
        for r in reports:
            self._let_go(r)
        self._room.set()
        if self._is_busy():
            self._work.set()
        self._ok.inc(sum(len(r.outcome.references) for r in reports if isinstance(r.outcome, Accepted)))

    def _let_go(self, report: Report) -> None:
        sending = self._held.pop((report.message_id, report.attempt), None)
        if sending is not None:
            self._held_pdus -= len(sending.bodies)

    async def _give_up_on(self, report: Report) -> None:
        """The database refuses this outcome as it is: the message may have left, and that can always be recorded."""
        if not isinstance(report.outcome, Unanswered):
            await self._record(
                [Report(report.message_id, report.attempt, Unanswered("its outcome could not be recorded"))]
            )

    async def _finish(self, link: Link) -> None:
        """Let what is in flight be answered, give back what has not left, and record it all."""
        while self._claiming is not None and not self._claiming.done() and self.alive():
            await asyncio.wait([self._claiming], timeout=_LOOK_AT_LEASE)
        if self._claiming is not None and (not self._claiming.done() or self._claiming.exception() is not None):
            self.unsure = True
        self._pieces = [p for p in self._pieces if p.sending.submitted and not p.sending.reported]
        heapq.heapify(self._pieces)
        for sending in list(self._held.values()):
            if not sending.submitted:
                self._report(sending, NotSent())
        patience = min(_DRAIN, float(self.connector.response_timeout)) if self.alive() else 0.0
        await self._complete(link, patience)
        await link.close(drain=patience)
        self._pieces.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for sending in list(self._held.values()):
            self._report(sending, NotSent() if not sending.submitted else sending.lose("the link was closed"))
        await self._record_the_rest()
        self._in_use.set(0)

    async def _complete(self, link: Link, patience: float) -> None:
        """Submit the rest of the long messages of which a part has left."""
        end = time.monotonic() + patience
        self._pump()
        while self._pieces and link.bound and (left := end - time.monotonic()) > 0:
            self._room.clear()
            await self._wait_for(self._room, left)

    async def _record_the_rest(self) -> None:
        """Wait until it is recorded; without a lease not for long, because the others deal with our claims."""
        rest = {asyncio.create_task(r.drain()) for r in (self._outcomes, self._receiver.recorder)}
        try:
            while rest:
                _, rest = await asyncio.wait(rest, timeout=_RECORD_WITHOUT_LEASE)
                if not self.alive():
                    break
        finally:
            for drain in rest:
                drain.cancel()

    @staticmethod
    async def _wait_for(event: asyncio.Event, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await event.wait()
