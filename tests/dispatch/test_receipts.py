"""Receipts: in any order and any number, acknowledged once they are on disk."""

import asyncio

import pytest
from msgspec.structs import replace
from psycopg.errors import OperationalError

from smsflow import observe, runtime, testing
from smsflow.dispatch import recorder
from smsflow.domain.message import Status
from smsflow.services.upkeep import findings
from smsflow.simulator.deliveries import Delivery
from smsflow.simulator.receipts import format_receipt
from smsflow.smpp.pdu import DeliverSm
from smsflow.store.messages.receipts import News
from tests.dispatch.stage import (
    a_message,
    accepted,
    an_engine,
    an_operator,
    execute,
    query,
    row,
    sound,
    statuses,
    until_bound,
    until_status,
)


@pytest.fixture
async def quick(open_platform):
    async with open_platform(poll_interval=0.05) as platform:
        yield platform


async def one(platform, operator, *, window=10, **fields):
    company = await testing.a_company(platform, credits=10)
    columns = fields.pop("columns", {})
    connector = await testing.a_connector(platform, port=operator.port, window=window, **columns)
    (message,) = await accepted(platform, a_message(company, connector, **fields))
    return company, connector, message


def a_receipt(reference, number, state="DELIVRD", sender="AWA"):
    text = format_receipt(reference, state, submitted_at=runtime.now(), done_at=runtime.now())
    return Delivery("smsflow", DeliverSm("", 1, 1, number.lstrip("+"), 5, 0, sender, 4, short_message=text))


async def reference_of(platform, message_id, number=1):
    found = await query(
        platform, "SELECT reference FROM part WHERE message_id = :id AND number = :n", id=message_id, n=number
    )
    return found[0].reference


@pytest.mark.parametrize(
    ("state", "status", "left"),
    [
        ("DELIVRD", Status.DELIVERED, 9),
        ("UNDELIV", Status.FAILED, 9),
        ("DELETED", Status.FAILED, 9),
        ("REJECTD", Status.FAILED, 10),
        ("EXPIRED", Status.EXPIRED, 9),
    ],
)
async def test_rule_08_each_final_state_ends_the_message(quick, state, status, left):
    async with an_operator(receipt_states=[(".*", state)]) as operator, an_engine(quick):
        company, _, message = await one(quick, operator)
        await until_status(quick, message, status)

    assert await testing.balance(quick, company) == left
    await sound(quick)


@pytest.mark.parametrize("state", ["ENROUTE", "ACCEPTD", "UNKNOWN", "BUFFERED"])
async def test_rule_08_a_state_that_is_no_end_leaves_the_message_open(quick, state):
    async with an_operator(receipts="none") as operator, an_engine(quick):
        _, _, message = await one(quick, operator, number="+237690000001")
        await until_status(quick, message, Status.SENT)
        reference = await reference_of(quick, message)
        operator.deliveries.put(a_receipt(reference, "+237690000001", state))
        await operator.wait_for(lambda o: o.deliveries.acknowledged == 1)
        assert await statuses(quick, [message]) == [Status.SENT]

        operator.deliveries.put(a_receipt(reference, "+237690000001"))
        await until_status(quick, message, Status.DELIVERED)


async def test_rule_08_an_unknown_state_is_counted_with_its_word(quick):
    async with an_operator(receipts="none") as operator, an_engine(quick):
        _, _, message = await one(quick, operator, number="+237690000001")
        await until_status(quick, message, Status.SENT)
        reference = await reference_of(quick, message)
        operator.deliveries.put(a_receipt(reference, "+237690000001", "PAUSED"))
        operator.deliveries.put(a_receipt(reference, "+237690000001", "ENROUTE"))
        await operator.wait_for(lambda o: o.deliveries.acknowledged == 2)

    counted = observe.receipt_states_unknown_total
    assert counted.labels("operator", "PAUSED")._value.get() == 1
    assert counted.labels("operator", "ENROUTE")._value.get() == 0
    async with quick.database.transaction() as tx:
        seen = await findings.look(tx, now=runtime.now())
    told = findings.judge(seen, quick.vault, now=runtime.now())
    assert [f.english.says for f in told if f.code == "receipts.unknown"] == [
        "1 receipts have the unknown state PAUSED: their SMS stay open"
    ]


def a_text(reference, number, state="REJECTD", **fields):
    """Return the text of a receipt without anything in its PDU that says so."""
    text = format_receipt(reference, state, submitted_at=runtime.now(), done_at=runtime.now())
    return Delivery("smsflow", DeliverSm("", 1, 1, number.lstrip("+"), 5, 0, "AWA", 0, short_message=text, **fields))


async def inbound_texts(platform):
    return [row.text for row in await query(platform, "SELECT text FROM inbound ORDER BY id")]


@pytest.mark.parametrize(
    ("own_id", "own_number", "settles"), [(True, True, True), (True, False, False), (False, True, False)]
)
async def test_rule_08_a_text_like_a_receipt_settles_only_with_an_id_and_a_number_of_ours(
    quick, own_id, own_number, settles
):
    async with an_operator(receipts="none") as operator, an_engine(quick):
        company, _, message = await one(quick, operator, number="+237690000001")
        await until_status(quick, message, Status.SENT)
        reference = await reference_of(quick, message) if own_id else "999"
        operator.deliveries.put(a_text(reference, "+237690000001" if own_number else "+237690000002"))
        await operator.wait_for(lambda o: o.deliveries.acknowledged == 1)

    assert await statuses(quick, [message]) == [Status.FAILED if settles else Status.SENT]
    assert await testing.balance(quick, company) == (10 if settles else 9)
    assert len(await inbound_texts(quick)) == (0 if settles else 1)
    assert await query(quick, "SELECT 1 FROM parked_receipt") == []
    await sound(quick)


@pytest.mark.parametrize(
    "text", ["id:123 stat:UNDELIV", "id:123 done date:1 stat:NEWSTATE", "id:1 done date:1 stat:ENROUTE"]
)
async def test_rule_08_a_text_that_a_person_may_have_written_is_an_inbound_sms(quick, text):
    async with an_operator() as operator, an_engine(quick):
        connector = await testing.a_connector(quick, port=operator.port)
        await until_bound(quick, connector)
        operator.people.write("237690000001", "8080", text)
        await operator.wait_for(lambda o: o.deliveries.acknowledged == 1)

    assert await inbound_texts(quick) == [text]


async def test_rule_08_the_id_of_the_text_finds_the_message_when_the_parameters_have_a_foreign_one(quick):
    async with an_operator(receipts="none") as operator, an_engine(quick):
        _, _, message = await one(quick, operator, number="+237690000001")
        await until_status(quick, message, Status.SENT)
        text = a_text(await reference_of(quick, message), "+237690000001", "DELIVRD").pdu
        operator.deliveries.put(Delivery("smsflow", replace(text, tlvs={0x1E: b"foreign\0", 0x427: b"\2"})))
        await until_status(quick, message, Status.DELIVERED)


async def test_rule_08_states_only_move_forward(quick):
    async with an_operator(receipts="none") as operator, an_engine(quick):
        company, _, message = await one(quick, operator, number="+237690000001")
        await until_status(quick, message, Status.SENT)
        reference = await reference_of(quick, message)
        for state in ("DELIVRD", "UNDELIV", "REJECTD", "DELIVRD", "EXPIRED"):
            operator.deliveries.put(a_receipt(reference, "+237690000001", state))
        await operator.wait_for(lambda o: o.deliveries.acknowledged == 5)

    assert await statuses(quick, [message]) == [Status.DELIVERED]
    assert await testing.balance(quick, company) == 9
    await sound(quick)


async def test_a_refusal_that_is_reported_again_and_again_is_returned_once(quick):
    async with an_operator(receipts="duplicate", receipt_states=[(".*", "REJECTD")]) as operator, an_engine(quick):
        company, _, message = await one(quick, operator, number="+237690000001")
        await operator.wait_for(lambda o: o.deliveries.acknowledged == 2)
        operator.deliveries.put(a_receipt(await reference_of(quick, message), "+237690000001", "REJECTD"))
        await operator.wait_for(lambda o: o.deliveries.acknowledged == 3)
        await until_status(quick, message, Status.FAILED)

    assert await testing.balance(quick, company) == 10
    assert len(await query(quick, "SELECT 1 FROM ledger WHERE reason = 'refund'")) == 1
    await sound(quick)


async def test_rule_07_a_receipt_before_its_response_is_parked_and_settled(quick):
    async with an_operator(receipts="early") as operator, an_engine(quick):
        _, _, message = await one(quick, operator)
        await until_status(quick, message, Status.DELIVERED)

    assert await query(quick, "SELECT 1 FROM parked_receipt") == []


@pytest.mark.parametrize("receipts", ["final", "early"])
@pytest.mark.parametrize("ids", ["decimal", "hex"])
async def test_rule_05_a_receipt_in_the_other_base_finds_its_message(quick, ids, receipts):
    async with an_operator(ids=ids, receipt_ids="other", receipts=receipts) as operator, an_engine(quick):
        _, _, message = await one(quick, operator)
        await until_status(quick, message, Status.DELIVERED)


async def test_rule_05_zeros_and_case_do_not_matter(quick):
    async with an_operator(ids="hex", receipts="none") as operator, an_engine(quick):
        _, _, message = await one(quick, operator, number="+237690000001")
        await until_status(quick, message, Status.SENT)
        reference = await reference_of(quick, message)
        operator.deliveries.put(a_receipt(f"000{reference.upper()}", "+237690000001"))
        await until_status(quick, message, Status.DELIVERED)


async def test_rule_06_a_receipt_comes_by_another_bind_of_the_same_account(quick):
    async with an_operator(receipts="none") as operator, an_engine(quick):
        _, _, message = await one(quick, operator, number="+237690000001", columns={"bind": "tx+rx"})
        other = await testing.a_connector(quick, "the same account", port=operator.port)
        await until_bound(quick, other)
        await until_status(quick, message, Status.SENT)
        await execute(quick, "UPDATE connector SET enabled = false WHERE name = 'operator'")
        await operator.wait_for(lambda o: o.binds == 1)
        operator.deliveries.put(a_receipt(await reference_of(quick, message), "+237690000001"))
        await until_status(quick, message, Status.DELIVERED)


async def test_a_stray_receipt_is_kept_and_harms_nobody(quick):
    async with an_operator(stray_every=1) as operator, an_engine(quick):
        _, _, message = await one(quick, operator)
        await until_status(quick, message, Status.DELIVERED)
        await operator.wait_for(lambda o: o.deliveries.acknowledged == 2)

    assert len(await query(quick, "SELECT 1 FROM parked_receipt")) == 1
    await sound(quick)


@pytest.mark.parametrize(
    ("policy", "told", "status"),
    [
        ("all", {1: "DELIVRD", 2: "DELIVRD"}, Status.SENT),
        ("all", {3: "DELIVRD", 1: "DELIVRD", 2: "DELIVRD"}, Status.DELIVERED),
        ("last", {3: "DELIVRD"}, Status.DELIVERED),
        ("any", {1: "EXPIRED"}, Status.EXPIRED),
    ],
)
async def test_rule_09_a_long_message_is_delivered_by_policy(quick, policy, told, status):
    async with an_operator(receipts="none") as operator, an_engine(quick):
        _, _, message = await one(
            quick, operator, number="+237690000001", text="x" * 400, segments=3, columns={"delivered_when": policy}
        )
        await until_status(quick, message, Status.SENT)
        for part, state in told.items():
            operator.deliveries.put(a_receipt(await reference_of(quick, message, part), "+237690000001", state))
        await operator.wait_for(lambda o: o.deliveries.acknowledged == len(told))

    assert await statuses(quick, [message]) == [status]
    await sound(quick)


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
async def test_rule_09_a_refused_part_returns_the_credits_whatever_comes_with_it(quick, order):
    async with an_operator(receipts="none") as operator, an_engine(quick):
        company, connector, message = await one(quick, operator, number="+237690000001", text="x" * 300, segments=2)
        await until_status(quick, message, Status.SENT)
        told = {1: (Status.FAILED, True, "REJECTD"), 2: (Status.DELIVERED, False, "DELIVRD")}
        news = [
            News(connector, await reference_of(quick, message, part), *told[part], "+237690000001", "AWA")
            for part in order
        ]
        await recorder.receive(quick.database, news, policy="all", forms=lambda _r: (), now=runtime.now())

    assert await statuses(quick, [message]) == [Status.FAILED]
    assert "REJECTD" in (await row(quick, message)).error
    assert await testing.balance(quick, company) == 10
    await sound(quick)


async def test_a_receipt_is_acknowledged_only_after_its_commit(quick, monkeypatch):
    committing, let_go = asyncio.Event(), asyncio.Event()
    real = recorder.receive

    async def receive(*arguments, **named):
        committing.set()
        await let_go.wait()
        return await real(*arguments, **named)

    monkeypatch.setattr(recorder, "receive", receive)
    async with an_operator() as operator, an_engine(quick):
        _, _, message = await one(quick, operator)
        await committing.wait()
        assert operator.deliveries.acknowledged == 0

        let_go.set()
        await operator.wait_for(lambda o: o.deliveries.acknowledged == 1)
        assert await statuses(quick, [message]) == [Status.DELIVERED]


async def test_while_the_database_is_away_the_operator_is_told_to_try_again(quick, monkeypatch):
    real, tries = recorder.receive, []

    async def receive(*arguments, **named):
        tries.append(1)
        if len(tries) == 1:
            raise OperationalError("away")
        return await real(*arguments, **named)

    monkeypatch.setattr(recorder, "receive", receive)
    async with an_operator() as operator, an_engine(quick):
        _, _, message = await one(quick, operator)
        await until_status(quick, message, Status.DELIVERED)
        await operator.wait_for(lambda o: o.deliveries.acknowledged == 1)

    assert len(tries) == 2


async def test_a_message_of_a_handset_is_stored_before_it_is_acknowledged(quick):
    async with an_operator() as operator, an_engine(quick):
        connector = await testing.a_connector(quick, port=operator.port)
        await until_bound(quick, connector)
        operator.people.write("237690000001", "8080", "STOP é")
        await operator.wait_for(lambda o: o.deliveries.acknowledged == 1)

    (stored,) = await query(quick, "SELECT connector_id, source, destination, text FROM inbound")
    assert tuple(stored) == (connector, "237690000001", "8080", "STOP é")


async def test_a_receipt_of_a_reused_reference_settles_the_newest_message(quick):
    async with an_operator(receipts="none") as operator, an_engine(quick):
        company = await testing.a_company(quick, credits=10)
        connector = await testing.a_connector(quick, port=operator.port)
        old, new = await accepted(
            quick,
            a_message(company, connector, number="+237690000001"),
            a_message(company, connector, number="+237690000001"),
        )
        await until_status(quick, [old, new], Status.SENT)
        reference = await reference_of(quick, old)

        await execute(quick, "UPDATE part SET reference = :r WHERE message_id = :id", r=reference, id=new)
        operator.deliveries.put(a_receipt(reference, "+237690000001"))
        await until_status(quick, new, Status.DELIVERED)

    assert await statuses(quick, [old]) == [Status.SENT]
