"""Load over HTTP: many keep-alive connections, a text of its own for every SMS, and a record of every answer."""

import asyncio
import json
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import quote

ANSWER_SECONDS = 60.0
_PAUSE = 0.05
_SECOND_PART = " and so on" * 16

accepted, refused, unanswered = "accepted", "refused", "unanswered"


@dataclass(frozen=True, slots=True)
class Asked:
    """One SMS that was asked for, and what became of the request."""

    text: str
    answer: str
    status: int = 0
    message_id: int = 0
    retry_after: str = ""
    seconds: float = 0.0


@dataclass(slots=True)
class Load:
    """Clients that send until they are told to stop, or until they have sent `most`; one SMS in `long_every` has two parts."""

    port: int
    token: str
    prefix: str
    connections: int = 8
    most: int = 10**9
    pause: float = 0.0
    long_every: int = 0
    asked: list[Asked] = field(default_factory=list)
    _numbers: count = field(default_factory=count)
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _tasks: list = field(default_factory=list)

    async def __aenter__(self):
        """Begin."""
        self._tasks = [asyncio.create_task(self._client()) for _ in range(self.connections)]
        return self

    async def __aexit__(self, *failed):
        """Let every request that is under way be answered, and end."""
        if failed[0] is not None:
            for task in self._tasks:
                task.cancel()
        self._stop.set()
        await asyncio.gather(*self._tasks, return_exceptions=failed[0] is not None)

    async def finished(self):
        """Wait until `most` have been asked for."""
        await asyncio.gather(*self._tasks)

    def stop(self):
        """Ask for no more."""
        self._stop.set()

    def of(self, answer):
        """Return the requests with this answer."""
        return [a for a in self.asked if a.answer == answer]

    async def _client(self):
        connection = None
        while not self._stop.is_set() and (number := next(self._numbers)) < self.most:
            text = f"{self.prefix} {number}"
            if self.long_every and number % self.long_every == 0:
                text += _SECOND_PART
            started = asyncio.get_running_loop().time()
            try:
                if connection is None:
                    connection = await asyncio.open_connection("127.0.0.1", self.port)
                async with asyncio.timeout(ANSWER_SECONDS):
                    status, headers, body = await post(
                        *connection, "/apiv2/sms/", self.token, number=a_number(number), message=text
                    )
            except (OSError, EOFError, TimeoutError):
                # Not even connected: nobody can have taken it.
                self.asked.append(Asked(text, refused if connection is None else unanswered))
                if connection is not None:
                    connection[1].close()
                connection = None
                await asyncio.sleep(_PAUSE)
                continue
            seconds = asyncio.get_running_loop().time() - started
            if status == 200:
                self.asked.append(Asked(text, accepted, status, int(json.loads(body)["sms_id"][3:]), "", seconds))
            else:
                self.asked.append(Asked(text, refused, status, 0, headers.get("retry-after", ""), seconds))
                await asyncio.sleep(_PAUSE)
            if headers.get("connection", "").lower() == "close":
                connection[1].close()
                connection = None
            if self.pause:
                await asyncio.sleep(self.pause)
        if connection is not None:
            connection[1].close()


def a_number(n):
    """Return the n-th mobile number of Cameroon."""
    return f"+23769{n % 10_000_000:07d}"


async def post(reader, writer, path, token, **fields):
    """Send one form on an open connection; return status, headers and body. Raises EOFError when it is closed before the answer."""
    body = "&".join(f"{k}={quote(str(v), safe='')}" for k, v in fields.items()).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: smsflow\r\nAuthorization: Token {token}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    writer.write(head.encode() + body)
    await writer.drain()
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:] if line)}
    return int(lines[0].split()[1]), headers, await reader.readexactly(int(headers["content-length"]))


async def once(port, token, path, **fields):
    """Send one form on a connection of its own."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        return await post(reader, writer, path, token, **fields)
    finally:
        writer.close()
