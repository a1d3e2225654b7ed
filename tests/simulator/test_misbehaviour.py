from pathlib import Path

import pytest

from smsflow.simulator.misbehaviour import FAULTS
from smsflow.smpp import concat, spec
from smsflow.smpp.reassembly import Reassembly
from tests.simulator.test_operator import an_operator, receipts
from tests.smpp.session_pair import a_submit


def submit(link, token=1, dest="237690000001", **fields):
    link.submit(a_submit(dest, **fields), token)


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        ("other-base", "DELIVRD"),
        ("other-case", "EXPIRED"),
        ("quoted-id", "UNDELIV"),
        ("foreign-id", "DELIVRD"),
        *[("encoding", "DELIVRD")] * 6,
        ("header", "REJECTD"),
        ("words", "DELIVRD"),
        ("words", "EXPIRED"),
        ("words", "UNDELIV"),
        ("words", "REJECTD"),
        ("unflagged", "DELIVRD"),
    ],
)
async def test_a_receipt_with_a_fault_is_still_read(fault, state):
    script = {"ids": "hex", "misbehave": [fault], "misbehave_every": 1, "receipt_states": [("", state)]}
    async with an_operator(**script) as (_, link, memory):
        submit(link)
        await memory.wait_for(lambda m: m.responses and m.delivered)

    (news,) = receipts(memory)
    number = int(memory.responses[0][2], 16)
    written = news.text_reference or news.reference
    assert news.state == state
    assert int(written, 10 if fault == "other-base" else 16) == number


async def test_every_fault_has_its_turn():
    async with an_operator(misbehave=["all"], misbehave_every=2, late_error_after=0.0) as (simulator, link, memory):
        for token in range(2 * len(FAULTS)):
            submit(link, token, f"23769{token:07d}")
        await memory.wait_for(lambda m: len(m.responses) == 2 * len(FAULTS))

    assert simulator.faults == dict.fromkeys(FAULTS, 1)


async def test_a_long_id_has_3000_octets():
    async with an_operator(misbehave=["long-id"], misbehave_every=1) as (_, link, memory):
        submit(link)
        await memory.wait_for(lambda m: m.responses and m.delivered)

    assert len(memory.responses[0][2]) == 3000


async def test_the_parts_of_a_long_sms_have_one_id_and_one_receipt():
    async with an_operator(misbehave=["same-id"]) as (simulator, link, memory):
        for token, data in enumerate(concat.user_data(["a", "b", "c"], "gsm7", reference=7, mode="udh8")):
            submit(link, token, text=data.short_message, esm_class=data.esm_class)
        submit(link, 3)
        await memory.wait_for(lambda m: len(m.responses) == 4 and len(m.delivered) == 2)

    assert len({message_id for token, _, message_id in memory.responses if token < 3}) == 1
    assert simulator.receipts_sent == 2


async def test_a_part_that_comes_again_though_the_operator_has_all_parts_has_the_id_and_a_receipt_again():
    async with an_operator(misbehave=["same-id"]) as (simulator, link, memory):
        parts = [*concat.user_data(["a", "b"], "gsm7", reference=7, mode="udh8")]
        for token, data in enumerate([*parts, parts[1]]):
            submit(link, token, text=data.short_message, esm_class=data.esm_class)
        await memory.wait_for(lambda m: len(m.responses) == 3 and len(m.delivered) == 2)

    assert len({message_id for *_, message_id in memory.responses}) == 1
    assert simulator.receipts_sent == 2


async def test_two_ids_in_base_62_differ_in_case_only():
    async with an_operator(ids="base62", receipts="none") as (_, link, memory):
        for token in range(4):
            submit(link, token)
        await memory.wait_for(lambda m: len(m.responses) == 4)

    ids = [message_id for *_, message_id in memory.responses]
    assert len(set(ids)) == 4
    assert len({message_id.lower() for message_id in ids}) < 4


async def test_a_full_handset_refuses_three_times():
    async with an_operator(misbehave=["full"], misbehave_every=5) as (_, link, memory):
        for token in range(8):
            submit(link, token)
        submit(link, "other", "237690000002")
        await memory.wait_for(lambda m: len(m.responses) == 9)

    full = [token for token, status, _ in memory.responses if status == spec.ESME_RMSGQFUL]
    assert full == [4, 5, 6]


async def test_no_handset_is_full_once_the_operator_behaves():
    async with an_operator(misbehave=["full"], misbehave_every=1) as (simulator, link, memory):
        submit(link, "full")
        await memory.wait_for(lambda m: m.responses)
        simulator.script.change({"misbehave": []})
        submit(link, "taken")
        await memory.wait_for(lambda m: len(m.responses) == 2)

    assert [status for _, status, _ in memory.responses] == [spec.ESME_RMSGQFUL, spec.ESME_ROK]


async def test_a_late_error_means_that_no_handset_has_it():
    async with an_operator(misbehave=["late-error"], misbehave_every=1, late_error_after=0.01) as (s, link, memory):
        submit(link)
        await memory.wait_for(lambda m: m.responses)

    assert [status for _, status, _ in memory.responses] == [spec.ESME_RSYSERR]
    assert s.inbox == []


async def test_a_receipt_comes_twice_with_one_sequence_number():
    async with an_operator(misbehave=["duplicate"], misbehave_every=1) as (simulator, link, memory):
        submit(link)
        await memory.wait_for(lambda m: len(m.delivered) == 2)
        await simulator.wait_for(lambda s: s.deliveries.acknowledged == 1)

    assert memory.delivered[0] == memory.delivered[1]


async def test_an_invented_state_comes_before_the_real_one():
    async with an_operator(misbehave=["unknown-state"], misbehave_every=1) as (_, link, memory):
        submit(link)
        await memory.wait_for(lambda m: len(m.delivered) == 2)

    assert [news.state for news in receipts(memory)] == ["PENDING", "DELIVRD"]


async def test_malformed_pdus_harm_neither_side():
    async with an_operator(misbehave=["malformed"], misbehave_every=1) as (_, link, memory):
        for token in range(5):
            submit(link, token)
        await memory.wait_for(lambda m: len(m.responses) == 5 and len(m.delivered) == 5)
        assert link.bound


@pytest.mark.parametrize("mode", ["udh8", "udh16", "sar", "payload"])
async def test_a_text_of_a_person_comes_in_parts_in_any_order_and_twice(mode):
    text = "Une réponse avec € en plusieurs parties. " * 9
    async with an_operator() as (simulator, _, memory):
        simulator.people.write("237690000001", "8080", text, mode=mode, reverse=True, repeat=True)
        await memory.wait_for(lambda m: len(m.delivered) == (2 if mode == "payload" else 6))

    reassembly = Reassembly()
    released = [whole.text for pdu in memory.delivered for whole in reassembly.add(pdu, 0.0)]
    assert released[0] == text
    assert simulator.people.sent == 1


async def test_a_handset_answers_in_parts_and_with_texts_like_receipts():
    async with an_operator(misbehave=["mo", "mo-receipt"], misbehave_every=1, receipts="none") as (s, link, memory):
        submit(link, 1)
        submit(link, 2)
        await memory.wait_for(lambda m: len(m.delivered) > 2)

    assert s.people.sent == 2
    assert {pdu.esm_class for pdu in memory.delivered} == {0, spec.ESM_UDHI}
    assert {news.flagged for news in receipts(memory) if news} == {False}


def test_the_page_of_smpp_has_every_fault():
    page = (Path(__file__).parents[2] / "docs" / "smpp.md").read_text(encoding="utf-8")

    assert [line for line in (f"| `{name}` | {does} |" for name, does in FAULTS.items()) if line not in page] == []
