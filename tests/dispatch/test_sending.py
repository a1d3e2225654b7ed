"""Messages leave by a real SMPP session, and what the operator says of them is recorded."""

from datetime import timedelta

import pytest
from psycopg.errors import DataError

from smsflow import runtime, testing
from smsflow.connectors import smpp
from smsflow.dispatch import recorder
from smsflow.dispatch.inbound import Receiver
from smsflow.domain import delivery
from smsflow.domain.message import Kind, Status
from smsflow.smpp import spec
from smsflow.store.messages import queue
from tests.dispatch.stage import (
    a_message,
    accepted,
    an_engine,
    an_operator,
    query,
    row,
    sound,
    until,
    until_status,
)


@pytest.fixture
async def quick(open_platform):
    async with open_platform(poll_interval=0.05) as platform:
        yield platform


async def test_a_message_reaches_its_handset_and_its_receipt_settles_it(quick):
    async with an_operator() as operator, an_engine(quick):
        company = await testing.a_company(quick, credits=5)
        connector = await testing.a_connector(quick, port=operator.port)
        (message,) = await accepted(quick, a_message(company, connector, number="+237690000001", text="Bonjour é"))
        await until_status(quick, message, Status.DELIVERED)

        assert [m.text for m in operator.received("+237690000001")] == ["Bonjour é"]
    assert await testing.balance(quick, company) == 4
    await sound(quick)


async def test_five_hundred_messages_are_delivered_once_each(quick):
    async with an_operator() as operator, an_engine(quick):
        company = await testing.a_company(quick, credits=500)
        connector = await testing.a_connector(quick, port=operator.port, window=50)
        ids = await accepted(quick, *[a_message(company, connector) for _ in range(500)])
        await until_status(quick, ids, Status.DELIVERED)

        assert (operator.stats()["accepted"], operator.handsets.duplicates) == (500, 0)
    await sound(quick)


async def test_the_credits_of_a_refused_message_are_returned_once(quick):
    async with an_operator(refuse=[(".*", spec.ESME_RINVDSTADR)]) as operator, an_engine(quick):
        company = await testing.a_company(quick, credits=5)
        connector = await testing.a_connector(quick, port=operator.port)
        ids = await accepted(quick, a_message(company, connector), a_message(company, connector, segments=2))
        await until_status(quick, ids, Status.FAILED)

    assert await testing.balance(quick, company) == 5
    assert "RINVDSTADR" in (await row(quick, ids[0])).error
    await sound(quick)


async def test_a_message_whose_validity_ended_does_not_leave_and_is_returned(quick):
    async with an_operator() as operator, an_engine(quick):
        company = await testing.a_company(quick, credits=5)
        connector = await testing.a_connector(quick, port=operator.port)
        late = a_message(company, connector, valid_until=runtime.now() - timedelta(seconds=1))
        (message,) = await accepted(quick, late)
        await until_status(quick, message, Status.EXPIRED)

        assert operator.submits == 0
    assert await testing.balance(quick, company) == 5
    await sound(quick)


@pytest.mark.parametrize("status", [spec.ESME_RSYSERR, spec.ESME_RX_T_APPN])
async def test_rule_03_a_temporary_refusal_is_the_messages_own_and_it_leaves_later(quick, status):
    async with an_operator(refuse=[("^237699", status)]) as operator, an_engine(quick):
        company = await testing.a_company(quick, credits=5)
        connector = await testing.a_connector(quick, port=operator.port)
        unlucky, other = await accepted(
            quick, a_message(company, connector, number="+237699000001"), a_message(company, connector)
        )
        await until_status(quick, other, Status.DELIVERED)

        async def deferred():
            return await query(
                quick,
                "SELECT 1 FROM queue WHERE message_id = :id AND due_at IS NOT NULL AND claimed_by IS NULL",
                id=unlucky,
            )

        await until(deferred)
    assert (await row(quick, unlucky)).status == Status.RECEIVED
    assert await testing.balance(quick, company) == 3
    await sound(quick)


async def test_a_text_that_no_key_opens_waits_and_the_others_leave(quick):
    async with an_operator() as operator, an_engine(quick):
        company = await testing.a_company(quick, credits=5)
        connector = await testing.a_connector(quick, port=operator.port)
        broken, sound_one = await accepted(
            quick, a_message(company, connector, text="not sealed", sealed=True), a_message(company, connector)
        )
        await until_status(quick, sound_one, Status.DELIVERED)

        async def deferred():
            return await query(
                quick,
                "SELECT 1 FROM queue WHERE message_id = :id AND due_at IS NOT NULL AND claimed_by IS NULL",
                id=broken,
            )

        await until(deferred)


async def test_a_sender_that_no_pdu_can_carry_fails_its_message_and_returns_it(quick):
    async with an_operator() as operator, an_engine(quick):
        company = await testing.a_company(quick, credits=5)
        connector = await testing.a_connector(quick, port=operator.port)
        broken, sound_one = await accepted(
            quick, a_message(company, connector, sender="Boutique Été @ Douala"), a_message(company, connector)
        )
        await until_status(quick, sound_one, Status.DELIVERED)
        await until_status(quick, broken, Status.FAILED)

    assert await testing.balance(quick, company) == 4
    await sound(quick)


async def test_an_answer_that_cannot_be_taken_leaves_its_message_unknown_and_the_bind_alone(quick, monkeypatch):
    real, failed = smpp.stored_reference, []

    def stored_reference(message_id):
        if not failed:
            failed.append(message_id)
            raise ValueError("a poisonous id")
        return real(message_id)

    monkeypatch.setattr(smpp, "stored_reference", stored_reference)
    async with an_operator(receipts="none") as operator, an_engine(quick):
        company = await testing.a_company(quick, credits=5)
        connector = await testing.a_connector(quick, port=operator.port, window=1)
        poisonous, other = await accepted(quick, a_message(company, connector), a_message(company, connector))
        await until_status(quick, poisonous, Status.UNKNOWN)
        await until_status(quick, other, Status.SENT)

        assert operator.binds == 1


@pytest.mark.parametrize("status", [spec.ESME_RMSGQFUL, spec.ESME_RSYSERR])
async def test_a_temporary_refusal_that_comes_late_says_that_the_message_did_not_leave(quick, monkeypatch, status):
    monkeypatch.setattr(delivery, "_BACKOFF", (0.1,))
    async with an_operator(latency=1.3, refuse=[(".*", status)]) as operator, an_engine(quick):
        company = await testing.a_company(quick, credits=5)
        connector = await testing.a_connector(quick, port=operator.port, response_timeout=1)
        (message,) = await accepted(quick, a_message(company, connector))
        await until_status(quick, message, Status.UNKNOWN)
        operator.script.latency, operator.script.refuse = 0.0, []
        await until_status(quick, message, Status.DELIVERED)

        assert (operator.submits, operator.accepted) == (2, 1)
    await sound(quick)


async def test_an_outcome_that_no_database_takes_costs_the_window_no_place(quick, monkeypatch):
    real, refused = recorder.record, []

    async def record(database, way, reports, *, now):
        if any(r.message_id == refused[0] for r in reports):
            raise DataError("a poisonous outcome")
        await real(database, way, reports, now=now)

    monkeypatch.setattr(recorder, "record", record)
    async with an_operator(receipts="none") as operator:
        company = await testing.a_company(quick, credits=5)
        connector = await testing.a_connector(quick, port=operator.port, window=1)
        poisonous, *others = await accepted(quick, *[a_message(company, connector) for _ in range(3)])
        refused.append(poisonous)
        async with an_engine(quick):
            await until_status(quick, others, Status.SENT)

            assert operator.submits == 3
        # Its claim goes with the dispatcher: another takes it back, and it is unknown.
        monkeypatch.setattr(recorder, "record", real)
        async with an_engine(quick):
            await until_status(quick, poisonous, Status.UNKNOWN)


async def test_a_delivery_that_cannot_be_read_is_refused_and_the_next_ones_are_taken(quick, monkeypatch):
    real, failed = Receiver.take, []

    def take(self, link, sequence, pdu):
        if not failed:
            failed.append(pdu)
            raise ValueError("a poisonous receipt")
        real(self, link, sequence, pdu)

    monkeypatch.setattr(Receiver, "take", take)
    async with an_operator() as operator, an_engine(quick):
        company = await testing.a_company(quick, credits=5)
        connector = await testing.a_connector(quick, port=operator.port, window=1)
        first, other = await accepted(quick, a_message(company, connector), a_message(company, connector))
        await until_status(quick, other, Status.DELIVERED)

        await until(lambda: operator.deliveries.waiting == 0 and operator.deliveries.acknowledged == 1)
        assert (await row(quick, first)).status == Status.SENT


async def test_a_sealed_text_leaves_in_the_clear(quick):
    async with an_operator() as operator, an_engine(quick):
        company = await testing.a_company(quick, credits=5)
        connector = await testing.a_connector(quick, port=operator.port)
        sealed = quick.vault.seal("Code 422510")
        message = a_message(company, connector, number="+237690000001", text=sealed, sealed=True, kind=Kind.OTP)
        await until_status(quick, await accepted(quick, message), Status.DELIVERED)

        assert [m.text for m in operator.received("+237690000001")] == ["Code 422510"]


async def test_a_graceful_stop_gives_back_what_had_not_left_and_leaves_nothing_unknown(quick):
    async with an_operator(latency=0.2) as operator:
        company = await testing.a_company(quick, credits=300)
        connector = await testing.a_connector(quick, port=operator.port, window=10)
        ids = await accepted(quick, *[a_message(company, connector) for _ in range(200)])
        async with an_engine(quick):
            await operator.wait_for(lambda o: o.submits >= 10)
        submitted = operator.submits
    counts = dict(await query(quick, "SELECT status, count(*) FROM message GROUP BY 1"))

    assert set(counts) <= {Status.RECEIVED, Status.SENT, Status.DELIVERED}
    assert counts[Status.RECEIVED] == len(ids) - submitted
    assert await query(quick, "SELECT 1 FROM queue WHERE claimed_by IS NOT NULL") == []
    assert await query(quick, "SELECT 1 FROM instance") == []
    await sound(quick)


async def test_rule_09_a_long_message_that_has_begun_is_finished_by_a_graceful_stop(quick):
    async with an_operator(latency=0.1) as operator:
        company = await testing.a_company(quick, credits=300)
        connector = await testing.a_connector(quick, port=operator.port, window=1)
        (message,) = await accepted(quick, a_message(company, connector, text="x" * 500, segments=4))
        async with an_engine(quick):
            await operator.wait_for(lambda o: o.submits >= 1)
        assert [len(m.text) for m in operator.inbox] == [500]

    assert (await row(quick, message)).status in (Status.SENT, Status.DELIVERED)


async def test_rule_09_the_parts_of_a_long_message_leave_by_one_bind_in_order(quick):
    async with an_operator() as operator, an_engine(quick):
        company = await testing.a_company(quick, credits=300)
        connector = await testing.a_connector(quick, port=operator.port, window=3)
        long = "".join(f"{n:04d}" for n in range(150))
        sent = [a_message(company, connector, text=f"{n} {long}", segments=4) for n in range(5)]
        await until_status(quick, await accepted(quick, *sent), Status.DELIVERED)

        assert [m.text for m in operator.inbox] == [m.text for m in sent]
        parts = await query(quick, "SELECT message_id, number, total FROM part ORDER BY message_id, number")
    assert [(p.number, p.total) for p in parts] == [(n, 4) for _ in range(5) for n in (1, 2, 3, 4)]
    await sound(quick)


async def test_rule_13_a_message_carries_its_validity_as_an_absolute_time(quick):
    async with an_operator() as operator, an_engine(quick):
        company = await testing.a_company(quick, credits=300)
        connector = await testing.a_connector(quick, port=operator.port)
        until_when = (runtime.now() + timedelta(hours=2)).replace(microsecond=0)
        message = a_message(company, connector, valid_until=until_when)
        await until_status(quick, await accepted(quick, message), Status.DELIVERED)

    assert operator.last_submit.validity == until_when.strftime("%y%m%d%H%M%S") + "000+"


async def test_a_claim_that_fails_ends_no_bind(quick, monkeypatch):
    real, failed = queue.claim, []

    async def claim(tx, *arguments, **named):
        if len(failed) < 2:
            failed.append(named)
            raise ValueError("a fault of ours")
        return await real(tx, *arguments, **named)

    monkeypatch.setattr(queue, "claim", claim)
    async with an_operator() as operator, an_engine(quick):
        company = await testing.a_company(quick, credits=300)
        connector = await testing.a_connector(quick, port=operator.port)
        await until(lambda: len(failed) == 2)
        link = next(iter(operator.deliveries._receivers.values()))[0]
        await until_status(quick, await accepted(quick, a_message(company, connector)), Status.DELIVERED)

        assert next(iter(operator.deliveries._receivers.values()))[0] is link


async def test_a_claim_whose_answer_was_lost_is_given_back(quick, monkeypatch):
    real, lost = queue.claim, []

    async def claim(tx, *arguments, **named):
        claims = await real(tx, *arguments, **named)
        if claims and not lost:
            lost.append(claims)
            raise ConnectionError("the answer was lost")
        return claims

    monkeypatch.setattr(queue, "claim", claim)
    async with an_operator() as operator, an_engine(quick):
        company = await testing.a_company(quick, credits=300)
        connector = await testing.a_connector(quick, port=operator.port)
        ids = await accepted(quick, *[a_message(company, connector) for _ in range(5)])
        await until_status(quick, ids, Status.DELIVERED)

        assert lost
        assert operator.handsets.duplicates == 0
    await sound(quick)
