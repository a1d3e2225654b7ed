"""One SMPP session of either side, without I/O: octets and the time go in, events and octets come out."""

from collections.abc import Iterable
from typing import Any, Final

from smsflow.smpp import codec, spec
from smsflow.smpp.errors import NotBound, WindowFull
from smsflow.smpp.events import (
    BindAnswered,
    BindAsked,
    Dropped,
    Event,
    LateResponded,
    Noticed,
    Requested,
    Responded,
    TimedOut,
)
from smsflow.smpp.limits import GOOD_PER_NONSENSE, MAX_NONSENSE, SessionLimits
from smsflow.smpp.liveness import Liveness
from smsflow.smpp.pdu import AlertNotification, Bind, Outbind, Pdu
from smsflow.smpp.requests import Requests
from smsflow.smpp.state import ANSWERABLE, BOUND, TRANSITIONS, Role, State, receivable, sendable
from smsflow.smpp.window import Window

_BIND_ANSWERS: Final = spec.BIND_RESPONSES | {spec.GENERIC_NACK}
_UNBOUND: Final = "the session was unbound"


class Session:
    """A session from the first octet to the last; no octets of the peer raise out of it."""

    def __init__(self, role: Role, limits: SessionLimits, *, now: float) -> None:
        """Open a session at `now`; a peer that has not bound by the time-out of the limits is dropped."""
        self.role: Role = role
        self.limits = limits
        self.state = State.OPEN
        self._framer = codec.Framer()
        self._out: list[bytes] = []
        self._window = Window(limits.window, limits.response_timeout)
        self._requests = Requests()
        self._own_bind: tuple[int, int] | None = None
        self._bind_deadline: float | None = now + limits.bind_timeout
        patience = min(limits.response_timeout, limits.enquire_interval)
        self._liveness = Liveness(limits.enquire_interval, patience, limits.enquire_misses, now=now)
        # Counted so that one good PDU takes back 1.
        self._nonsense = 0
        self._sendable = sendable(role, State.OPEN)
        self._receivable = receivable(role, State.OPEN)

    @property
    def in_flight(self) -> int:
        """Return how many requests wait for their response."""
        return len(self._window.waiting)

    @property
    def free(self) -> int:
        """Return how many requests may be sent now."""
        return self._window.size - len(self._window.waiting) if self.state in BOUND else 0

    @property
    def unacknowledged(self) -> int:
        """Return how many requests of the peer wait for our answer."""
        return self._requests.count

    # Sent.

    def bind(self, pdu: Bind, now: float) -> None:
        """Ask to bind; BindAnswered follows, or Dropped after the bind time-out."""
        self._bind_deadline = now + self.limits.bind_timeout
        sequence = self._window.next_sequence()
        self._own_bind = (sequence, pdu.command | spec.RESPONSE)
        self._out.append(codec.encode(pdu, sequence))

    def submit(self, pdu: Pdu, token: Any, now: float) -> int:
        """Send a request that takes a slot of the window; return its sequence number."""
        return self.submit_raw(codec.encode_body(pdu), token, now, pdu.command)

    def submit_raw(self, body: bytes, token: Any, now: float, command: int = spec.SUBMIT_SM) -> int:
        """Send a request whose body is encoded already; return its sequence number."""
        if command not in self._sendable:
            message = f"a {self.role} cannot send 0x{command:08X} while {self.state.value}"
            raise NotBound(message)
        window = self._window
        waiting = window.waiting
        if len(waiting) >= window.size:
            message = f"{len(waiting)} requests wait for their response"
            raise WindowFull(message)
        sequence = self._window.next_sequence()
        waiting[sequence] = (now + window.timeout, token)
        self._out.append(codec.frame(command, 0, sequence, body))
        return sequence

    def respond(self, sequence: int, pdu: Pdu, status: int = 0) -> bool:
        """Answer a request; return False when it was answered already or never came."""
        # A refusal has no body (section 4.4.2).
        return self.respond_raw(sequence, codec.encode_body(pdu) if status == 0 else b"", status)

    def respond_raw(self, sequence: int, body: bytes, status: int = 0) -> bool:
        """Answer a request with a body that is encoded already; return False like `respond`."""
        command = self._requests.take(sequence)
        if command is None:
            return False
        response = command | spec.RESPONSE
        self._out.append(codec.frame(response, status, sequence, body))
        if status == 0 and command in spec.BINDS:
            self._bind_deadline = None
            self._move(response)
        return True

    def acknowledge(self, sequences: Iterable[int], status: int = 0) -> None:
        """Answer deliveries or submissions whose response says nothing but a status."""
        for sequence in sequences:
            command = self._requests.take(sequence)
            if command is not None:
                self._out.append(codec.answer(command, sequence, status))

    def forget(self, sequence: int) -> None:
        """Never answer a request, and count it no more."""
        self._requests.take(sequence)

    def write(self, octets: bytes) -> None:
        """Send octets as they are: neither a request of ours nor an answer."""
        self._out.append(octets)

    def unbind(self) -> None:
        """Unbind; requests of the peer from now on stay unanswered, so that it keeps them for the next session."""
        if self.state in BOUND or self.state is State.OPEN:
            self._out.append(codec.frame(spec.UNBIND, 0, self._window.next_sequence()))
            self._move(spec.UNBIND)

    def data_to_send(self) -> bytes:
        """Return what has to be written, once."""
        out = self._out
        if not out:
            return b""
        self._out = []
        return b"".join(out)

    # Received.

    def receive_data(self, data: bytes, now: float) -> list[Event]:
        """Take octets of the peer; return their events, responses first (docs/smpp.md, rule 2)."""
        if self._is_over():
            return []
        responses: list[Event] = []
        others: list[Event] = []
        frames = self._framer.feed(data)
        if frames:
            self._liveness.pdu_received(now)
        for command, status, sequence, body in frames:
            nonsense = self._nonsense
            if command in (spec.SUBMIT_SM_RESP, spec.DELIVER_SM_RESP):
                self._receive_response(status, sequence, body, responses)
            elif command & spec.RESPONSE:
                self._receive_other_response((command, status, sequence, body), responses, others)
            else:
                self._receive_request(command, sequence, body, others)
            if nonsense and self._nonsense == nonsense:
                self._nonsense -= 1
            if self._is_over():
                break
        if self._framer.broken is not None:
            self._receive_broken(others)
        return responses + others if responses else others

    def _receive_response(self, status: int, sequence: int, body: bytes, events: list[Event]) -> None:
        waiting = self._window.waiting.pop(sequence, None)
        if waiting is not None:
            events.append(Responded(waiting[1], status, codec.first_string(body)))
            return
        given_up = self._window.take_late(sequence)
        if given_up is not None:
            events.append(LateResponded(given_up[1], status, codec.first_string(body)))

    def _receive_other_response(self, frame: codec.Frame, responses: list[Event], others: list[Event]) -> None:
        command, status, sequence, body = frame
        if self._own_bind is not None and sequence == self._own_bind[0] and command in _BIND_ANSWERS:
            self._receive_bind_answer(frame, self._own_bind[1], responses)
        elif command == spec.UNBIND_RESP:
            if TRANSITIONS.get((self.state, command)) is not None:
                self._drop(_UNBOUND, others)
        elif command != spec.ENQUIRE_LINK_RESP:
            # A generic_nack, or the response to a request that is neither submit_sm nor deliver_sm.
            self._receive_response(status or self._nack_status(command), sequence, body, responses)

    @staticmethod
    def _nack_status(command: int) -> int:
        """Return what a generic_nack without a status means: it is never a success."""
        return spec.ESME_RUNKNOWNERR if command == spec.GENERIC_NACK else spec.ESME_ROK

    def _receive_bind_answer(self, frame: codec.Frame, expected: int, events: list[Event]) -> None:
        command, status, _, body = frame
        self._own_bind = None
        # RALYBND: the operator holds a session of ours for bound, and it is this one (docs/smpp.md, rule 14).
        accepted = command != spec.GENERIC_NACK and status in (spec.ESME_ROK, spec.ESME_RALYBND)
        if accepted:
            self._bind_deadline = None
            # Some operators answer every bind with the same command; the session has the mode that we asked for.
            self._move(expected)
        events.append(BindAnswered(status, codec.first_string(body), accepted))

    def _receive_request(self, command: int, sequence: int, body: bytes, events: list[Event]) -> None:
        if command == spec.ENQUIRE_LINK:
            self._out.append(codec.answer(command, sequence))
            return
        if command == spec.UNBIND:
            self._out.append(codec.answer(command, sequence))
            self._drop("the peer unbound", events)
            return
        if self.state is State.UNBOUND:
            return
        pdu = codec.decode(command, body)
        if isinstance(pdu, AlertNotification | Outbind):
            events.append(Noticed(pdu))
        elif pdu is None:
            # A peer that waits for the response of its command may not understand a generic_nack.
            answer = codec.answer if command in ANSWERABLE else codec.nack
            self._receive_nonsense(answer(command, sequence, spec.ESME_RINVPARLEN), events)
        elif command in self._receivable:
            self._receive_welcome_request(sequence, pdu, events)
        elif command in ANSWERABLE:
            refusal = spec.ESME_RALYBND if command in spec.BINDS else spec.ESME_RINVBNDSTS
            self._out.append(codec.answer(command, sequence, refusal))
        else:
            self._receive_nonsense(codec.nack(command, sequence, spec.ESME_RINVCMDID), events)

    def _receive_welcome_request(self, sequence: int, pdu: Pdu, events: list[Event]) -> None:
        if self._requests.count >= self.limits.unacknowledged:
            # Both make the peer keep the request and repeat it.
            busy = spec.ESME_RX_T_APPN if self.role == "client" else spec.ESME_RTHROTTLED
            self._out.append(codec.answer(pdu.command, sequence, busy))
            return
        self._requests.add(sequence, pdu.command)
        events.append(BindAsked(sequence, pdu) if isinstance(pdu, Bind) else Requested(sequence, pdu))

    def _receive_nonsense(self, refusal: bytes, events: list[Event]) -> None:
        self._out.append(refusal)
        self._nonsense += GOOD_PER_NONSENSE
        if self._nonsense >= MAX_NONSENSE * GOOD_PER_NONSENSE:
            self._drop("the peer sends what is not SMPP", events)

    def _receive_broken(self, events: list[Event]) -> None:
        broken = self._framer.broken
        if broken is not None and self.state is not State.CLOSED:
            self._out.append(codec.nack(broken[0], broken[2], spec.ESME_RINVCMDLEN))
            self._drop("the peer sent a command_length out of bounds", events)

    def get_timer(self) -> float | None:
        """Return when handle_timer has something to do, None when it never has."""
        if self.state is State.CLOSED:
            return None
        look = self._liveness.due() if self.state in BOUND else None
        times = [time for time in (self._bind_deadline, self._window.deadline(), look) if time is not None]
        return min(times, default=None)

    def handle_timer(self, now: float) -> list[Event]:
        """Give up unanswered requests, send enquire_link, drop a dead peer."""
        events: list[Event] = []
        if self.state is State.CLOSED:
            return events
        tokens = self._window.expire(now)
        if tokens:
            events.append(TimedOut(tokens))
        if self._bind_deadline is not None and now >= self._bind_deadline:
            self._drop("no bind within the time allowed", events)
        elif self.state in BOUND and now >= self._liveness.due():
            if self._liveness.ask(now):
                self._out.append(codec.frame(spec.ENQUIRE_LINK, 0, self._window.next_sequence()))
            else:
                self._drop(f"{self.limits.enquire_misses} enquire_link went unanswered", events)
        return events

    def connection_lost(self, reason: str) -> list[Event]:
        """End the session with its connection; Dropped comes unless it was over already."""
        events: list[Event] = []
        if self.state is not State.CLOSED:
            # Some peers hang up instead of answering our unbind.
            self._drop(_UNBOUND if self.state is State.UNBOUND else reason, events)
        return events

    def _is_over(self) -> bool:
        return self.state is State.CLOSED

    def _move(self, command: int) -> None:
        self.state = TRANSITIONS.get((self.state, command), self.state)
        self._sendable = sendable(self.role, self.state)
        self._receivable = receivable(self.role, self.state)

    def _drop(self, reason: str, events: list[Event]) -> None:
        tokens = self._window.clear()
        self._requests.clear()
        self.state = State.CLOSED
        self._sendable = self._receivable = frozenset()
        events.append(Dropped(reason, tokens))
