"""HTTP as no client should send it: octets on a socket, and the server's answers."""

import asyncio
import functools
import json
import re
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests import waiting

PATIENCE = 30  # seconds; the server's own time-outs are shorter
until = functools.partial(waiting.until, timeout=PATIENCE)
JSON = "Content-Type: application/json"
LOGIN, SEND = "/auth2/get_token_auth/", "/apiv2/sms/"


@dataclass(frozen=True)
class Answer:
    """The octets that came before the server hung up, or until one whole answer was there."""

    octets: bytes

    @property
    def status(self):
        return int(self.octets.split(b" ", 2)[1]) if self.octets else None

    @property
    def body(self):
        return self.octets.partition(b"\r\n\r\n")[2]

    @property
    def json(self):
        return json.loads(self.body)


def head(method, path, *headers):
    """Return the head of a request."""
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: localhost", *headers, "", ""]).encode("latin-1")


def refused(answer, status):
    """Tell whether an answer is the contract's error of this status."""
    return answer.status == status and answer.json["code"] == status and answer.json["message"].endswith(".")


@asynccontextmanager
async def a_connection(server):
    """Open a connection to the platform and close it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        yield reader, writer
    finally:
        writer.close()


async def tell(server, *pieces):
    """Send octets and return the answer; a server that stops reading in the middle has its reasons."""
    async with asyncio.timeout(PATIENCE), a_connection(server) as (reader, writer):
        try:
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
        except ConnectionError:
            pass
        return await an_answer(reader)


async def an_answer(reader):
    """Read one answer, or what there is of one when the server hangs up."""
    octets = b""
    try:
        while not _is_whole(octets):
            piece = await reader.read(65536)
            if not piece:
                break
            octets += piece
    except ConnectionError:
        pass
    return Answer(octets)


def _is_whole(octets):
    start, end, body = octets.partition(b"\r\n\r\n")
    if not end or start.startswith(b"HTTP/1.1 100"):
        return False
    length = re.search(rb"content-length: (\d+)", start, re.IGNORECASE)
    return length is not None and len(body) >= int(length[1])


async def is_well(server):
    """Tell whether the platform still answers, and still asks for a token."""
    alive = await tell(server, head("GET", "/healthz"))
    return alive.status == 200 and refused(await tell(server, head("GET", "/apiv2/balance/")), 401)


def open_files(pid):
    """Return how many descriptors a process has open."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))
