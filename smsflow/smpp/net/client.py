"""A client of an operator: bind, submit within a window, acknowledge stored deliveries, unbind."""

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final, Literal, Protocol

from smsflow.smpp.errors import BindRefused, ConnectFailed, NotBound, WindowFull
from smsflow.smpp.events import (
    BindAnswered,
    Dropped,
    Event,
    LateResponded,
    Requested,
    Responded,
    TimedOut,
)
from smsflow.smpp.limits import SessionLimits
from smsflow.smpp.net.connection import LINGER_SECONDS, SmppConnection
from smsflow.smpp.pdu import BindReceiver, BindTransceiver, BindTransmitter, DataSm, DeliverSm, SubmitSm
from smsflow.smpp.state import BOUND
from smsflow.smpp.submission import address, encode_submit, validity_period

__all__ = [
    "BindConfig",
    "BindRefused",
    "ConnectFailed",
    "Handler",
    "Link",
    "NotBound",
    "WindowFull",
    "address",
    "connect",
    "encode_submit",
    "validity_period",
]

# A peer that is alive answers an unbind at once; one that is not is not waited for.
UNBIND_SECONDS: Final = 2.0

_BINDS: Final[dict[str, type[BindTransceiver | BindTransmitter | BindReceiver]]] = {
    "trx": BindTransceiver,
    "tx": BindTransmitter,
    "rx": BindReceiver,
}


@dataclass(frozen=True, slots=True)
class BindConfig:
    """How to reach an operator and bind to it."""

    host: str
    port: int
    system_id: str
    password: str = field(repr=False)
    system_type: str = ""
    mode: Literal["trx", "tx", "rx"] = "trx"
    window: int = 10
    tls: bool = False
    tls_verify: bool = True
    bind_timeout: float = 10
    response_timeout: float = 30
    enquire_interval: float = 30
    enquire_misses: int = 2
    addr_ton: int = 0
    addr_npi: int = 0
    address_range: str = ""


class Handler(Protocol):
    """The callbacks of a link; the event loop calls them, and they return soon."""

    def on_response(self, token: Any, status: int, message_id: str) -> None:
        """Take the response to a submission."""

    def on_unanswered(self, tokens: list[Any]) -> None:
        """Take the submissions that were not answered in time; their slots are free."""

    def on_late_response(self, token: Any, status: int, message_id: str) -> None:
        """Take a response that came after on_unanswered."""

    def on_deliver(self, link: "Link", sequence: int, pdu: DeliverSm) -> None:
        """Take a receipt or a message, to be acknowledged later by `link.acknowledge`."""

    def on_lost(self, tokens: list[Any], reason: str) -> None:
        """Take the end of the connection, once, with every submission that has no answer."""


class Link:
    """A bound session with an operator."""

    def __init__(self, config: BindConfig, handler: Handler) -> None:
        """Prepare a link; `connect` is what makes one."""
        limits = SessionLimits(
            window=config.window,
            bind_timeout=config.bind_timeout,
            response_timeout=config.response_timeout,
            enquire_interval=config.enquire_interval,
            enquire_misses=config.enquire_misses,
        )
        self.config = config
        self.system_id = ""
        """The name that the operator gave in its bind response."""
        self._handler = handler
        self._bound_at = 0.0
        self._closing = False
        self._drained = asyncio.Event()
        self._connection = SmppConnection("client", limits, self._take)
        self._session = self._connection.session
        self._answered: asyncio.Future[BindAnswered] = asyncio.get_running_loop().create_future()

    @property
    def bound(self) -> bool:
        """Return whether submissions are possible, a free slot provided."""
        return self._session.state in BOUND and not self._closing

    @property
    def bound_seconds(self) -> float:
        """Return how long the session has been bound."""
        return self._connection.time() - self._bound_at

    @property
    def free(self) -> int:
        """Return how many submissions the window still takes."""
        return 0 if self._closing else self._session.free

    @property
    def in_flight(self) -> int:
        """Return how many submissions wait for their response."""
        return self._session.in_flight

    def submit(self, pdu: SubmitSm, token: Any) -> None:
        """Submit a message; `token` comes back with its outcome. Raise WindowFull or NotBound."""
        self._refuse_when_closing()
        self._session.submit(pdu, token, self._connection.time())
        self._connection.wake()

    def submit_raw(self, body: bytes, token: Any) -> None:
        """Submit a body of `encode_submit`; `token` comes back with its outcome. Raise WindowFull or NotBound."""
        self._refuse_when_closing()
        self._session.submit_raw(body, token, self._connection.time())
        self._connection.wake()

    def acknowledge(self, sequences: Iterable[int], status: int = 0) -> None:
        """Answer deliveries in one write; nothing happens to those of a session that is over."""
        self._session.acknowledge(sequences, status)
        self._connection.wake()

    async def close(self, drain: float = 5.0) -> None:
        """Stop submitting, wait up to `drain` seconds for the window to empty, unbind and close."""
        self._closing = True
        if self._session.in_flight:
            await _within(self._drained.wait(), drain)
        self._session.unbind()
        self._connection.wake()
        await _within(self.wait_closed(), UNBIND_SECONDS)
        self._connection.drop("the link was closed")
        await asyncio.wait([self._connection.closed], timeout=LINGER_SECONDS)

    async def wait_closed(self) -> str:
        """Wait for the end of the session and return its reason."""
        return await asyncio.shield(self._connection.ended)

    def _refuse_when_closing(self) -> None:
        if self._closing:
            message = "the link is closing"
            raise NotBound(message)

    def _take(self, event: Event) -> None:
        # Responses first: they pass here thousands of times a second.
        if isinstance(event, Responded):
            self._note_drained()
            self._handler.on_response(event.token, event.status, event.message_id)
        elif isinstance(event, Requested):
            pdu = event.pdu.as_deliver() if isinstance(event.pdu, DataSm) else event.pdu
            if isinstance(pdu, DeliverSm):
                self._handler.on_deliver(self, event.sequence, pdu)
        elif isinstance(event, TimedOut):
            self._note_drained()
            self._handler.on_unanswered(event.tokens)
        elif isinstance(event, LateResponded):
            self._handler.on_late_response(event.token, event.status, event.message_id)
        elif isinstance(event, BindAnswered):
            self.system_id = event.system_id
            self._bound_at = self._connection.time()
            if not self._answered.done():
                self._answered.set_result(event)
        elif isinstance(event, Dropped):
            self._take_end(event)

    def _note_drained(self) -> None:
        if self._closing and not self._session.in_flight:
            self._drained.set()

    def _take_end(self, event: Dropped) -> None:
        self._drained.set()
        if not self._answered.done():
            self._answered.set_exception(ConnectFailed(event.reason))
        elif not self._answered.cancelled() and self._answered.result().accepted:
            self._handler.on_lost(event.tokens, event.reason)

    async def open(self) -> None:
        """Open the socket and bind; raise ConnectFailed or BindRefused, with nothing left open."""
        peer = f"{self.config.host}:{self.config.port}"
        try:
            async with asyncio.timeout(self.config.bind_timeout):
                await self._bind()
        except BaseException as error:
            self._answered.cancel()
            self._connection.drop("the bind failed")
            if isinstance(error, TimeoutError):
                message = f"{peer} did not answer the bind within {self.config.bind_timeout:g} s"
                raise ConnectFailed(message) from None
            if isinstance(error, OSError):
                message = f"{peer} cannot be reached: {error}"
                raise ConnectFailed(message) from error
            raise

    async def _bind(self) -> None:
        config = self.config
        context = _tls_context(config) if config.tls else None
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: self._connection, config.host, config.port, ssl=context)
        pdu = _BINDS[config.mode](
            config.system_id,
            config.password,
            config.system_type,
            addr_ton=config.addr_ton,
            addr_npi=config.addr_npi,
            address_range=config.address_range,
        )
        self._session.bind(pdu, self._connection.time())
        self._connection.wake()
        answer = await self._answered
        if not answer.accepted:
            raise BindRefused(answer.status)


async def connect(config: BindConfig, handler: Handler) -> Link:
    """Bind to an operator; raise ConnectFailed when it cannot be reached, BindRefused when it refuses the bind."""
    link = Link(config, handler)
    await link.open()
    return link


def _tls_context(config: BindConfig) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not config.tls_verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


async def _within(wait: Awaitable[object], seconds: float) -> None:
    """Wait, but not longer."""
    # Not wait_for: Python 3.11's loses a cancellation that comes together with the result.
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await wait
