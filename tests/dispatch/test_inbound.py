"""Inbound SMS: whole, once, and on disk before they are acknowledged."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from msgspec import structs

from smsflow import runtime, testing
from smsflow.services import inbound
from smsflow.services.routing import numbers
from smsflow.simulator.deliveries import Delivery
from smsflow.simulator.receipts import inbound_parts
from smsflow.smpp import concat
from smsflow.smpp.reassembly import TIMEOUT
from tests.dispatch.stage import an_engine, an_operator, execute, query, until, until_bound

TEXT = "Une réponse en plusieurs parties, avec € et [crochets]. " * 6
LATE = timedelta(seconds=TIMEOUT + 1)


@pytest.fixture
async def quick(open_platform):
    async with open_platform(poll_interval=0.05) as platform:
        yield platform


async def stored(platform):
    return await query(platform, "SELECT * FROM inbound ORDER BY id")


async def texts(platform):
    return [row.text for row in await stored(platform)]


async def acknowledged(operator, count):
    await operator.wait_for(lambda o: o.deliveries.acknowledged == count)


async def a_bound_connector(platform, operator, name="operator", **columns):
    connector = await testing.a_connector(platform, name, port=operator.port, **columns)
    await until_bound(platform, connector, binds=columns.get("binds", 1))
    return connector


def parts_of(text=TEXT, *, mode="udh8", reference=7, source="+237690000001"):
    return [Delivery("smsflow", pdu) for pdu in inbound_parts(source, "8080", text, reference=reference, mode=mode)]


@pytest.mark.parametrize("mode", ["udh8", "udh16", "sar", "payload"])
@pytest.mark.parametrize("reverse", [False, True])
async def test_rule_11_a_text_in_parts_is_one_row_in_any_order_and_however_often_they_come(quick, mode, reverse):
    async with an_operator() as operator, an_engine(quick):
        connector = await a_bound_connector(quick, operator)
        operator.people.write("237690000001", "8080", TEXT, mode=mode, reverse=reverse, repeat=mode != "payload")
        await acknowledged(operator, 1 if mode == "payload" else 6)

    (row,) = await stored(quick)
    assert (row.connector_id, row.source, row.destination, row.text) == (connector, "237690000001", "8080", TEXT)
    assert row.parts == row.total == (1 if mode == "payload" else 3)
    assert row.esm_class == (0x40 if mode.startswith("udh") else 0)


async def test_rule_11_a_text_in_ucs_2_keeps_what_was_received(quick):
    text = "日本😀" * 40
    async with an_operator() as operator, an_engine(quick):
        await a_bound_connector(quick, operator)
        operator.people.write("237690000001", "8080", text)
        await acknowledged(operator, 3)

    (row,) = await stored(quick)
    assert (row.text, row.data_coding, row.body) == (text, 8, text.encode("utf-16-be"))


async def test_rule_11_parts_come_by_different_binds_of_one_connector(quick):
    async with an_operator() as operator, an_engine(quick):
        await a_bound_connector(quick, operator, binds=2)
        first, second = [peer for peer in operator._server.peers if peer.bound]
        one, two, three = parts_of()
        for peer, delivery in ((first, one), (second, two), (first, three)):
            peer.deliver(delivery.pdu, delivery)
        await acknowledged(operator, 3)

    assert await texts(quick) == [TEXT]


async def test_rule_11_an_acknowledged_part_is_on_disk_before_the_others_come(quick):
    one, *others = parts_of()
    async with an_operator() as operator:
        async with an_engine(quick):
            await a_bound_connector(quick, operator)
            operator.deliveries.put(one)
            await acknowledged(operator, 1)
        assert await texts(quick) == []
        async with an_engine(quick):
            for delivery in others:
                operator.deliveries.put(delivery)
            await acknowledged(operator, 3)

    assert await texts(quick) == [TEXT]


async def test_rule_11_a_text_whose_part_does_not_come_is_released_with_a_mark(quick):
    one, _, three = parts_of()
    async with an_operator() as operator, an_engine(quick):
        await a_bound_connector(quick, operator)
        for delivery in (one, three):
            operator.deliveries.put(delivery)
        await acknowledged(operator, 2)
        async with quick.database.transaction() as tx:
            assert await inbound.release(tx, fingerprint=str.encode, now=runtime.now()) == 0
            assert await inbound.release(tx, fingerprint=str.encode, now=runtime.now() + LATE) == 1
            assert await inbound.release(tx, fingerprint=str.encode, now=runtime.now() + LATE) == 0

    (row,) = await stored(quick)
    assert (row.parts, row.total) == (2, 3)
    first, _, third = concat.cut(TEXT, "gsm7")
    assert row.text == first + third


async def test_rule_11_the_sweep_releases_what_is_late(quick):
    async with an_operator() as operator:
        async with an_engine(quick):
            await a_bound_connector(quick, operator)
            operator.deliveries.put(parts_of()[0])
            await acknowledged(operator, 1)
        await execute(quick, "UPDATE inbound_part SET received_at = received_at - interval '6 minutes'")
        async with an_engine(quick):

            async def released():
                return len(await stored(quick)) == 1

            await until(released)


async def test_rule_11_parts_of_a_message_are_forgotten_when_nobody_repeats_it_any_more(quick):
    async with an_operator() as operator, an_engine(quick):
        await a_bound_connector(quick, operator)
        for delivery in parts_of():
            operator.deliveries.put(delivery)
        await acknowledged(operator, 3)
        async with quick.database.transaction() as tx:
            await inbound.release(tx, fingerprint=str.encode, now=runtime.now() + 2 * LATE)

    assert await query(quick, "SELECT 1 FROM inbound_part") == []
    assert await texts(quick) == [TEXT]


async def test_a_national_table_is_read_and_an_unknown_one_garbles_nothing(quick):
    async with an_operator() as operator, an_engine(quick):
        await a_bound_connector(quick, operator)
        (plain,) = parts_of("x")
        for header, septets in (
            (b"\x03\x24\x01\x01", b"Istanbul \x1bg\x1bI"),
            (b"\x06\x24\x01\x03\x25\x01\x03", b"\x1b{o\x04\x7f"),
            (b"\x03\x25\x01\x06", b"ok 12\x41"),
        ):
            pdu = structs.replace(plain.pdu, esm_class=0x40, short_message=header + septets)
            operator.deliveries.put(Delivery("smsflow", pdu))
        await acknowledged(operator, 3)

    assert await texts(quick) == ["Istanbul ğİ", "ãoêà", "ok 12\ufffd"]


async def test_an_address_that_is_longer_than_the_standard_allows_is_stored_cut(quick):
    async with an_operator() as operator, an_engine(quick):
        await a_bound_connector(quick, operator)
        (oui,) = parts_of("OUI")
        operator.deliveries.put(Delivery("smsflow", structs.replace(oui.pdu, source="9" * 30_000, schedule="1" * 3000)))
        await acknowledged(operator, 1)

    (row,) = await stored(quick)
    assert (row.source, row.text) == ("9" * 65, "OUI")


# Repeats.


async def test_a_person_who_sends_a_text_twice_is_two_rows(quick):
    async with an_operator() as operator, an_engine(quick):
        await a_bound_connector(quick, operator)
        for _ in range(2):
            operator.people.write("237690000001", "8080", "OUI")
        await acknowledged(operator, 2)

    assert await texts(quick) == ["OUI", "OUI"]


async def test_a_text_that_comes_twice_with_one_sequence_number_is_one_row(quick):
    async with an_operator() as operator, an_engine(quick):
        await a_bound_connector(quick, operator)
        (oui,) = parts_of("OUI")
        operator.deliveries.put(replace(oui, twice=True))
        operator.people.write("237690000002", "8080", "NON")
        await acknowledged(operator, 2)

    assert await texts(quick) == ["OUI", "NON"]


async def test_a_text_that_comes_again_after_its_session_was_lost_is_one_row(quick, monkeypatch):
    async with an_operator() as operator, an_engine(quick):
        connector = await a_bound_connector(quick, operator)
        taken = asyncio.Event()
        real = operator.deliveries.answer

        def lose(delivery, _status):
            # The answer is on its way when the link breaks: the operator never has it.
            taken.set()
            monkeypatch.setattr(operator.deliveries, "answer", real)
            operator.disconnect_all()
            operator.deliveries.put_back([delivery])

        monkeypatch.setattr(operator.deliveries, "answer", lose)
        operator.people.write("237690000001", "8080", "OUI")
        await taken.wait()
        await until_bound(quick, connector)
        await operator.wait_for(lambda o: o.deliveries.acknowledged >= 1)

    assert await texts(quick) == ["OUI"]


async def test_a_text_with_the_same_time_stamp_is_one_row_and_with_another_two(quick):
    (oui,) = parts_of("OUI")
    async with an_operator() as operator, an_engine(quick):
        await a_bound_connector(quick, operator)
        for stamp in ("261126150000000+", "261126150000000+", "261126150001000+"):
            operator.deliveries.put(Delivery("smsflow", structs.replace(oui.pdu, schedule=stamp)))
        await acknowledged(operator, 3)

    assert await texts(quick) == ["OUI", "OUI"]


async def test_a_text_whose_answer_was_lost_comes_again_by_another_bind_and_is_one_row(quick, monkeypatch):
    real, lost = inbound.receive, []

    async with an_operator() as operator, an_engine(quick) as engine:
        await a_bound_connector(quick, operator, binds=2)
        first, second = [peer for peer in operator._server.peers if peer.bound]

        def links():
            return [held.lane.traffic._link for held in engine._held.values() if held.lane.traffic._link]

        async def receive(*arguments, **named):
            taken = await real(*arguments, **named)
            if not lost:
                lost.append(first)
                first.drop("the link breaks before the answer")
                await until(lambda: sum(link.bound for link in links()) == 1, "a link that is lost")
            return taken

        monkeypatch.setattr(inbound, "receive", receive)
        (oui,) = parts_of("OUI")
        first.deliver(oui.pdu, oui)
        await acknowledged(operator, 1)
        assert second.bound
        # A person sends the same again, and both are answered.
        second.deliver(oui.pdu, oui)
        await acknowledged(operator, 2)

    assert await texts(quick) == ["OUI", "OUI"]


async def test_a_stop_is_done_when_its_sms_is_acknowledged_and_its_answer_leaves(quick):
    async with an_operator() as operator, an_engine(quick):
        await a_bound_connector(quick, operator)
        company = await testing.a_company(quick)
        async with quick.database.transaction() as tx:
            await numbers.add(tx, "8080", connector="operator", company_id=company.id)
        operator.people.write("237690000001", "8080", "STOP")
        await acknowledged(operator, 1)
        done = await query(quick, "SELECT number, scope FROM opt_out")
        await operator.wait_for(lambda o: o.handsets.total)

    assert [tuple(row) for row in done] == [("+237690000001", "marketing")]
    assert await testing.balance(quick, company) == 10
    assert await testing.broken_invariants(quick) == []
