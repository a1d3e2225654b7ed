"""A scripted operator: it accepts, refuses, delays and loses SMS, and shows what every handset received."""

import asyncio
import random
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, Self

from smsflow.simulator.bucket import Bucket
from smsflow.simulator.deliveries import Deliveries, Delivery
from smsflow.simulator.ids import MessageIds
from smsflow.simulator.inbox import Inbox, Received
from smsflow.simulator.misbehaviour import Misbehaviour, malformed, written_id
from smsflow.simulator.people import People
from smsflow.simulator.receipts import is_receipt_wanted, receipt_of
from smsflow.simulator.script import Script, every
from smsflow.simulator.session import SessionHandler
from smsflow.smpp import spec
from smsflow.smpp.net.server import Peer, ServerLimits, SmppServer, serve
from smsflow.smpp.pdu import DeliverSm, ShortMessage, SubmitSm

# An early receipt has to be there before its response can be read in the same batch.
_EARLY_SECONDS: Final = 0.05

__all__ = ["Received", "Script", "Simulator"]


class Simulator:
    """A running operator; `start` is what makes one."""

    def __init__(
        self,
        script: Script,
        *,
        seed: int = 0,
        keep: int | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        log: Callable[[str], None] = lambda _line: None,
    ) -> None:
        """Prepare an operator whose ids follow from `seed` and that remembers the last `keep` texts."""
        self.script = script
        self.log = log
        self._keep = keep
        self._clock = clock
        self._random = random.Random(seed)  # noqa: S311  its ids are no secret
        self._ids = MessageIds(self._random)
        self._loop = asyncio.get_running_loop()
        self._server: SmppServer | None = None
        self._waiters: set[asyncio.Future[None]] = set()
        self.deliveries = Deliveries(keep=keep)
        self.people = People(self.deliveries, clock=clock)
        self.binds = 0
        self.binds_max = 0
        self.reset()

    @classmethod
    async def start(
        cls,
        host: str = "127.0.0.1",
        port: int = 0,
        script: Script | None = None,
        *,
        seed: int = 0,
        keep: int | None = None,
        tls: ssl.SSLContext | None = None,
        limits: ServerLimits | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        log: Callable[[str], None] = lambda _line: None,
    ) -> Self:
        """Listen for clients; the port is any free one unless it is given."""
        simulator = cls(script or Script(), seed=seed, keep=keep, clock=clock, log=log)
        simulator._server = await serve(
            host, port, lambda peer: SessionHandler(simulator, peer), tls=tls, limits=limits, system_id="SIMULATOR"
        )
        return simulator

    async def stop(self) -> None:
        """Unbind every client and stop listening."""
        if self._server is not None:
            await self._server.close()

    async def __aenter__(self) -> Self:
        """Use the operator as a context that stops it."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop."""
        await self.stop()

    # State.

    @property
    def port(self) -> int:
        """Return the port it listens on."""
        return 0 if self._server is None else self._server.port

    @property
    def inbox(self) -> list[Received]:
        """Return every text that a handset shows, oldest first."""
        return list(self.handsets.messages)

    @property
    def by_number(self) -> dict[str, int]:
        """Return how many texts each number received."""
        return self.handsets.counts()

    @property
    def faults(self) -> dict[str, int]:
        """Return how often it has misbehaved in each way."""
        return self._misbehaviour.counts

    def received(self, number: str) -> list[Received]:
        """Return what one number received, oldest first; the plus is optional."""
        return self.handsets.received(number)

    def stats(self) -> dict[str, int]:
        """Return every count."""
        return {
            "submits": self.submits,
            "accepted": self.accepted,
            "refused": self.refused,
            "throttled": self.throttled,
            "lost": self.lost,
            "responses_lost": self.responses_lost,
            "disconnects": self.disconnects,
            "messages": self.handsets.total,
            "incomplete": self.handsets.incomplete,
            "duplicates": self.handsets.duplicates,
            "receipts_sent": self.receipts_sent,
            "inbound_sent": self.people.sent,
            "deliveries_acknowledged": self.deliveries.acknowledged,
            "deliveries_waiting": self.deliveries.waiting,
            "binds": self.binds,
            "binds_max": self.binds_max,
        }

    async def wait_for(self, predicate: Callable[[Self], bool], timeout: float = 10.0) -> None:
        """Wait until `predicate` holds, looking after every change; raise TimeoutError when it does not in time."""
        async with asyncio.timeout(timeout):
            while not predicate(self):
                waiter = self._loop.create_future()
                self._waiters.add(waiter)
                try:
                    await waiter
                finally:
                    self._waiters.discard(waiter)

    # Control.

    def reset(self) -> None:
        """Forget the texts and the counts; binds and waiting deliveries stay."""
        self.handsets = Inbox(keep=self._keep)
        self.last_submit: SubmitSm | None = None
        self.submits = self.accepted = self.refused = self.throttled = self.lost = 0
        self.responses_lost = self.disconnects = self.receipts_sent = 0
        self.people.reset()
        self._misbehaviour = Misbehaviour()
        self._bucket = Bucket(self._loop.time())

    def disconnect_all(self) -> None:
        """Cut every connection without an unbind."""
        for peer in list(self._server.peers) if self._server is not None else ():
            self.disconnects += 1
            peer.drop("the simulator cuts the connection")

    # Called by the session handlers.

    def submit(self, peer: Peer, sequence: int, message: ShortMessage) -> None:
        """Decide about a submission as the script says."""
        self.submits += 1
        if isinstance(message, SubmitSm):
            self.last_submit = message
        script = self.script
        fault = self._misbehaviour.next(script.faults) if every(self.submits, script.misbehave_every) else ""
        status = self._verdict(message, fault)
        if status:
            self.refused += 1
            wait = script.late_error_after if fault == "late-error" else script.latency
            self._later(wait, lambda: peer.refuse([sequence], status))
        elif every(self.submits, script.lose_every):
            self.lost += 1
            peer.forget(sequence)
        else:
            self.accepted += 1
            self._accept(peer, sequence, message, fault)
        self.changed()

    def changed(self) -> None:
        """Let those who wait look again."""
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    def count_bind(self, step: int) -> None:
        """Count a client that came or went."""
        self.binds += step
        self.binds_max = max(self.binds_max, self.binds)
        self.changed()

    def _verdict(self, message: ShortMessage, fault: str) -> int:
        script = self.script
        if script.throttle_rate is not None and not self._bucket.take(script.throttle_rate, self._loop.time()):
            self.throttled += 1
            return spec.ESME_RTHROTTLED
        status = script.refusal(message.dest) if script.refuse else spec.ESME_ROK
        if status:
            return status
        if "full" in script.faults and self._misbehaviour.is_full(message.dest, begins=fault == "full"):
            return spec.ESME_RMSGQFUL
        if fault == "late-error":
            return spec.ESME_RSYSERR
        return script.refuse_status if every(self.submits, script.refuse_every) else spec.ESME_ROK

    def _accept(self, peer: Peer, sequence: int, message: ShortMessage, fault: str) -> None:
        script = self.script
        self.handsets.add(message, now=self._loop.time(), at=self._clock())
        ids = self._ids.take(script.ids)
        message_id, other, reported = self._misbehaviour.identify(
            message, ids, fault, shared="same-id" in script.faults
        )
        system_id = peer.bind.system_id if peer.bind is not None else ""
        if every(self.submits, script.disconnect_every):
            self.disconnects += 1
            self._later(script.latency, lambda: peer.drop("the simulator cuts the connection"))
        elif every(self.submits, script.lose_response_every):
            self.responses_lost += 1
            peer.forget(sequence)
        else:
            wait = max(script.latency, _EARLY_SECONDS) if script.receipts == "early" else script.latency
            self._later(wait, lambda: peer.accept(sequence, message_id))
        state = script.final_state(message.dest)
        if reported and script.receipts != "none" and is_receipt_wanted(message, state):
            written = message_id if script.receipt_ids == "same" else other
            self._report(system_id, message, written_id(fault, written, other), state, fault)
        if every(self.submits, script.stray_every):
            stray = self._receipt(message, str(self._random.randrange(10**12, 10**13)), "DELIVRD")
            self._later(script.latency, lambda: self._send_receipt(system_id, stray))
        answer = self.people.answer(script, message, system_id=system_id)
        if answer is not None:
            self._later(script.reply_delay, answer)
        self.people.misbehave(fault, message, self.submits, system_id=system_id)
        if fault == "malformed":
            peer.write(malformed(self.submits))

    def _receipt(self, message: ShortMessage, message_id: str, state: str) -> DeliverSm:
        return receipt_of(message, message_id, state, at=self._clock(), tlvs=self.script.receipt_tlvs)

    def _report(self, system_id: str, message: ShortMessage, message_id: str, state: str, fault: str) -> None:
        """Send the receipts of a submission when the script says."""
        script = self.script
        delay = script.latency + script.receipt_delay
        if script.receipts == "early":
            delay = 0.0
        elif script.receipts == "late":
            delay += script.late_by
        receipts = [self._misbehaviour.distort(self._receipt(message, message_id, state), fault)]
        if fault == "unknown-state":
            invented = receipt_of(message, message_id, "PENDING", at=self._clock(), tlvs=False)
            receipts.insert(0, invented)
        for receipt in receipts * (2 if script.receipts == "duplicate" else 1):
            self._later(delay, partial(self._send_receipt, system_id, receipt, twice=fault == "duplicate"))

    def _send_receipt(self, system_id: str, receipt: DeliverSm, *, twice: bool = False) -> None:
        self.receipts_sent += 1
        self.deliveries.put(Delivery(system_id, receipt, twice))
        self.changed()

    def _later(self, delay: float, act: Callable[[], Any]) -> None:
        if delay > 0:
            self._loop.call_later(delay, act)
        else:
            act()
