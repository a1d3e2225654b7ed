"""Nonsense where SMPP is spoken: at the operator's port, and from an operator to us."""

import asyncio
import random
import struct
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import pytest

from smsflow.smpp import codec, pdu
from smsflow.smpp.net.client import BindConfig, ConnectFailed, connect
from tests.hostile.raw_http import PATIENCE, open_files, until
from tests.machine import resident
from tests.smpp.session_pair import Memory, a_submit

BIND = codec.encode(pdu.BindTransceiver("hostile", "secret"), 1)
SUBMIT = codec.encode(a_submit(), 2)


def noise(seed, size=4096):
    return random.Random(seed).randbytes(size)


def lying(length, command=0x00000004, body=b"x" * 64):
    """A PDU whose command_length is what it likes."""
    return struct.pack(">IIII", length, command, 0, 7) + body


NONSENSE = {
    "nothing": b"",
    "noise": noise(1),
    "much noise": noise(2, 2**20),
    "HTTP": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "length 0": lying(0),
    "length 15": lying(15),
    "length 4 GiB": lying(2**32 - 1),
    "length 64 KiB and one": lying(65_537),
    "submit without bind": SUBMIT,
    "responses to nothing": lying(80, 0x80000004) * 1000,
    "unknown commands": lying(80, 0x00001234) * 1000,
    "bind twice": BIND + BIND,
    "bind and noise": BIND + noise(3),
    "bind and broken submits": BIND + lying(80, 0x00000004, b"\xff" * 64) * 1000,
    "half a bind": BIND[:-5],
    "half a head": BIND[:7],
}


async def operator_is_well(port):
    """Tell whether a client that behaves is let in and gets an id for its SMS."""
    memory = Memory()
    link = await connect(BindConfig("127.0.0.1", port, "polite", "secret"), memory)
    link.submit(a_submit(dest="237699999999"), "mine")
    await memory.wait_for(lambda memory: memory.responses)
    await link.close()
    return memory.responses[0][:2] == ("mine", 0)


async def tell(port, octets):
    """Send octets to the operator and hang up on it."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    with suppress(ConnectionError):
        writer.write(octets)
        await writer.drain()
    writer.close()


@pytest.mark.parametrize("octets", NONSENSE.values(), ids=NONSENSE)
async def test_nonsense_at_the_operators_port_harms_nobody_else(live_server, octets):
    (operator,) = live_server.pids("smsc")

    for _ in range(20):
        await tell(live_server.smsc_port, octets)

    assert await operator_is_well(live_server.smsc_port)
    assert live_server.pids("smsc") == [operator]


async def test_a_thousand_tries_leave_no_memory_behind(live_server):
    (operator,) = live_server.pids("smsc")
    await tell(live_server.smsc_port, NONSENSE["bind and noise"])
    files, memory = open_files(operator), resident(operator)

    for seed in range(1000):
        await tell(live_server.smsc_port, BIND + noise(seed, 512) if seed % 2 else noise(seed, 512))
    await until(lambda: open_files(operator) <= files + 10, "the end of every connection")

    assert resident(operator) - memory < 30
    assert await operator_is_well(live_server.smsc_port)


async def test_connections_that_never_bind_leave_room_for_those_that_do(live_server):
    async with AsyncExitStack() as stack:
        for _ in range(500):
            _, writer = await asyncio.open_connection("127.0.0.1", live_server.smsc_port)
            stack.callback(writer.close)
            writer.write(BIND[:7])

        assert await operator_is_well(live_server.smsc_port)


@asynccontextmanager
async def a_mad_operator(octets, *, lets_in=True):
    """Listen as an operator that answers a bind (or does not), and then says this."""
    done = []

    async def talk(reader, writer):
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readexactly(16)
            writer.write((codec.encode(pdu.BindTransceiverResp("MAD"), 1) if lets_in else b"") + octets)
            await writer.drain()
            await reader.read()
        writer.close()
        done.append(True)

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


def a_config(port):
    return BindConfig("127.0.0.1", port, "smsflow", "secret", bind_timeout=2, window=5)


@pytest.mark.parametrize("octets", [o for o in NONSENSE.values() if o], ids=[n for n, o in NONSENSE.items() if o])
async def test_nonsense_from_an_operator_ends_at_most_its_own_bind(octets, caplog):
    faults, memory = [], Memory()
    asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(context))

    async with a_mad_operator(octets) as port:
        link = await connect(a_config(port), memory)
        with suppress(Exception):
            link.submit(a_submit(), "mine")
        await link.close(drain=0)

    assert len(memory.lost) == 1
    assert faults == []
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.mark.parametrize("octets", [noise(4), lying(2**32 - 1), lying(16, 0x80000000, b""), b"HTTP/1.1 400\r\n\r\n"])
async def test_nonsense_instead_of_the_answer_to_a_bind_is_a_failed_connection(octets):
    async with a_mad_operator(octets, lets_in=False) as port:
        with pytest.raises(ConnectFailed):
            await connect(a_config(port), Memory())


async def test_deliveries_with_broken_fields_reach_nobody_or_are_refused():
    memory = Memory()
    delivery = codec.encode(pdu.DeliverSm("", 1, 1, "237690000001", 5, 0, "smsflow", short_message=b"Bonjour"), 9)
    broken = [struct.pack(">I", n) + delivery[4:n] for n in range(17, len(delivery))]

    async with a_mad_operator(b"".join(broken[:15]) + delivery) as port:
        link = await connect(a_config(port), memory)
        await memory.wait_for(lambda memory: memory.delivered or memory.lost)
        await link.close(drain=0)

    assert [delivered.short_message for delivered in memory.delivered] == [b"Bonjour"]


async def test_an_operator_of_nonsense_does_not_keep_others_from_sending(live_server):
    (dispatch,) = live_server.pids("dispatch")
    binds = asyncio.Queue()
    add = ("connector", "add", "mad", "--system-id", "smsflow", "--password-stdin", "--smpp")

    async def talk(reader, writer):
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readexactly(16)
            writer.write(codec.encode(pdu.BindTransceiverResp("MAD"), 1) + noise(5, 2**20))
            await writer.drain()
            await reader.read()
        writer.close()
        binds.put_nowait(True)

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as operator:
        port = operator.sockets[0].getsockname()[1]
        await asyncio.to_thread(live_server.command, *add, f"127.0.0.1:{port}", stdin="secret\n")
        try:
            async with asyncio.timeout(PATIENCE):
                for _ in range(3):
                    await binds.get()
                pasted = await asyncio.create_subprocess_shell(
                    live_server.curl.replace("690000001", "690000077"), stdout=asyncio.subprocess.DEVNULL
                )
                await pasted.wait()
                while not await asyncio.to_thread(live_server.inbox, "237690000077"):
                    pass
        finally:
            await asyncio.to_thread(live_server.command, "connector", "disable", "mad")

    assert live_server.pids("dispatch") == [dispatch]
