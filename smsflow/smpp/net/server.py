"""A server for clients that bind to us: their binds, their requests, our deliveries."""

import asyncio
import ssl
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from smsflow.smpp import codec, spec
from smsflow.smpp.events import BindAsked, Dropped, Event, LateResponded, Requested, Responded, TimedOut
from smsflow.smpp.limits import SessionLimits
from smsflow.smpp.net.connection import LINGER_SECONDS, SmppConnection, logger
from smsflow.smpp.pdu import Bind, BindResp, Pdu
from smsflow.smpp.state import BOUND, State


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """The bounds of a server; anything beyond is refused before it costs anything."""

    connections: int = 1000
    unbind_seconds: float = 2.0
    session: SessionLimits = field(default_factory=lambda: SessionLimits(window=100, unacknowledged=1000))


class PeerHandler(Protocol):
    """The callbacks for one client; the event loop calls them, and they return soon."""

    async def on_bind(self, pdu: Bind) -> int:
        """Return the status that answers a bind: 0 lets the client in, anything else closes the connection."""

    def on_bound(self) -> None:
        """The client is bound: deliveries may start."""

    def on_request(self, sequence: int, pdu: Pdu) -> None:
        """Take a request, to be answered by Peer.accept, refuse, respond or acknowledge, now or later."""

    def on_response(self, token: Any, status: int, message_id: str) -> None:
        """Take the answer to a delivery."""

    def on_unanswered(self, tokens: list[Any]) -> None:
        """Take the deliveries that were not answered in time; their slots are free."""

    def on_late_response(self, token: Any, status: int, message_id: str) -> None:
        """Take an answer that came after on_unanswered."""

    def on_lost(self, tokens: list[Any], reason: str) -> None:
        """Take the end of the connection, once, with every delivery that has no answer."""


class Peer:
    """A client that is connected to us."""

    def __init__(self, server: "SmppServer") -> None:
        """Prepare for a connection that the event loop accepted."""
        self._server = server
        self.connection = _ServerConnection(server, self._take)
        self.connection.peer = self
        self._session = self.connection.session
        self._authorising: asyncio.Task[None] | None = None
        self.bind: Bind | None = None
        """The bind request of the client; None before."""
        self.handler = server.handler_factory(self)

    @property
    def address(self) -> str:
        """Return where the client is, for logs."""
        return self.connection.peer_address

    @property
    def bound(self) -> bool:
        """Return whether the client is bound."""
        return self._session.state in BOUND

    @property
    def receives(self) -> bool:
        """Return whether the client bound as a receiver or transceiver."""
        return self._session.state in (State.BOUND_RX, State.BOUND_TRX)

    @property
    def free(self) -> int:
        """Return how many deliveries the window still takes."""
        return self._session.free if self.receives else 0

    def accept(self, sequence: int, message_id: str) -> None:
        """Answer a submission with its id."""
        self._session.respond_raw(sequence, codec.c_string(message_id))
        self.connection.wake()

    def respond(self, sequence: int, pdu: Pdu, status: int = 0) -> None:
        """Answer a request that is neither a submission nor refused."""
        self._session.respond(sequence, pdu, status)
        self.connection.wake()

    def refuse(self, sequences: Iterable[int], status: int) -> None:
        """Answer requests with a status that is not a success."""
        self._session.acknowledge(sequences, status)
        self.connection.wake()

    def forget(self, sequence: int) -> None:
        """Never answer a request: it counts no more among those that are not answered yet."""
        self._session.forget(sequence)

    def deliver(self, pdu: Pdu, token: Any) -> int:
        """Send a delivery and return its sequence number; `token` comes back with its outcome. Raise WindowFull or NotBound."""
        self.connection.wake()
        return self._session.submit(pdu, token, self.connection.time())

    def write(self, octets: bytes) -> None:
        """Send octets as they are, beside the session: a simulated operator misbehaves by it."""
        self._session.write(octets)
        self.connection.wake()

    def drop(self, reason: str) -> None:
        """Close the connection at once."""
        self.connection.drop(reason)

    async def close(self, unbind_seconds: float) -> None:
        """Unbind, wait for the answer, close."""
        self._session.unbind()
        self.connection.wake()
        await asyncio.wait([self.connection.ended], timeout=unbind_seconds)
        self.drop("the server was closed")

    def _take(self, event: Event) -> None:
        handler = self.handler
        if isinstance(event, Requested):
            handler.on_request(event.sequence, event.pdu)
        elif isinstance(event, Responded):
            handler.on_response(event.token, event.status, event.message_id)
        elif isinstance(event, TimedOut):
            handler.on_unanswered(event.tokens)
        elif isinstance(event, LateResponded):
            handler.on_late_response(event.token, event.status, event.message_id)
        elif isinstance(event, BindAsked):
            self._authorising = asyncio.create_task(self._authorise(event))
        elif isinstance(event, Dropped):
            self._server.peers.discard(self)
            if self._authorising is not None:
                self._authorising.cancel()
            handler.on_lost(event.tokens, event.reason)

    async def _authorise(self, event: BindAsked) -> None:
        try:
            status = await self.handler.on_bind(event.pdu)
        except Exception:  # noqa: BLE001  logged: a fault in one handler must not end the server
            logger.exception("the bind of a client could not be decided")
            status = spec.ESME_RSYSERR
        self._authorising = None
        if status == spec.ESME_ROK:
            self.bind = event.pdu
        self._session.respond(event.sequence, BindResp(self._server.system_id), status)
        self.connection.wake()
        if status == spec.ESME_ROK:
            self.handler.on_bound()
        else:
            self.drop(f"the bind was refused with {spec.status_name(status)}")


class _ServerConnection(SmppConnection):
    """A connection that counts from when it is usable: a TLS handshake that fails never gets here."""

    peer: Peer

    def __init__(self, server: "SmppServer", sink: Callable[[Event], None]) -> None:
        super().__init__("server", server.limits.session, sink)
        self._server = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if len(self._server.sockets) >= self._server.limits.connections:
            self.drop("too many connections")
        else:
            self._server.sockets.add(self)
            self._server.peers.add(self.peer)

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.sockets.discard(self)
        super().connection_lost(exc)


class SmppServer:
    """A listening socket and the clients behind it."""

    def __init__(self, handler_factory: Callable[[Peer], PeerHandler], limits: ServerLimits, system_id: str) -> None:
        """Prepare a server; `serve` is what makes one."""
        self.handler_factory = handler_factory
        self.limits = limits
        self.system_id = system_id
        self.peers: set[Peer] = set()
        # A session can be over while its last octets still leave: such a socket counts, too.
        self.sockets: set[_ServerConnection] = set()
        self._listener: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """Return the port that was bound, useful when any was asked for."""
        if self._listener is None:
            return 0
        port: int = self._listener.sockets[0].getsockname()[1]
        return port

    async def listen(self, host: str, port: int, tls: ssl.SSLContext | None) -> None:
        """Start accepting."""
        self._listener = await asyncio.get_running_loop().create_server(
            lambda: Peer(self).connection,
            host,
            port,
            ssl=tls,
            ssl_handshake_timeout=None if tls is None else self.limits.session.bind_timeout,
        )

    async def close(self) -> None:
        """Stop accepting, unbind every client, close."""
        if self._listener is not None:
            self._listener.close()
        await asyncio.gather(*(peer.close(self.limits.unbind_seconds) for peer in list(self.peers)))
        if self.sockets:
            await asyncio.wait([connection.closed for connection in self.sockets], timeout=LINGER_SECONDS)


async def serve(
    host: str,
    port: int,
    handler_factory: Callable[[Peer], PeerHandler],
    *,
    tls: ssl.SSLContext | None = None,
    limits: ServerLimits | None = None,
    system_id: str = "SMSFLOW",
) -> SmppServer:
    """Listen for clients; each gets the handler that `handler_factory` makes for it."""
    server = SmppServer(handler_factory, limits or ServerLimits(), system_id)
    await server.listen(host, port, tls)
    return server
