"""The traffic of one bind: submits claimed messages as window, rate and operator allow, and turns answers into outcomes."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from datetime import datetime

import structlog

from smsflow import observe
from smsflow.connectors import smpp
from smsflow.dispatch.backlog import Backlog
from smsflow.dispatch.inbound import Receiver
from smsflow.dispatch.ordering import Ordering
from smsflow.dispatch.refusals import Reaction, Refusals
from smsflow.dispatch.sending import Piece, Sending, encode
from smsflow.dispatch.throttle import Throttle
from smsflow.domain.delivery import Accepted, Deferred, NotSent, Outcome, Outlived, backoff
from smsflow.services.messages.outcomes import Report
from smsflow.smpp.net.client import Link
from smsflow.smpp.pdu import DeliverSm
from smsflow.store.messages import queue
from smsflow.store.routing.connectors import Connector
from smsflow.vault import Vault

log = structlog.get_logger(__name__)

# A connector with a rate claims what leaves within this time, so that an OTP never waits behind many claims.
_CLAIM_AHEAD = 0.1
_CLAIM_MOST = 200


class Traffic:
    """Holds claimed messages until their outcome is recorded, and handles the events of its links; reports every message at least once.

    It never holds more PDUs than the window: that is how many messages the death of a process can leave unknown.
    """

    def __init__(
        self,
        connector: Connector,
        *,
        vault: Vault,
        clock: Callable[[], datetime],
        alive: Callable[[], bool],
        report: Callable[[Report], None],
        receiver: Receiver,
        ordering: Ordering,
    ) -> None:
        """Prepare; `alive` tells whether this process still holds its lease, `report` takes the outcome of a message."""
        self._connector = connector
        self._vault = vault
        self._clock = clock
        self._alive = alive
        self._report_to = report
        self._receiver = receiver
        self._throttle = Throttle(connector.rate, now=time.monotonic())
        self._link: Link | None = None
        self._ordering = ordering
        self._refusals = Refusals(ordering)
        self._backlog = Backlog(ordering, most_behind=connector.window // 2)
        self._held: dict[tuple[int, int], Sending] = {}
        self._held_pdus = 0
        self._timer: asyncio.TimerHandle | None = None
        self._submits = observe.submits_total.labels(connector.name)
        self._in_use = observe.window_in_use.labels(connector.name)
        self.room = asyncio.Event()
        """Set when there may be room for more messages."""

    def begin(self, link: Link) -> None:
        """Send by `link` from now on."""
        self._link = link
        self._backlog.begin()
        self._ordering.join(self._free)
        self._throttle.unanswered()  # answers owed by the link before this one never come, and the probe may be among them

    def holds(self) -> set[tuple[int, int]]:
        """Return the claims, as (message, attempt), whose outcome is not recorded yet."""
        return set(self._held)

    def claimable(self) -> int:
        """Return how many messages to claim now."""
        if not self._alive():
            return 0
        room = self._connector.window - self._held_pdus
        throttle = self._throttle
        if throttle.rate is not None:
            now = time.monotonic()
            if throttle.wait(now) > _CLAIM_AHEAD:
                return 0
            # After a refusal one more: the probe is a message to another number.
            ahead = max(1, int(throttle.rate * _CLAIM_AHEAD)) + (self._refusals.last is not None)
            room = min(room, ahead - len(self._backlog))
        return min(room, _CLAIM_MOST)

    def wait(self) -> float:
        """Return for how many seconds throttling or the rate allow no claim."""
        return max(0.0, self._throttle.wait(time.monotonic()) - _CLAIM_AHEAD)

    def take(self, claim: queue.Claimed) -> None:
        """Hold a message; `pump` submits it when its turn comes."""
        bodies = encode(claim, self._connector, self._vault)
        sending = Sending(claim, bodies if isinstance(bodies, list) else [b""])
        self._held[claim.id, claim.attempt] = sending
        self._held_pdus += len(sending.bodies)
        if isinstance(bodies, list):
            self._backlog.add(sending)
        else:
            self._report(sending, bodies)

    def let_go(self, report: Report, *, recorded: bool = True) -> None:
        """Free the room of a message; one whose outcome cannot be recorded stays held, because it stays claimed until this process ends."""
        sending = self._held.pop((report.message_id, report.attempt), None)
        if sending is not None:
            self._held_pdus -= len(sending.bodies)
            if not recorded:
                sending.bodies = []
                self._held[report.message_id, report.attempt] = sending

    def pump(self) -> None:
        """Submit what window and throttle allow now, and schedule the next call."""
        link = self._link
        if link is None or not link.bound or not self._alive():
            return
        now, today = time.monotonic(), self._clock()
        throttle, backlog = self._throttle, self._backlog
        submitted = 0
        while link.free and throttle.allowance(now) >= 1:
            piece = backlog.pop(avoid=self._refusals.last)
            if piece is None:
                break
            sending = piece.sending
            if not sending.submitted and self._is_kept_back(sending, now, today):
                continue
            link.submit_raw(sending.bodies[piece.part], piece)
            sending.submitted += 1
            throttle.spend(now)
            submitted += 1
        if submitted:
            self._submits.inc(submitted)
            self._in_use.set(link.in_flight)
        if backlog.ready and self._timer is None and link.free:
            wait = throttle.wait(now)
            if wait != float("inf"):
                self._timer = asyncio.get_running_loop().call_later(max(wait, 0.001), self._pump_later)
        if not backlog.ready:
            self.room.set()

    def _is_kept_back(self, sending: Sending, now: float, today: datetime) -> bool:
        """Report a message that must not leave: its validity has ended, or an earlier one to its number waits."""
        claim = sending.claim
        wait = self._ordering.wait(claim.number, now)
        if claim.valid_until <= today:
            self._report(sending, Outlived())
        elif wait:
            self._report(sending, Deferred("an earlier message to this number waits", wait))
        return sending.reported

    def _pump_later(self) -> None:
        self._timer = None
        self.pump()
        self.room.set()

    def on_response(self, token: Piece, status: int, message_id: str) -> None:
        """Take the operator's answer to one PDU."""
        try:
            self._take_response(token, status, message_id)
        except Exception:
            # Without an outcome the message would be held, and its place in the window lost, until this process ends.
            self._report(token.sending, token.sending.lose("its answer could not be taken"))
            raise

    def _take_response(self, token: Piece, status: int, message_id: str) -> None:
        sending = token.sending
        now = time.monotonic()
        if status:
            observe.responses_total.labels(self._connector.name, smpp.status_label(status)).inc()
        if status == 0:
            self._throttle.accepted(now)
            self._refusals.accepted(sending.claim.number)
            self._settle(sending, sending.accept(token.part, smpp.stored_reference(message_id)))
        elif smpp.is_throttle(status):
            self._take_throttling(token, status, now)
        elif smpp.is_temporary(status):
            self._throttle.accepted(now)
            self._decline(sending, now)
        else:
            self._throttle.accepted(now)
            self._report(sending, sending.refuse(smpp.status_name(status)))
        if self._backlog.ready:
            self.pump()

    def _take_throttling(self, token: Piece, status: int, now: float) -> None:
        """Slow the connector down, defer the message by itself, or both."""
        sending = token.sending
        reaction = self._refusals.judge(sending, queue_full=smpp.is_queue_full(status))
        if reaction is Reaction.DEFER:
            self._throttle.refused_one_number(again=sending.refusals > 1)
        else:
            self._slow_down(now, status)
        if reaction is Reaction.SLOW_DOWN:
            sending.submitted -= 1
            self._backlog.push(token)
            self._settle(sending, sending.stopped())
        else:
            self._decline(sending, now)

    def _decline(self, sending: Sending, now: float) -> None:
        """Defer a message that the operator does not take now, and with it the later ones to its number."""
        self._ordering.defer(sending.claim.number, now + backoff(sending.claim.attempt))
        self._settle(sending, sending.decline())

    def on_unanswered(self, tokens: Sequence[Piece]) -> None:
        """Take PDUs that the operator did not answer in time."""
        self._throttle.unanswered()
        self._lose(tokens, "no answer in time")
        log.warning("submits_unanswered", connector=self._connector.name, submits=len(tokens))
        self.pump()

    def on_late_response(self, token: Piece, status: int, message_id: str) -> None:
        """Take an answer that came after the response time-out: it settles the message if nothing else has."""
        if status == 0:
            self._settle(token.sending, token.sending.accept(token.part, smpp.stored_reference(message_id)))
        elif smpp.is_throttle(status) or smpp.is_temporary(status):
            outcome = token.sending.decline_late()
            if outcome is not None:
                self._report(token.sending, outcome, again=True)
        else:
            self._report(token.sending, token.sending.refuse(smpp.status_name(status)), again=True)

    def on_deliver(self, link: Link, sequence: int, pdu: DeliverSm) -> None:
        """Take a receipt or an inbound SMS; refuse one that cannot be read, or the operator would repeat it for ever."""
        try:
            self._receiver.take(link, sequence, pdu)
        except Exception:
            link.acknowledge((sequence,), smpp.CANNOT_TAKE)
            raise

    def on_lost(self, tokens: Sequence[Piece], reason: str) -> None:
        """Take the end of the link: submits without an answer are unknown."""
        self._lose(tokens, reason)
        self.room.set()

    def _lose(self, tokens: Sequence[Piece], reason: str) -> None:
        for token in tokens:
            self._report(token.sending, token.sending.lose(reason))

    async def finish(self, link: Link, patience: float) -> None:
        """Wait up to `patience` seconds for answers, close the link, and report every message that is held."""
        self._backlog.keep(lambda sending: sending.submitted > 0 and not sending.reported)
        for sending in list(self._held.values()):
            if not sending.submitted:
                self._report(sending, NotSent())
        await self._complete(link, patience)
        await link.close(drain=patience)
        self._backlog.keep(lambda _sending: False)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for sending in list(self._held.values()):
            self._report(sending, NotSent() if not sending.submitted else sending.lose("the link was closed"))
        self._link = None
        self._ordering.leave(self._free)
        self._in_use.set(0)

    async def _complete(self, link: Link, patience: float) -> None:
        """Submit the remaining parts of long messages of which a part has left."""
        end = time.monotonic() + patience
        self.pump()
        while self._backlog and link.bound and (left := end - time.monotonic()) > 0:
            self.room.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self.room.wait()

    def _slow_down(self, now: float, status: int) -> None:
        throttle, name = self._throttle, self._connector.name
        before = throttle.wait(now)
        throttle.throttled(now)
        if not before:
            what = {"status": smpp.status_name(status), "rate": throttle.rate, "pause": throttle.wait(now)}
            log.warning("operator_throttles", connector=name, **what)

    def _settle(self, sending: Sending, outcome: Outcome | None) -> None:
        """Report an outcome; acceptance of all parts is reported even when the message had been reported lost."""
        if outcome is not None:
            self._report(sending, outcome, again=isinstance(outcome, Accepted))

    def _report(self, sending: Sending, outcome: Outcome, *, again: bool = False) -> None:
        if again or not sending.reported:
            sending.reported = True
            self._report_to(Report(sending.claim.id, sending.claim.attempt, outcome))
            self._ordering.reported(sending)

    def _free(self, number: str) -> None:
        """Submit what waited for an earlier message to a number."""
        if self._backlog.free(number):
            asyncio.get_running_loop().call_soon(self.pump)
