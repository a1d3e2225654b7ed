import asyncio

from smsflow.smpp import codec, pdu, spec
from smsflow.smpp.limits import SessionLimits
from smsflow.smpp.net.client import BindConfig, connect
from smsflow.smpp.net.server import ServerLimits, serve
from tests.smpp.session_pair import PATIENCE, Memory, a_submit


class Accepting:
    """A handler that lets everybody in and accepts everything."""

    def __init__(self, peer):
        self.peer = peer
        self.lost = asyncio.get_running_loop().create_future()
        self.responses = []

    async def on_bind(self, bind):
        return 0 if bind.password == "secret" else spec.ESME_RINVPASWD

    def on_bound(self):
        pass

    def on_request(self, sequence, request):
        if isinstance(request, pdu.SubmitSm):
            self.peer.accept(sequence, f"id-{sequence}")
        else:
            self.peer.respond(sequence, pdu.QuerySmResp(request.message_id, message_state=2))

    def on_response(self, token, status, message_id):
        self.responses.append((token, status))

    def on_unanswered(self, tokens):
        pass

    def on_late_response(self, token, status, message_id):
        pass

    def on_lost(self, tokens, reason):
        self.lost.set_result((tokens, reason))


async def a_server(**session):
    handlers = []

    def make(peer):
        handlers.append(Accepting(peer))
        return handlers[-1]

    connections = session.pop("connections", 10)
    return await serve("127.0.0.1", 0, make, limits=ServerLimits(connections, 0.2, SessionLimits(**session))), handlers


def a_config(server, **fields):
    return BindConfig(**{"host": "127.0.0.1", "port": server.port, "system_id": "c", "password": "secret", **fields})


async def read_frame(reader):
    header = await asyncio.wait_for(reader.readexactly(16), PATIENCE)
    body = await asyncio.wait_for(reader.readexactly(int.from_bytes(header[:4]) - 16), PATIENCE)
    return codec.Framer().feed(header + body)[0]


async def test_a_client_that_binds_submits_and_receives():
    server, (*_,) = await a_server()
    memory = Memory()
    link = await connect(a_config(server), memory)
    (peer,) = server.peers
    link.submit(a_submit(), "t")
    peer.deliver(pdu.DeliverSm(short_message=b"oui"), "d")
    await memory.wait_for(lambda m: m.responses and m.delivered)
    await link.close()
    tokens, reason = await asyncio.wait_for(peer.handler.lost, PATIENCE)
    await server.close()

    assert memory.responses == [("t", 0, "id-2")]
    assert peer.bind.system_id == "c"
    assert peer.handler.responses == [("d", 0)]
    assert (tokens, reason) == ([], "the peer unbound")
    assert server.peers == set()


async def test_a_client_that_does_not_bind_in_time_is_dropped():
    server, handlers = await a_server(bind_timeout=0.05)
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)

    assert await asyncio.wait_for(reader.read(), PATIENCE) == b""
    assert (await handlers[0].lost)[1] == "no bind within the time allowed"
    writer.close()
    await server.close()


async def test_a_refused_client_gets_the_status_and_is_dropped():
    server, _ = await a_server()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(codec.encode(pdu.BindTransceiver("c", "wrong"), 1))

    assert await read_frame(reader) == (spec.BIND_TRANSCEIVER_RESP, spec.ESME_RINVPASWD, 1, b"")
    assert await asyncio.wait_for(reader.read(), PATIENCE) == b""
    writer.close()
    await server.close()


async def test_connections_beyond_the_limit_are_closed():
    server, _ = await a_server(connections=1)
    link = await connect(a_config(server), Memory())
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)

    assert await asyncio.wait_for(reader.read(), PATIENCE) == b""
    assert link.bound
    writer.close()
    await link.close()
    await server.close()


async def test_rule_15_a_client_that_sends_nonsense_gets_generic_nack_and_is_dropped_alone():
    server, _ = await a_server()
    link = await connect(a_config(server), Memory())
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")

    command, status, _, _ = await read_frame(reader)
    assert (command, status) == (spec.GENERIC_NACK, spec.ESME_RINVCMDLEN)
    assert await asyncio.wait_for(reader.read(), PATIENCE) == b""
    assert link.bound
    writer.close()
    await link.close()
    await server.close()


async def test_a_query_is_answered():
    server, _ = await a_server()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(codec.encode(pdu.BindTransceiver("c", "secret"), 1))
    await read_frame(reader)
    writer.write(codec.encode(pdu.QuerySm("77"), 2))
    command, status, sequence, body = await read_frame(reader)
    writer.close()
    await server.close()

    assert (status, sequence) == (0, 2)
    assert codec.decode(command, body) == pdu.QuerySmResp("77", message_state=2)


async def test_an_authorisation_that_fails_is_a_system_error(caplog):
    server, handlers = await a_server()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)

    async def fail(_bind):
        raise RuntimeError("the database is away")

    writer.write(codec.encode(pdu.EnquireLink(), 1))
    await read_frame(reader)
    handlers[0].on_bind = fail
    writer.write(codec.encode(pdu.BindTransceiver("c", "secret"), 2))

    assert await read_frame(reader) == (spec.BIND_TRANSCEIVER_RESP, spec.ESME_RSYSERR, 2, b"")
    assert "could not be decided" in caplog.text
    writer.close()
    await server.close()


async def test_a_server_that_closes_unbinds_its_clients():
    server, _ = await a_server()
    memory = Memory()
    link = await connect(a_config(server), memory)
    await server.close()

    assert await asyncio.wait_for(link.wait_closed(), PATIENCE) == "the peer unbound"
    assert memory.lost == [([], "the peer unbound")]


async def test_a_client_that_does_not_read_its_answers_is_not_read():
    server, handlers = await a_server(unacknowledged=100_000)
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=1024)
    writer.write(codec.encode(pdu.BindTransceiver("c", "secret"), 1))
    await read_frame(reader)
    connection = handlers[0].peer.connection
    connection.pause_writing()
    assert not connection._transport.is_reading()

    connection.resume_writing()
    writer.write(codec.encode(pdu.EnquireLink(), 9))

    assert (await read_frame(reader))[2] == 9
    writer.close()
    await server.close()
