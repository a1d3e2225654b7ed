import asyncio
import json
from contextlib import asynccontextmanager

from smsflow.simulator import control
from smsflow.simulator.operator import Simulator
from smsflow.smpp.net.client import BindConfig, connect
from tests.smpp.session_pair import PATIENCE, Memory, a_submit


@asynccontextmanager
async def a_controlled_operator():
    async with await Simulator.start() as simulator:
        server = await control.serve_control(simulator, 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            yield simulator, lambda **request: asyncio.wait_for(control.ask(port, request), PATIENCE)


async def a_sent_message(simulator, text=b"Bonjour"):
    memory = Memory()
    link = await connect(BindConfig("127.0.0.1", simulator.port, "demo", "secret"), memory)
    link.submit(a_submit(text=text), 1)
    await memory.wait_for(lambda m: m.responses and m.delivered)
    return link, memory


async def test_the_counts_and_the_inbox_are_answered():
    async with a_controlled_operator() as (simulator, ask):
        await a_sent_message(simulator, b"\x05t\x05")
        stats = await ask(do="stats")
        inbox = await ask(do="inbox", number="+237690000001", limit=5)
        nobody = await ask(do="inbox", number="+237690000002")
        everybody = await ask(do="inbox", number=None)

    assert (stats["ok"], stats["submits"], stats["binds"]) == (True, 1, 1)
    assert inbox["messages"][0]["text"] == "été"
    assert nobody["messages"] == []
    assert everybody == inbox


async def test_the_script_changes_while_it_runs():
    async with a_controlled_operator() as (simulator, ask):
        assert await ask(do="script", receipts="none", refuse=[["^237", 88]]) == {"ok": True}
        assert simulator.script.refusal("237690000001") == 88
        assert await ask(do="script", latency="soon") == {"ok": False, "error": "latency must be a number of seconds"}


async def test_it_is_reset_disconnected_and_written_to():
    async with a_controlled_operator() as (simulator, ask):
        link, memory = await a_sent_message(simulator)
        await ask(do="mo", source="+237690000001", destination="8800", text="oui")
        await memory.wait_for(lambda m: len(m.delivered) == 2)
        await ask(do="reset")
        assert (await ask(do="stats"))["submits"] == 0
        await ask(do="disconnect")
        await asyncio.wait_for(link.wait_closed(), PATIENCE)


async def test_the_inbox_is_dumped(tmp_path):
    path = tmp_path / "inbox.jsonl"
    async with a_controlled_operator() as (simulator, ask):
        await a_sent_message(simulator)
        assert (await ask(do="dump", path=str(path)))["messages"] == 1

    (line,) = path.read_text().splitlines()
    assert json.loads(line)["destination"] == "237690000001"


async def test_an_invalid_request_gets_an_error_and_the_line_stays_open():
    async with a_controlled_operator() as (simulator, _):
        server = await control.serve_control(simulator, 0)
        reader, writer = await asyncio.open_connection("127.0.0.1", server.sockets[0].getsockname()[1])
        for line in (
            b"nonsense",
            b"[]",
            b'{"do":"dance"}',
            b'{"do":"mo"}',
            b'{"do":["x"]}',
            b'{"do":"dump","path":"/"}',
        ):
            writer.write(line + b"\n")
            reply = json.loads(await asyncio.wait_for(reader.readline(), PATIENCE))
            assert reply["ok"] is False, line
        writer.write(b'{"do":"stats"}\n')
        assert json.loads(await asyncio.wait_for(reader.readline(), PATIENCE))["ok"] is True
        writer.close()
        server.close()
