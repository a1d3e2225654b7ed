"""A load generator: posts SMS over keep-alive connections of HTTP/1.1, on loopback, and keeps the time of each answer."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import count

_FILLER = "abcdefghi+" * 20


@dataclass(slots=True)
class Result:
    """The answers: how many of each status, and the seconds that each took."""

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    started: float = 0.0
    ended: float = 0.0

    @property
    def rate(self) -> float:
        """Answers of 200 per second."""
        return self.statuses[200] / max(self.ended - self.started, 1e-9)

    def percentile(self, share: float) -> float:
        """Milliseconds below which this share of the answers came."""
        ordered = sorted(self.seconds)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


class _Client(asyncio.Protocol):
    def __init__(self, requests: "_Requests") -> None:
        self._requests = requests
        self._buffer = b""
        self._sent_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, separator, body = self._buffer.partition(b"\r\n\r\n")
        if not separator or len(body) < _length(head):
            return
        self._buffer = b""
        self._requests.take(int(head[9:12]), time.perf_counter() - self._sent_at)
        self._send()

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - the protocol's signature
        self._requests.leave()

    def _send(self) -> None:
        request = self._requests.next()
        if request is None:
            self._transport.close()  # type: ignore[attr-defined]
            return
        self._sent_at = time.perf_counter()
        self._transport.write(request)  # type: ignore[attr-defined]


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line[15:])
    return 0


class _Requests:
    """The requests that are left, shared by all connections."""

    def __init__(self, number: int, connections: int, token: str, tag: str, length: int) -> None:
        self._left = number
        self._clients = connections
        self._head = f"POST /apiv2/sms/ HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Token {token}\r\n"
        self._head += "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: "
        self._tag = tag
        self._length = length
        self._numbers = count()
        self.result = Result()
        self.finished = asyncio.Event()

    def next(self) -> bytes | None:
        """Return the next request, or None when all were sent."""
        if self._left <= 0:
            return None
        self._left -= 1
        number = next(self._numbers)
        text = f"{self._tag}-{number:07}+{_FILLER}"[: self._length]
        body = f"number=%2B23769{number % 10_000_000:07}&message={text}"
        return f"{self._head}{len(body)}\r\n\r\n{body}".encode()

    def take(self, status: int, seconds: float) -> None:
        """Count an answer."""
        self.result.statuses[status] += 1
        self.result.seconds.append(seconds)
        self.result.ended = time.perf_counter()

    def leave(self) -> None:
        """A connection has ended."""
        self._clients -= 1
        if not self._clients:
            self.finished.set()


async def post(port: int, token: str, *, number: int, connections: int, tag: str, length: int = 100) -> Result:
    """Post `number` SMS of `length` characters over `connections` connections; return the answers."""
    requests = _Requests(number, connections, token, tag, length)
    requests.result.started = time.perf_counter()
    loop = asyncio.get_running_loop()
    for _ in range(connections):
        await loop.create_connection(lambda: _Client(requests), "127.0.0.1", port)
    await requests.finished.wait()
    return requests.result
