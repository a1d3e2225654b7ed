"""The asyncio shell around a session: it writes once per loop turn and keeps one timer armed."""

import asyncio
import logging
from collections.abc import Callable
from typing import cast

from smsflow.smpp.events import Dropped, Event
from smsflow.smpp.limits import SessionLimits
from smsflow.smpp.session import Session
from smsflow.smpp.state import Role

logger = logging.getLogger(__name__)

# The last PDU written (an unbind_resp, a generic_nack) gets this long to leave; then the socket is aborted.
LINGER_SECONDS = 2.0
# Octets that a peer may leave unread. A whole window of long messages is a fraction of it.
UNREAD_OCTETS = 4 * 1024 * 1024


class SmppConnection(asyncio.Protocol):
    """One socket and its session; every event goes to `sink`, in order, and Dropped once at the end."""

    def __init__(self, role: Role, limits: SessionLimits, sink: Callable[[Event], None]) -> None:
        """Prepare a session of `role`; the event loop hands over the socket later."""
        self._loop = asyncio.get_running_loop()
        self._role = role
        self._sink = sink
        self._transport: asyncio.Transport | None = None
        self._flush_scheduled = False
        self._timer: asyncio.TimerHandle | None = None
        self.time = self._loop.time
        self.session = Session(role, limits, now=self.time())
        self.ended: asyncio.Future[str] = self._loop.create_future()
        """Done with the reason when the session is over."""
        self.closed: asyncio.Future[None] = self._loop.create_future()
        """Done when the socket is closed too."""

    @property
    def peer_address(self) -> str:
        """Return the address of the other side, for logs."""
        peername = None if self._transport is None else self._transport.get_extra_info("peername")
        return f"{peername[0]}:{peername[1]}" if peername else "?"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the socket."""
        self._transport = cast("asyncio.Transport", transport)
        self.wake()

    def data_received(self, data: bytes) -> None:
        """Hand octets to the session and its events to the sink."""
        self._emit(self.session.receive_data(data, self.time()))
        self.wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """End the session if nothing else did."""
        self._disarm()
        if not self.closed.done():
            self.closed.set_result(None)
        self.drop("the peer closed the connection" if exc is None else f"the connection was lost: {exc}")

    def pause_writing(self) -> None:
        """Stop reading from a client that does not read its answers: they would fill memory.

        A client goes on reading, as two sides that both stop never resume: its requests are bounded by the window, and of its
        answers an operator may leave UNREAD_OCTETS.
        """
        if self._role == "server" and self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Read again."""
        if self._role == "server" and self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def wake(self) -> None:
        """Write the session's octets before the next turn of the loop ends."""
        if not self._flush_scheduled:
            self._flush_scheduled = True
            self._loop.call_soon(self._flush)

    def drop(self, reason: str) -> None:
        """End the session and close the socket; nothing happens when it is over."""
        self._emit(self.session.connection_lost(reason))

    def _flush(self) -> None:
        self._flush_scheduled = False
        data = self.session.data_to_send()
        transport = self._transport
        if transport is None:
            return
        if data and not transport.is_closing():
            transport.write(data)
            if transport.get_write_buffer_size() > UNREAD_OCTETS:
                self.drop("the peer stopped reading")
        if self.ended.done():
            self._hang_up(transport)
        else:
            self._arm()

    def _hang_up(self, transport: asyncio.Transport) -> None:
        if not transport.is_closing():
            self._disarm()
            transport.close()
            self._timer = self._loop.call_later(LINGER_SECONDS, transport.abort)

    def _arm(self) -> None:
        """Re-arm the timer when the session wants to be called earlier; one that fires too early does no harm."""
        due = self.session.get_timer()
        if due is None:
            return
        if self._timer is not None:
            if self._timer.when() <= due:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(due, self._fire)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _fire(self) -> None:
        self._timer = None
        self._emit(self.session.handle_timer(self.time()))
        self._flush()

    def _emit(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, Dropped) and not self.ended.done():
                self.ended.set_result(event.reason)
                self.wake()
            try:
                self._sink(event)
            except Exception:
                # A fault in one handler must not end the session of every other message.
                logger.exception("the handler of %s failed", type(event).__name__)
