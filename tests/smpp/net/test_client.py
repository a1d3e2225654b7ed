import asyncio
import contextlib
import socket

import pytest

from smsflow.simulator.operator import Script, Simulator
from smsflow.smpp import codec, pdu, spec
from smsflow.smpp.net import connection
from smsflow.smpp.net.client import BindConfig, BindRefused, ConnectFailed, NotBound, WindowFull, connect, encode_submit
from tests.smpp.session_pair import PATIENCE, Memory, a_submit


def a_config(port, **fields):
    return BindConfig(**{"host": "127.0.0.1", "port": port, "system_id": "demo", "password": "secret", **fields})


def a_body(text=b"Bonjour", dest="237690000001"):
    return encode_submit(5, 0, "smsflow", 1, 1, dest, 0, 0, text)


async def test_a_message_is_accepted_and_its_receipt_delivered():
    memory = Memory()
    async with await Simulator.start() as simulator:
        link = await connect(a_config(simulator.port), memory)
        link.submit_raw(a_body(), "token")
        await memory.wait_for(lambda m: m.responses and m.delivered)
        await simulator.wait_for(lambda s: s.stats()["deliveries_acknowledged"] == 1)
        await link.close()

    assert link.system_id == "SIMULATOR"
    assert memory.responses[0][:2] == ("token", 0)
    assert memory.lost == [([], "the session was unbound")]


async def test_everything_submitted_in_one_turn_is_one_write():
    memory, writes = Memory(), []
    async with await Simulator.start() as simulator:
        link = await connect(a_config(simulator.port), memory)
        write = link._connection._transport.write
        link._connection._transport = Recorder(link._connection._transport, writes, write)
        for token in range(10):
            link.submit(a_submit(), token)
        assert (link.free, link.in_flight) == (0, 10)
        with pytest.raises(WindowFull):
            link.submit(a_submit(), "beyond")
        await memory.wait_for(lambda m: len(m.responses) == 10)
        await link.close()

    assert len(codec.Framer().feed(writes[0])) == 10
    assert [token for token, *_ in memory.responses] == list(range(10))


class Recorder:
    def __init__(self, transport, writes, write):
        self._transport, self._writes, self._write = transport, writes, write

    def write(self, data):
        self._writes.append(data)
        self._write(data)

    def __getattr__(self, name):
        return getattr(self._transport, name)


async def test_rule_14_a_wrong_password_is_permanent_and_says_so():
    async with await Simulator.start(script=Script(passwords={"demo": "other"})) as simulator:
        with pytest.raises(BindRefused, match="ESME_RINVPASWD") as refused:
            await connect(a_config(simulator.port), Memory())

    assert refused.value.permanent


async def test_an_operator_that_is_not_there_is_a_reason():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))

        with pytest.raises(ConnectFailed, match="cannot be reached"):
            await connect(a_config(unused.getsockname()[1]), Memory())


async def test_an_operator_that_says_nothing_is_a_reason():
    async def stay_silent(reader, writer):
        await reader.read()
        writer.close()
        left.set()

    left = asyncio.Event()
    server = await asyncio.start_server(stay_silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]

    async with server:
        with pytest.raises(ConnectFailed, match=r"did not answer the bind within 0.05 s|no bind within"):
            await connect(a_config(port, bind_timeout=0.05), Memory())
        await asyncio.wait_for(left.wait(), PATIENCE)


async def test_an_operator_that_hangs_up_is_a_reason():
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]

    async with server:
        with pytest.raises(ConnectFailed, match=r"closed|lost"):
            await connect(a_config(port), Memory())


async def test_a_lost_connection_is_reported_once_with_the_open_submissions():
    memory = Memory()
    async with await Simulator.start(script=Script(latency=60)) as simulator:
        link = await connect(a_config(simulator.port), memory)
        link.submit(a_submit(), "a")
        link.submit(a_submit(), "b")
        await simulator.wait_for(lambda s: s.submits == 2)
        simulator.disconnect_all()
        reason = await asyncio.wait_for(link.wait_closed(), PATIENCE)
        await link.close()

    assert memory.lost == [(["a", "b"], reason)]
    assert not link.bound
    with pytest.raises(NotBound):
        link.submit(a_submit(), "c")
    link.acknowledge([1])


async def test_rule_14_closing_waits_for_the_window_and_takes_no_more():
    memory = Memory()
    async with await Simulator.start(script=Script(latency=0.1, receipts="none")) as simulator:
        link = await connect(a_config(simulator.port), memory)
        link.submit(a_submit(), "a")
        closing = asyncio.create_task(link.close())
        await asyncio.sleep(0)
        assert (link.bound, link.free) == (False, 0)
        with pytest.raises(NotBound):
            link.submit_raw(a_body(), "b")
        await closing

    assert [token for token, *_ in memory.responses] == ["a"]
    assert memory.lost == [([], "the session was unbound")]


@pytest.mark.parametrize("turns", range(6))
async def test_a_cancellation_that_comes_when_the_link_has_just_ended_is_not_swallowed(turns):
    async with await Simulator.start() as simulator:
        link = await connect(a_config(simulator.port), Memory())
        simulator.disconnect_all()
        await link.wait_closed()
        closing = asyncio.create_task(link.close(drain=0))
        for _ in range(turns):
            await asyncio.sleep(0)
        asked = closing.cancel()
        await asyncio.wait([closing])

    assert closing.cancelled() is asked


async def test_closing_does_not_wait_for_ever():
    memory = Memory()
    async with await Simulator.start(script=Script(lose_response_every=1, receipts="none")) as simulator:
        link = await connect(a_config(simulator.port), memory)
        link.submit(a_submit(), "a")
        await link.close(drain=0.01)

    assert memory.lost == [(["a"], "the session was unbound")]


async def test_rule_2_a_lost_response_frees_its_slot():
    memory = Memory()
    async with await Simulator.start(script=Script(lose_response_every=1, receipts="none")) as simulator:
        link = await connect(a_config(simulator.port, response_timeout=0.05), memory)
        link.submit(a_submit(), "a")
        await memory.wait_for(lambda m: m.unanswered)
        free = link.free
        await link.close()

    assert (memory.unanswered, free) == (["a"], 10)
    assert memory.lost == [([], "the session was unbound")]


async def test_rule_2_a_late_response_is_reported():
    memory = Memory()
    async with await Simulator.start(script=Script(latency=0.2, receipts="none")) as simulator:
        link = await connect(a_config(simulator.port, response_timeout=0.05), memory)
        link.submit(a_submit(), "a")
        await memory.wait_for(lambda m: m.late)
        await link.close()

    assert memory.unanswered == ["a"]
    assert memory.late[0][:2] == ("a", 0)


async def test_a_handler_that_fails_does_not_end_the_session(caplog):
    class Failing(Memory):
        def on_response(self, token, status, message_id):
            super().on_response(token, status, message_id)
            raise RuntimeError("a fault")

    memory = Failing()
    async with await Simulator.start(script=Script(receipts="none")) as simulator:
        link = await connect(a_config(simulator.port), memory)
        link.submit(a_submit(), "a")
        link.submit(a_submit(), "b")
        await memory.wait_for(lambda m: len(m.responses) == 2)
        assert link.bound
        await link.close()

    assert "the handler of Responded failed" in caplog.text


async def test_rule_1_an_operator_that_fell_silent_is_left():
    memory = Memory()

    async def bind_and_fall_silent(reader, writer):
        await reader.readexactly(16)
        writer.write(codec.encode(pdu.BindTransceiverResp("MUTE"), 1))
        while await reader.read(1024):
            pass
        writer.close()
        left.set()

    left = asyncio.Event()
    server = await asyncio.start_server(bind_and_fall_silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    link = await connect(a_config(port, enquire_interval=0.02, enquire_misses=2), memory)
    link.submit(a_submit(), "a")
    reason = await asyncio.wait_for(link.wait_closed(), PATIENCE)
    await asyncio.wait_for(left.wait(), PATIENCE)
    server.close()

    assert reason == "2 enquire_link went unanswered"
    assert memory.lost == [(["a"], reason)]


async def test_an_operator_that_asks_and_never_reads_is_left(monkeypatch):
    monkeypatch.setattr(connection, "UNREAD_OCTETS", 100_000)
    many = b"".join(codec.frame(spec.ENQUIRE_LINK, 0, n) for n in range(1, 1001))

    async def ask_and_not_read(reader, writer):
        await reader.readexactly(16)
        writer.write(codec.encode(pdu.BindTransceiverResp("DEAF"), 1))
        writer.transport.pause_reading()
        with contextlib.suppress(ConnectionError):
            while True:
                writer.write(many)
                await writer.drain()

    server = await asyncio.start_server(ask_and_not_read, "127.0.0.1", 0)
    async with server:
        link = await connect(a_config(server.sockets[0].getsockname()[1]), Memory())
        reason = await asyncio.wait_for(link.wait_closed(), PATIENCE)

    assert reason == "the peer stopped reading"


async def test_a_delivery_in_a_data_sm_is_a_delivery():
    memory, answered = Memory(), asyncio.get_running_loop().create_future()

    async def deliver(reader, writer):
        bind = await reader.readexactly(16)
        await reader.readexactly(int.from_bytes(bind[:4]) - 16)
        data_sm = pdu.DataSm("", 1, 1, "237690000001", 0, 0, "8800", tlvs={spec.TLV_MESSAGE_PAYLOAD: b"oui"})
        writer.write(codec.encode(pdu.BindTransceiverResp("X"), 1) + codec.encode(data_sm, 5))
        answered.set_result(await reader.readexactly(17))
        writer.close()

    server = await asyncio.start_server(deliver, "127.0.0.1", 0)
    async with server:
        await connect(a_config(server.sockets[0].getsockname()[1]), memory)
        answer = await asyncio.wait_for(answered, PATIENCE)

    assert answer == codec.encode(pdu.DataSmResp(), 5)
    assert memory.delivered[0].content == b"oui"


def test_a_password_is_not_in_the_representation_of_a_configuration():
    assert "secret" not in repr(a_config(2775))
