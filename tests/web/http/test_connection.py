"""Connections: what a client may make us wait for and keep, and that no answer is lost to what comes after it."""

import asyncio
import json
from contextlib import asynccontextmanager, suppress

import pytest

from smsflow.web.http import connection
from smsflow.web.http.connection import STREAMS, Config
from smsflow.web.http.errors import ErrorPage
from smsflow.web.http.server import Server
from smsflow.web.serve import listen
from tests.hostile.raw_http import an_answer, head, refused
from tests.waiting import until

GET = head("GET", "/")
POST = head("POST", "/", "Content-Length: 4")
BODY_LIMIT = 1024


def refusal(path, failure):
    """Return a page that says what was refused and where."""
    said = {"code": failure.status, "message": f"{path or 'no address'}{', begun' if failure.begun else ''}."}
    return ErrorPage("application/json", json.dumps(said).encode())


class Echo:
    """An application that answers each request with its body, the slow ones when it is told to."""

    def __init__(self):
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.gone = 0
        self.streams_until = asyncio.Event()

    async def __call__(self, scope, receive, send):
        if scope["path"] == "/stream":
            scope[STREAMS](self.streams_until.set)
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b": here", "more_body": True})
            await self.streams_until.wait()
            await send({"type": "http.response.body", "body": b""})
            return
        body, more = b"", True
        while more:
            event = await receive()
            if event["type"] == "http.disconnect":
                self.gone += 1
                return
            body, more = body + event["body"], event["more_body"]
        await self.go_on.wait()
        said = scope["path"].encode() + body
        fields = [(b"content-length", str(len(said)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": fields})
        await send({"type": "http.response.body", "body": said})


@pytest.fixture
async def echo():
    return Echo()


@pytest.fixture
async def server(echo):
    """A server of the echo; `port` is where."""
    listener = listen("127.0.0.1", 0)
    running = Server(Config(echo, refusal=refusal, body_limit=BODY_LIMIT, drain_timeout=1))
    running.port = listener.getsockname()[1]
    serving = asyncio.create_task(running.serve([listener]))
    yield running
    running.should_exit = True
    await serving


@asynccontextmanager
async def a_client(server, *octets):
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        for some in octets:
            writer.write(some)
            await writer.drain()
        yield reader, writer
    finally:
        writer.close()


async def answered(server, *octets):
    async with asyncio.timeout(10), a_client(server, *octets) as (reader, _):
        return await an_answer(reader)


async def all_of(server, *octets):
    """Everything that comes until the server closes."""
    async with asyncio.timeout(10), a_client(server, *octets) as (reader, _):
        return await reader.read()


async def test_a_head_without_an_end_is_431(server):
    answer = await answered(server, GET[:-2] + b"X: " + b"y" * connection.HEAD_OCTETS, b"y" * connection.HEAD_OCTETS)

    assert refused(answer, 431)


async def test_more_headers_than_anybody_needs_are_400(server):
    assert refused(await answered(server, head("GET", "/", *[f"X-{n}: y" for n in range(200)])), 400)


async def test_octets_that_are_not_http_are_400(server):
    assert refused(await answered(server, b"hello\r\n\r\n"), 400)


async def test_a_body_that_goes_on_for_ever_is_cut_off(server, echo):
    chunk = b"400\r\n" + b"x" * 1024 + b"\r\n"
    async with a_client(server, head("POST", "/", "Transfer-Encoding: chunked")) as (_, writer):
        with suppress(ConnectionError):
            for _ in range(10_000):
                writer.write(chunk)
                await writer.drain()

    assert echo.gone == 1


async def test_requests_one_after_the_other_on_one_connection_are_answered_in_order(server):
    last = head("GET", "/c", "Connection: close")

    said = await all_of(server, head("GET", "/a") + POST + b"body" + last)

    assert [line.rpartition(b"\r\n\r\n")[2] for line in said.split(b"HTTP/1.1 200 OK")[1:]] == [b"/a", b"/body", b"/c"]


async def test_an_answer_that_is_due_is_not_lost_to_nonsense_behind_it(server, echo):
    echo.go_on.clear()
    asyncio.get_running_loop().call_later(0.1, echo.go_on.set)

    said = await all_of(server, POST + b"body" + b"nonsense\r\n\r\n")

    assert said.startswith(b"HTTP/1.1 200")
    assert said.endswith(b"/body")
    assert said.count(b"HTTP/1.1") == 1


async def test_more_requests_at_once_than_a_connection_may_have_are_not_begun(server, echo):
    echo.go_on.clear()
    asyncio.get_running_loop().call_later(0.1, echo.go_on.set)

    said = await all_of(server, GET * 500)

    assert 100 < said.count(b"HTTP/1.1 200") < 200


@pytest.mark.parametrize("octets", [b"", GET[:-2], b"\r\n"], ids=["nothing", "half a head", "a line"])
async def test_a_client_that_sends_no_whole_request_is_closed(server, monkeypatch, octets):
    monkeypatch.setattr(connection, "HEAD_SECONDS", 0.1)

    assert await all_of(server, octets) == b""


async def test_the_rest_of_a_body_that_was_answered_already_is_not_waited_for(server, monkeypatch):
    monkeypatch.setattr(connection, "HEAD_SECONDS", 0.1)

    async def answers_at_once(_scope, _receive, send):
        await send({"type": "http.response.start", "status": 413, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    server.config.loaded_app = answers_at_once

    said = await all_of(server, head("POST", "/", "Content-Length: 500") + b"x")

    assert said.startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize("requests", [1, 5])
async def test_a_client_that_does_not_read_is_waited_for_and_then_closed(server, monkeypatch, requests):
    monkeypatch.setattr(connection, "_READ_SECONDS", 0.1)
    monkeypatch.setattr(connection, "_LINGER_SECONDS", 0.1)
    much = bytes(2**26)

    async def says_much(_scope, _receive, send):
        fields = [(b"content-length", str(len(much)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": fields})
        await send({"type": "http.response.body", "body": much})

    server.config.loaded_app = says_much
    async with a_client(server, GET * requests) as (reader, _):
        assert await reader.readexactly(12) == b"HTTP/1.1 200"
        async with asyncio.timeout(10):
            while server.server_state.connections:  # noqa: ASYNC110 - the end of a connection has no event
                await asyncio.sleep(0.05)


async def test_a_request_that_nobody_answers_is_503(server, echo, monkeypatch):
    monkeypatch.setattr(connection, "_ANSWER_SECONDS", 0.1)
    echo.go_on.clear()

    answer = await answered(server, POST + b"body")
    echo.go_on.set()

    assert refused(answer, 503)
    assert b"/, begun." in answer.octets
    assert b"retry-after: 1" in answer.octets


async def test_a_connection_beyond_the_last_is_told_to_come_back(server):
    server.config.room = 1
    async with a_client(server, GET) as (reader, _):
        assert (await an_answer(reader)).status == 200
        answer = await answered(server)

    assert refused(answer, 503)
    assert b"retry-after: 1" in answer.octets


async def test_a_server_that_leaves_asks_every_client_to_come_by_another_connection(server):
    server.leaves = True
    async with a_client(server, GET) as (reader, writer):
        # The header is there from the next look of the server on.
        while b"connection: close" not in (answer := await an_answer(reader)).octets:
            writer.write(GET)
        assert answer.status == 200
        assert await reader.read() == b""


async def test_a_client_that_has_just_connected_when_the_server_stops_listening_is_answered(server):
    async with a_client(server) as (reader, writer):
        await until(lambda: server.server_state.connections, "a connection that is taken from the backlog")
        server.leaves = True
        server.take_no_more()
        writer.write(GET)

        assert (await an_answer(reader)).status == 200
    with pytest.raises(ConnectionError):
        await asyncio.open_connection("127.0.0.1", server.port)


async def test_an_answer_has_a_date_and_is_one_write(server):
    async with a_client(server, GET) as (reader, _):
        said = await reader.read(65536)

    assert b"date: " in said
    assert said.endswith(b"/")


async def test_an_address_that_takes_files_takes_a_body_beyond_the_others(echo):
    listener = listen("127.0.0.1", 0)
    config = Config(
        echo, refusal=refusal, body_limit=BODY_LIMIT, drain_timeout=1, uploads={b"/file": 4 * connection.HEAD_OCTETS}
    )
    running = Server(config)
    running.port = listener.getsockname()[1]
    serving = asyncio.create_task(running.serve([listener]))
    size = 3 * connection.HEAD_OCTETS

    answer = await answered(running, head("POST", "/file", f"Content-Length: {size}"), b"x" * size)
    cut = b""
    with suppress(ConnectionError):
        cut = await all_of(running, head("POST", "/", f"Content-Length: {size}"), b"x" * size)

    assert answer.status == 200
    assert cut == b""
    running.should_exit = True
    await serving


async def test_a_stream_outlives_the_time_of_an_answer_and_ends_with_its_client(server, echo):
    ended = asyncio.Event()
    echo.streams_until = ended
    async with asyncio.timeout(10), a_client(server, head("GET", "/stream")) as (reader, _):
        await reader.readuntil(b"\r\n\r\n")
        (open_,) = server.server_state.connections
        open_.close_if_due(open_.due + 1)
        assert not ended.is_set()

    async with asyncio.timeout(10):
        await ended.wait()


async def test_a_stream_whose_client_does_not_read_is_closed(server, echo):
    ended = asyncio.Event()
    echo.streams_until = ended
    async with asyncio.timeout(10), a_client(server, head("GET", "/stream")) as (reader, _):
        await reader.readuntil(b"\r\n\r\n")
        (open_,) = server.server_state.connections
        open_.pause_writing()
        open_.close_if_due(open_.due + 1)
        await ended.wait()


async def test_a_stream_ends_when_the_server_does(server, echo):
    ended = asyncio.Event()
    echo.streams_until = ended
    async with asyncio.timeout(10), a_client(server, head("GET", "/stream")) as (reader, _):
        await reader.readuntil(b"\r\n\r\n")
        server.should_exit = True
        await ended.wait()
