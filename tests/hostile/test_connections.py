"""Connections that do nothing, or nearly nothing: the platform has room for thousands, and gets it back."""

import resource
from contextlib import AsyncExitStack

import pytest

from tests.hostile.raw_http import JSON, LOGIN, a_connection, head, is_well, open_files, until
from tests.machine import resident

IDLE = 2000
SLOW = 300
MIB_FOR_ALL = 60


@pytest.fixture
def web(live_server):
    (pid,) = live_server.pids("web")
    return pid


@pytest.fixture(autouse=True)
def _files():
    """Room for our ends of the connections; the platform makes its own."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 2 * IDLE:
        pytest.skip(f"this machine allows {hard} open files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2 * IDLE), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def several(stack, server, count, octets):
    """Open connections that say this much and no more."""
    opened = [await stack.enter_async_context(a_connection(server)) for _ in range(count)]
    for _, writer in opened:
        writer.write(octets)
    return opened


async def test_two_thousand_idle_connections_leave_room_and_memory(live_server, web):
    files, memory = open_files(web), resident(web)

    async with AsyncExitStack() as stack:
        await several(stack, live_server, IDLE, b"")
        await until(lambda: open_files(web) > files + IDLE - 20)
        assert await is_well(live_server)
        assert resident(web) - memory < MIB_FOR_ALL
    await until(lambda: open_files(web) < files + 20)


async def test_heads_that_never_end_are_cut_though_their_clients_hold_on(live_server, web):
    files = open_files(web)

    async with AsyncExitStack() as stack:
        await several(stack, live_server, SLOW, head("GET", "/healthz")[:-2])
        await until(lambda: open_files(web) > files + SLOW - 20)
        await until(lambda: open_files(web) < files + 20)


@pytest.mark.parametrize(
    "octets",
    [
        head("GET", "/healthz")[:-2],
        head("POST", LOGIN, JSON, "Content-Length: 100") + b'{"username":',
        head("POST", LOGIN, JSON, "Transfer-Encoding: chunked") + b"5\r\n{",
    ],
    ids=["head", "body", "chunk"],
)
async def test_requests_that_never_end_hold_nobody_up(live_server, web, octets):
    files, memory = open_files(web), resident(web)

    async with AsyncExitStack() as stack:
        await several(stack, live_server, SLOW, octets)
        await until(lambda: open_files(web) > files + SLOW - 20)
        assert await is_well(live_server)
        assert resident(web) - memory < MIB_FOR_ALL
    await until(lambda: open_files(web) < files + 20)


async def test_a_client_that_asks_for_much_and_reads_nothing_costs_no_memory(live_server, web):
    memory = resident(web)
    asked = head("GET", "/docs/") * 200

    async with AsyncExitStack() as stack:
        opened = await several(stack, live_server, 20, asked)
        for reader, _ in opened:
            assert await reader.readexactly(12) == b"HTTP/1.1 200"
        assert await is_well(live_server)
        assert resident(web) - memory < MIB_FOR_ALL
