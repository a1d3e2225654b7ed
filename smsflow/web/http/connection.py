"""HTTP connections: uvicorn's protocol, with bounds on the time and memory that a client can take."""

import asyncio
import math
import resource
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, cast

import httptools
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from smsflow.web.http.errors import RETRY_AFTER, DoorError, ErrorPage

# Bounds of a head: octets in all, and headers.
HEAD_OCTETS = 65_536
_HEADERS = 100
# Requests that may wait on one connection behind the one that is being answered.
_PIPELINE = 128
# A client has this long for its head, and for the rest of a body that is answered already.
HEAD_SECONDS = 15.0
_IDLE_SECONDS = 75
# A client that is refused in the middle of sending has this long to read the answer.
_LINGER_SECONDS = 2.0
# Close connections whose client stops reading for this long.
_READ_SECONDS = 30.0
# An answer that takes longer becomes a 503: a database that hangs without dying raises no error.
_ANSWER_SECONDS = 45.0
# Connections of one process, as far as the system lets it open as many files; each further one is answered 503.
_CONNECTIONS = 16_384
_OTHER_FILES = 256

# In a request's scope: a function that tells whether nothing of its body is still to come.
BODY_IS_HERE = "smsflow.body_is_here"
# In a request's scope: a function that keeps the connection open while its answer goes on, a stream of events, and takes what to call
# when the client has gone or the process ends.
STREAMS = "smsflow.streams"

# The error page for a path (None: none is known) and a failure.
Refusal = Callable[[str | None, DoorError], ErrorPage]


class _Gathering:
    """A transport that joins the writes of one step of the loop, mostly a head and its body: each write wakes the client."""

    __slots__ = (
        "_has_ended", "_loop", "_pieces", "_transport", "abort", "get_extra_info", "is_closing", "pause_reading", "resume_reading",
    )  # fmt: skip

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        """Write to `transport`."""
        self._transport, self._loop = transport, loop
        self._pieces: list[bytes] = []
        self._has_ended = False
        self.get_extra_info, self.is_closing = transport.get_extra_info, transport.is_closing
        self.pause_reading, self.resume_reading = transport.pause_reading, transport.resume_reading
        self.abort = transport.abort

    def write(self, data: bytes) -> None:
        """Write soon; discard what comes after `write_eof`."""
        if self._has_ended:
            return
        if not self._pieces:
            self._loop.call_soon(self._flush)
        self._pieces.append(data)

    def close(self) -> None:
        """Close once everything is written."""
        self._flush()
        self._transport.close()

    def write_eof(self) -> None:
        """End our side of the connection."""
        self._has_ended = True
        self._flush()
        self._transport.write_eof()

    def _flush(self) -> None:
        if self._pieces:
            self._transport.write(b"".join(self._pieces))
            self._pieces.clear()


class Connection(HttpToolsProtocol):
    """One client's connection."""

    def __init__(self, config: uvicorn.Config, *others: Any, **named: Any) -> None:
        """Prepare, as uvicorn asks."""
        super().__init__(config, *others, **named)
        ours = cast(Config, config)
        self._octets_limit, self._room, self._refusal = ours.request_octets, ours.room, ours.refusal
        self._octets_limits, self._uploads = ours.request_octets, ours.uploads
        self._is_upload = False
        self._end_stream: Callable[[], None] | None = None
        # Of the request whose head is coming; uvicorn sets it with the first octet.
        self.url = b""
        self.due = time.monotonic() + HEAD_SECONDS
        # Of the request that is coming: whether its head and all of it are here, and how much of it came in pieces.
        self._has_head = self._is_whole = self._is_refused = False
        self._octets = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Take a new connection, if there is room."""
        super().connection_made(cast(asyncio.Transport, _Gathering(transport, self.loop)))
        if len(self.connections) > self._room:
            self._refuse_for_now()

    def data_received(self, data: bytes) -> None:
        """Take what the client sent; a request that grows beyond every limit is refused here."""
        if self._is_refused or self.transport.is_closing():
            return
        super().data_received(data)
        if self._is_whole:
            return
        self._octets += len(data)
        # A file on a poor line takes longer than any answer; only one whose sender was let in is still waited for.
        if self._is_upload and self.cycle is not None and not self.cycle.response_started:
            self._wait(_ANSWER_SECONDS)
        if not self._has_head and self._octets > HEAD_OCTETS:
            self._refuse(431)
        elif self._octets > self._octets_limit:
            self.transport.close()

    def send_400_response(self, _msg: str) -> None:
        """Answer what is not HTTP."""
        cycle = self.cycle
        if cycle is None or cycle.response_complete or (cycle.more_body and not self.pipeline):
            self._refuse(400)
        else:
            # The answers to earlier requests, which may be about SMS that are stored, go first.
            cycle.keep_alive = False

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        scope = cast(dict[str, Any], self.scope)
        scope[BODY_IS_HERE], scope[STREAMS] = self.is_whole, self.streams
        self._has_head = self._is_whole = False
        self._octets = 0
        self._wait(HEAD_SECONDS)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take one header."""
        if len(self.headers) >= _HEADERS:
            raise httptools.HttpParserError("too many headers")
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Begin to answer the request, or queue it."""
        if len(self.pipeline) >= _PIPELINE:
            raise httptools.HttpParserError("too many requests at once")
        self._has_head = True
        upload = self._uploads.get(self.url.partition(b"?")[0])
        self._is_upload = upload is not None
        self._octets_limit = self._octets_limits if upload is None else upload + HEAD_OCTETS
        self._wait(_ANSWER_SECONDS)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Know that all of the request is here."""
        self._is_whole = True
        if self.cycle.response_complete:
            self._wait(_IDLE_SECONDS)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Wait for the next request, or for the rest of this one, which nobody reads."""
        self._end_stream = None
        super().on_response_complete()
        self._wait(_ANSWER_SECONDS if self.pipeline else _IDLE_SECONDS if self._is_whole else HEAD_SECONDS)

    def pause_writing(self) -> None:
        """Give the client a bounded time to read."""
        super().pause_writing()
        self.due = time.monotonic() + _READ_SECONDS

    def resume_writing(self) -> None:
        """Bound the time again by what the connection waits for."""
        super().resume_writing()
        self._wait(_IDLE_SECONDS if self.cycle is not None and self.cycle.response_complete else _ANSWER_SECONDS)

    def streams(self, end: Callable[[], None]) -> None:
        """Keep the connection open until its answer ends, however long that takes, for as long as the client reads."""
        self._end_stream = end

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the client; a stream has nobody to go to any more."""
        super().connection_lost(exc)
        if self._end_stream is not None:
            self._end_stream()

    def shutdown(self) -> None:
        """Close the connection when its answer is given; a stream ends now, and the client connects to the next process."""
        super().shutdown()
        if self._end_stream is not None:
            self._end_stream()

    def close_if_due(self, now: float) -> None:
        """Close the connection when its time is over; the client gets a moment to read what was written."""
        if self.due >= now or (self._end_stream is not None and not self.flow.write_paused):
            return
        if self.transport.is_closing():
            self.transport.abort()
        elif self._has_head and not self._is_refused and self.cycle is not None and not self.cycle.response_started:
            self._refuse_for_now(begun=True)
        else:
            self.transport.close()
            self.due = now + _LINGER_SECONDS

    def _wait(self, seconds: float) -> None:
        # Nothing that a client sends lengthens the time in which it must read.
        if not self.flow.write_paused:
            self.due = time.monotonic() + seconds

    def is_whole(self) -> bool:
        """Tell whether every request that began is here to its end."""
        return self._is_whole

    def _refuse_for_now(self, *, begun: bool = False) -> None:
        self._refuse(503, b"retry-after: %d\r\n" % RETRY_AFTER, begun=begun)

    def _refuse(self, status: int, headers: bytes = b"", *, begun: bool = False) -> None:
        path = self.cycle.scope["path"] if begun else self.url.partition(b"?")[0].decode("latin-1")
        page = self._refusal(path or None, DoorError(status, begun=begun))
        line = b"HTTP/1.1 %d %b\r\n" % (status, HTTPStatus(status).phrase.encode())
        fields = b"content-type: %b\r\ncontent-length: %d\r\n" % (page.content_type.encode(), len(page.body))
        self.transport.write(line + fields + headers + b"connection: close\r\n\r\n" + page.body)
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        # Closed while the client still sends, the connection would be reset, and the answer lost with it.
        self.transport.write_eof()
        self._is_refused = True
        self.due = time.monotonic() + _LINGER_SECONDS


class Config(uvicorn.Config):
    """Settings of uvicorn's protocol, and ours beside them."""

    def __init__(
        self,
        application: Any,
        *,
        refusal: Refusal,
        body_limit: int,
        drain_timeout: float,
        uploads: Mapping[bytes, int] = {},
    ) -> None:
        """Serve `application`, whose requests may have bodies of `body_limit` bytes; refuse by `refusal` what never reaches it.

        `uploads` are the paths that take files, each with the size of its largest body.
        """
        super().__init__(
            application,
            http=Connection,
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            log_level="error",
            access_log=False,
            proxy_headers=False,
            timeout_keep_alive=_IDLE_SECONDS,
            timeout_graceful_shutdown=math.ceil(drain_timeout),
        )
        # A body beyond the limit is answered 413 by the application; the connection is closed when the client goes on sending.
        self.request_octets = 2 * body_limit + HEAD_OCTETS
        self.uploads = uploads
        self.room = _make_room()
        self.refusal = refusal


def _make_room() -> int:
    """Have the system let this process open as many files as it may; return how many connections that leaves room for."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _CONNECTIONS + _OTHER_FILES
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return max(most - _OTHER_FILES, most // 2)
