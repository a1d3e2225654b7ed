"""Our sessions against two implementations that are not ours."""

import asyncio
import socket
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
import smpp34
import smpplib.client
import smpplib.consts
import smpplib.exceptions

from smsflow.simulator import receipts
from smsflow.simulator.operator import Script, Simulator
from smsflow.smpp import concat, receipt, spec
from smsflow.smpp.net.client import BindConfig, connect
from tests.smpp.session_pair import PATIENCE, Memory, a_submit


def within(awaitable):
    return asyncio.wait_for(awaitable, PATIENCE)


# smpp34 is the client, the simulator the operator.


async def a_foreign_client(simulator, **fields):
    client = smpp34.Client("127.0.0.1", simulator.port, "demo", "secret", **{"bind_type": "TRX", **fields})
    return client, await within(client.connect())


async def test_smpp34_submits_to_us_and_reads_our_receipt():
    async with await Simulator.start() as simulator:
        client, smsc = await a_foreign_client(simulator)
        answer = await within(
            smsc.submit_sm("237690000001", b"\x05t\x05", source_addr="smsflow", registered_delivery=1)
        )
        event = await within(smsc.next())
        await within(smsc.unbind())
        await simulator.wait_for(lambda s: s.binds == 0)
        await within(client.stop())

    assert answer.is_success
    assert simulator.received("237690000001")[0].text == "été"
    assert event.esm_class == spec.ESM_DELIVERY_RECEIPT
    parameters = {tlv.tag: tlv.value for tlv in event.tlvs}
    assert parameters[smpp34.TLV_RECEIPTED_MESSAGE_ID].rstrip(b"\0").decode() == answer.message_id
    assert parameters[smpp34.TLV_MESSAGE_STATE] == b"\2"
    assert f"id:{answer.message_id} ".encode() in event.short_message


async def test_smpp34_gets_our_refusal():
    async with await Simulator.start(script=Script(refuse=[("", spec.ESME_RINVDSTADR)])) as simulator:
        client, smsc = await a_foreign_client(simulator)
        answer = await within(smsc.submit_sm("1", b"x"))
        await within(smsc.unbind())
        await within(client.stop())

    assert (answer.is_success, answer.command_status) == (False, spec.ESME_RINVDSTADR)


async def test_smpp34_sends_a_payload_that_we_read():
    async with await Simulator.start() as simulator:
        client, smsc = await a_foreign_client(simulator)
        payload = smpp34.Tlv(smpp34.TLV_MESSAGE_PAYLOAD, b"x" * 1000)
        await within(smsc.submit_sm("237690000001", tlvs=[payload]))
        await within(smsc.unbind())
        await within(client.stop())

    assert simulator.inbox[0].text == "x" * 1000


async def test_smpp34_with_a_wrong_password_does_not_get_in():
    async with await Simulator.start(script=Script(passwords={"demo": "other"})) as simulator:
        with pytest.raises(Exception, match=r"(?i)bind|RINVPASWD"):
            await a_foreign_client(simulator, connect_timeout_ms=200)
        assert simulator.binds_max == 0


# smpp34 is the operator, the client ours.


@asynccontextmanager
async def a_foreign_operator():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = smpp34.Server("127.0.0.1", port, system_id="FOREIGN")
    await server.start()
    try:
        yield server, port
    finally:
        await within(server.stop())


async def our_link(port, **fields):
    memory = Memory()
    config = BindConfig("127.0.0.1", port, "demo", "secret", window=50, **fields)
    return await within(connect(config, memory)), memory


async def test_we_bind_to_smpp34_submit_and_acknowledge_its_receipt():
    async with a_foreign_operator() as (server, port):
        link, memory = await our_link(port)
        esme = await within(server.next())
        link.submit(a_submit("237690000001", b"Bonjour"), "token")
        event = await within(server.next())
        event.accept("9F")
        await memory.wait_for(lambda m: m.responses)
        answer = await within(
            esme.deliver_sm(
                "smsflow",
                receipts.receipt_of(a_submit(), "9F", "DELIVRD", at=datetime(2026, 11, 22, tzinfo=UTC)).short_message,
                source_addr="237690000001",
                esm_class=spec.ESM_DELIVERY_RECEIPT,
            )
        )
        await link.close()
        ended = await within(server.next())

    assert link.system_id == "FOREIGN"
    assert (event.source_addr, event.source_addr_ton, event.source_addr_npi) == ("smsflow", 5, 0)
    assert (event.destination_addr, event.dest_addr_ton, event.dest_addr_npi) == ("237690000001", 1, 1)
    assert (event.short_message, event.registered_delivery) == (b"Bonjour", 1)
    assert memory.responses == [("token", 0, "9F")]
    assert answer.is_success
    assert receipt.parse(memory.delivered[0]).reference == "9F"
    assert isinstance(ended, smpp34.Unbound)
    assert memory.lost == [([], "the session was unbound")]


async def test_smpp34_throttles_us():
    async with a_foreign_operator() as (server, port):
        link, memory = await our_link(port)
        await within(server.next())
        link.submit(a_submit(), "token")
        (await within(server.next())).reject(smpp34.ESME_RTHROTTLED)
        await memory.wait_for(lambda m: m.responses)
        await link.close()

    assert memory.responses == [("token", spec.ESME_RTHROTTLED, "")]


async def test_smpp34_answers_a_whole_window_out_of_order():
    async with a_foreign_operator() as (server, port):
        link, memory = await our_link(port)
        await within(server.next())
        for token in range(50):
            link.submit(a_submit(text=str(token).encode()), token)
        events = [await within(server.next()) for _ in range(50)]
        for event in reversed(events):
            event.accept(event.short_message.decode())
        await memory.wait_for(lambda m: len(m.responses) == 50)
        await link.close()

    assert {token: message_id for token, _, message_id in memory.responses} == {n: str(n) for n in range(50)}


async def test_smpp34_receives_a_long_message_with_its_headers():
    async with a_foreign_operator() as (server, port):
        link, memory = await our_link(port)
        await within(server.next())
        parts = concat.user_data(["a" * 153, "é€"], "gsm7", reference=0x1FF, mode="udh8")
        for number, data in enumerate(parts):
            link.submit(a_submit(text=data.short_message, esm_class=data.esm_class), number)
        events = [await within(server.next()) for _ in parts]
        for event in events:
            event.accept("1")
        await memory.wait_for(lambda m: len(m.responses) == 2)
        await link.close()

    # smpp34 serves the requests of one client side by side, in any order.
    assert [event.esm_class for event in events] == [spec.ESM_UDHI] * 2
    assert {event.short_message for event in events} == {data.short_message for data in parts}


async def test_our_enquire_link_is_answered_by_smpp34():
    async with a_foreign_operator() as (server, port):
        link, memory = await our_link(port, enquire_interval=0.05, enquire_misses=1)
        await within(server.next())
        sent = 0
        while sent < 3:
            before = link._session._window._sequence
            await asyncio.sleep(0.02)
            sent += link._session._window._sequence - before
        assert link.bound
        assert memory.lost == []
        await link.close()


# smpplib is the client, the simulator the operator. It blocks, so it lives in a thread.


def talk_with_smpplib(port, mode="transceiver"):
    responses, delivered = [], []
    client = smpplib.client.Client("127.0.0.1", port, timeout=PATIENCE, allow_unknown_opt_params=True)
    client.set_message_sent_handler(lambda pdu: responses.append(pdu))  # noqa: PLW0108  it is called by keyword
    client.set_message_received_handler(lambda pdu: delivered.append(pdu) or 0)
    client.connect()
    try:
        getattr(client, f"bind_{mode}")(system_id="demo", password="secret")
        client.send_message(
            source_addr_ton=smpplib.consts.SMPP_TON_ALNUM,
            source_addr="smsflow",
            dest_addr_ton=smpplib.consts.SMPP_TON_INTL,
            dest_addr_npi=smpplib.consts.SMPP_NPI_ISDN,
            destination_addr="237690000001",
            short_message=b"Bonjour",
            registered_delivery=True,
        )
        wanted = 1 if mode == "transceiver" else 0
        while not responses or len(delivered) < wanted:
            client.read_once()
        client.unbind()
    finally:
        client.disconnect()
    return responses, delivered


async def test_smpplib_submits_to_us_and_acknowledges_our_receipt():
    async with await Simulator.start() as simulator:
        responses, delivered = await within(asyncio.to_thread(talk_with_smpplib, simulator.port))
        await simulator.wait_for(lambda s: s.binds == 0)

    assert simulator.inbox[0].text == "Bonjour"
    assert simulator.stats()["deliveries_acknowledged"] == 1
    (response,), (news,) = responses, delivered
    assert news.receipted_message_id.rstrip(b"\0") == response.message_id
    assert news.message_state == smpplib.consts.SMPP_MESSAGE_STATE_DELIVERED


async def test_smpplib_transmits_and_its_receipt_waits_for_a_receiver():
    async with await Simulator.start() as simulator:
        await within(asyncio.to_thread(talk_with_smpplib, simulator.port, "transmitter"))

        assert simulator.stats()["deliveries_waiting"] == 1


async def test_smpplib_with_a_wrong_password_gets_the_status():
    async with await Simulator.start(script=Script(passwords={})) as simulator:
        with pytest.raises(smpplib.exceptions.PDUError, match="15"):
            await within(asyncio.to_thread(talk_with_smpplib, simulator.port))
