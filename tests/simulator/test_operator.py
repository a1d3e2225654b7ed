import asyncio
from contextlib import asynccontextmanager

import pytest

from smsflow.simulator.operator import Script, Simulator
from smsflow.smpp import concat, pdu, receipt, spec
from smsflow.smpp.net.client import BindConfig, connect
from smsflow.smpp.reassembly import Reassembly
from tests.smpp.session_pair import PATIENCE, Memory, a_submit


@asynccontextmanager
async def an_operator(**script):
    keep = script.pop("keep", None)
    memory = Memory()
    async with await Simulator.start(script=Script(**script), keep=keep) as simulator:
        link = await a_link(simulator, memory)
        yield simulator, link, memory
        await link.close(drain=0)


async def a_link(simulator, memory, **fields):
    config = {"host": "127.0.0.1", "port": simulator.port, "system_id": "demo", "password": "secret", "window": 50}
    return await connect(BindConfig(**config | fields), memory)


def receipts(memory):
    return [receipt.parse(deliver) for deliver in memory.delivered]


async def test_a_handset_shows_what_was_sent_to_it():
    async with an_operator() as (simulator, link, _):
        link.submit(a_submit("237690000001", b"Bonjour"), 1)
        link.submit(a_submit("237690000002", b"Bonsoir"), 2)
        await simulator.wait_for(lambda s: len(s.inbox) == 2)

    (message,) = simulator.received("+237690000001")
    assert (message.destination, message.source, message.text, message.parts) == (
        "237690000001",
        "smsflow",
        "Bonjour",
        1,
    )
    assert simulator.by_number == {"237690000001": 1, "237690000002": 1}


async def test_the_receipt_has_the_id_of_the_response():
    async with an_operator() as (_, link, memory):
        link.submit(a_submit(), 1)
        await memory.wait_for(lambda m: m.responses and m.delivered)

    (news,) = receipts(memory)
    assert (news.reference, news.state) == (memory.responses[0][2], "DELIVRD")


async def test_a_receipt_says_why_a_handset_was_not_reached():
    async with an_operator(receipt_states=[("0001$", "UNDELIV 027")]) as (_, link, memory):
        link.submit(a_submit("237690000001"), 1)
        await memory.wait_for(lambda m: m.delivered)

    (news,) = receipts(memory)
    assert (news.state, news.error) == ("UNDELIV", "027")


async def test_a_handset_answers_its_first_sms():
    answers = {"replies": [("0001$", "Merci !")], "replies_to": "8040", "reply_delay": 0, "receipts": "none"}
    async with an_operator(**answers) as (simulator, link, memory):
        for number in ("237690000001", "237690000002", "237690000001"):
            link.submit(a_submit(number), 1)
        await memory.wait_for(lambda m: len(m.responses) == 3 and m.delivered)

    (answer,) = memory.delivered
    assert (answer.source, answer.dest, simulator.people.sent) == ("237690000001", "8040", 1)


@pytest.mark.parametrize("mode", ["udh8", "udh16", "sar", "payload"])
async def test_rule_9_a_long_message_is_assembled(mode):
    text = "Un long message, avec des accents: é à ù [fin]. " * 8
    async with an_operator() as (simulator, link, _):
        for number, data in enumerate(
            concat.user_data(concat.cut(text, "gsm7"), "gsm7", reference=7, mode=mode),
        ):
            submit = a_submit(text=data.short_message, esm_class=data.esm_class, tlvs=data.tlvs)
            link.submit(submit, number)
        await simulator.wait_for(lambda s: s.inbox)

    assert simulator.inbox[0].text == text


async def test_a_text_sent_twice_is_counted_even_with_the_same_reference():
    async with an_operator() as (simulator, link, _):
        for _ in range(2):
            for data in concat.user_data(["abc", "def"], "gsm7", reference=7, mode="udh8"):
                link.submit(a_submit(text=data.short_message, esm_class=data.esm_class), 1)
        await simulator.wait_for(lambda s: s.handsets.duplicates == 1)

    assert list(simulator.handsets.repeated()) == [("237690000001", "abcdef", 2)]


async def test_a_pattern_of_numbers_is_refused():
    async with an_operator(refuse=[("^2376999", spec.ESME_RINVDSTADR)]) as (simulator, link, memory):
        link.submit(a_submit("237699900000"), "bad")
        link.submit(a_submit("237690000000"), "good")
        await memory.wait_for(lambda m: len(m.responses) == 2)

    assert [(token, status) for token, status, _ in memory.responses] == [("bad", spec.ESME_RINVDSTADR), ("good", 0)]
    assert [message.destination for message in simulator.inbox] == ["237690000000"]


async def test_rule_3_submissions_beyond_the_rate_are_throttled():
    async with an_operator(throttle_rate=10, receipts="none") as (simulator, link, memory):
        for token in range(20):
            link.submit(a_submit(), token)
        await memory.wait_for(lambda m: len(m.responses) == 20)

    statuses = [status for _, status, _ in memory.responses]
    assert statuses[:10] == [0] * 10
    assert statuses[-1] == spec.ESME_RTHROTTLED
    assert simulator.throttled == statuses.count(spec.ESME_RTHROTTLED)


async def test_one_in_n_is_refused():
    async with an_operator(refuse_every=3, refuse_status=spec.ESME_RMSGQFUL) as (_, link, memory):
        for token in range(6):
            link.submit(a_submit(), token)
        await memory.wait_for(lambda m: len(m.responses) == 6)

    assert [token for token, status, _ in memory.responses if status == spec.ESME_RMSGQFUL] == [2, 5]


async def test_a_lost_response_has_a_receipt_all_the_same():
    async with an_operator(lose_response_every=2) as (simulator, link, memory):
        link.submit(a_submit(text=b"one"), 1)
        link.submit(a_submit(text=b"two"), 2)
        await memory.wait_for(lambda m: len(m.delivered) == 2)

    assert [token for token, *_ in memory.responses] == [1]
    assert simulator.responses_lost == 1


async def test_an_operator_that_loses_every_response_goes_on_taking_messages():
    half = 600  # of more than a session may leave unanswered
    async with await Simulator.start(script=Script(lose_response_every=1, receipts="none")) as simulator:
        link = await a_link(simulator, Memory(), window=2 * half)
        for sent in (half, 2 * half):
            for token in range(half):
                link.submit(a_submit(), token)
            await simulator.wait_for(lambda s, sent=sent: s.responses_lost == sent)
        await link.close(drain=0)


async def test_a_disconnect_leaves_an_accepted_message_without_an_answer():
    async with an_operator(disconnect_every=2) as (simulator, link, memory):
        link.submit(a_submit(text=b"one"), 1)
        await memory.wait_for(lambda m: m.responses)
        link.submit(a_submit(text=b"two"), 2)
        await memory.wait_for(lambda m: m.lost)

    assert memory.lost[0][0] == [2]
    assert [message.text for message in simulator.inbox] == ["one", "two"]


async def test_an_operator_can_lose_a_message_and_its_answer():
    async with an_operator(lose_every=2) as (simulator, link, memory):
        link.submit(a_submit(), 1)
        link.submit(a_submit(), 2)
        await simulator.wait_for(lambda s: s.submits == 2)
        await memory.wait_for(lambda m: m.responses and m.delivered)

    assert [token for token, *_ in memory.responses] == [1]
    assert (simulator.lost, len(simulator.inbox)) == (1, 1)


async def test_rule_7_a_receipt_can_come_before_its_response():
    async with an_operator(receipts="early") as (_, link, memory):
        link.submit(a_submit(), 1)
        await memory.wait_for(lambda m: m.delivered)
        assert memory.responses == []
        await memory.wait_for(lambda m: m.responses)

    assert receipts(memory)[0].reference == memory.responses[0][2]


async def test_a_receipt_can_come_twice_or_never():
    async with an_operator(receipts="duplicate") as (simulator, link, memory):
        link.submit(a_submit(), 1)
        await memory.wait_for(lambda m: len(m.delivered) == 2)
        simulator.script.change({"receipts": "none"})
        link.submit(a_submit(), 2)
        await memory.wait_for(lambda m: len(m.responses) == 2)

    assert len({news.reference for news in receipts(memory)}) == 1
    assert simulator.receipts_sent == 2


async def test_a_receipt_can_be_late():
    async with an_operator(receipts="late", late_by=0.1) as (simulator, link, memory):
        link.submit(a_submit(), 1)
        await memory.wait_for(lambda m: m.responses)
        assert simulator.receipts_sent == 0
        await memory.wait_for(lambda m: m.delivered)


@pytest.mark.parametrize(("ids", "base"), [("decimal", "hex_to_dec"), ("hex", "dec_to_hex")])
async def test_rule_5_a_receipt_can_have_its_id_in_the_other_base(ids, base):
    async with an_operator(ids=ids, receipt_ids="other") as (_, link, memory):
        link.submit(a_submit(), 1)
        await memory.wait_for(lambda m: m.responses and m.delivered)

    (news,) = receipts(memory)
    answered = memory.responses[0][2]
    assert news.reference != answered
    assert receipt.normalise(news.reference, base) == receipt.normalise(answered, "as_is")


async def test_the_state_of_a_receipt_follows_the_number():
    async with an_operator(receipt_states=[("9$", "UNDELIV")], receipt_tlvs=False) as (_, link, memory):
        link.submit(a_submit("237690000009"), 1)
        link.submit(a_submit("237690000008"), 2)
        await memory.wait_for(lambda m: len(m.delivered) == 2)

    assert {news.source: (news.state, news.error) for news in receipts(memory)} == {
        "237690000009": ("UNDELIV", "001"),
        "237690000008": ("DELIVRD", "000"),
    }


async def test_a_stray_receipt_is_for_an_unknown_id():
    async with an_operator(stray_every=1) as (_, link, memory):
        link.submit(a_submit(), 1)
        await memory.wait_for(lambda m: len(m.delivered) == 2)

    assert [news.reference == memory.responses[0][2] for news in receipts(memory)] == [True, False]


async def test_a_receipt_that_was_not_acknowledged_comes_again_on_the_next_bind():
    async with an_operator() as (simulator, link, memory):
        memory.acknowledge = False
        link.submit(a_submit(), 1)
        await memory.wait_for(lambda m: m.delivered)
        simulator.disconnect_all()
        await memory.wait_for(lambda m: m.lost)
        other = Memory()
        await a_link(simulator, Memory(), system_id="somebody-else")
        await a_link(simulator, Memory(), mode="tx")
        assert simulator.stats()["deliveries_waiting"] == 1
        await a_link(simulator, other, mode="rx")
        await other.wait_for(lambda m: m.delivered)

    assert receipts(other) == receipts(memory)


async def test_a_refused_acknowledgement_is_tried_again():
    async with an_operator() as (simulator, link, memory):
        memory.acknowledge = False
        sequences = []
        memory.on_deliver = lambda _link, sequence, _deliver: sequences.append(sequence)
        link.submit(a_submit(), 1)
        await simulator.wait_for(lambda s: s.receipts_sent == 1)
        async with asyncio.timeout(PATIENCE):
            while len(sequences) < 2:
                link.acknowledge(sequences, spec.ESME_RX_T_APPN)
                await asyncio.sleep(0.01)
        link.acknowledge(sequences)
        await simulator.wait_for(lambda s: s.stats()["deliveries_acknowledged"] == 1)


async def test_a_person_writes_to_a_client():
    text = "Une réponse assez longue pour deux parties. " * 5
    async with an_operator() as (simulator, _, memory):
        simulator.people.write("+237690000001", "8800", text)
        await memory.wait_for(lambda m: len(m.delivered) == 2)

    reassembly = Reassembly()
    (whole,) = [whole for deliver in memory.delivered for whole in reassembly.add(deliver, 0.0)]
    assert (whole.source, whole.destination, whole.text) == ("237690000001", "8800", text)
    assert receipts(memory) == [None, None]


async def test_a_person_writes_before_anybody_is_bound():
    async with await Simulator.start() as simulator:
        simulator.people.write("+237690000001", "8800", "oui")
        memory = Memory()
        await a_link(simulator, memory)
        await memory.wait_for(lambda m: m.delivered)


async def test_binds_are_counted_with_the_most_there_ever_were():
    async with an_operator() as (simulator, link, _):
        other = await a_link(simulator, Memory())
        await simulator.wait_for(lambda s: s.binds == 2)
        await other.close()
        await simulator.wait_for(lambda s: s.binds == 1)
        assert simulator.binds_max == 2
        await link.close()


async def test_memory_is_bounded_when_asked():
    async with an_operator(keep=3, receipts="none") as (simulator, link, memory):
        for token in range(10):
            link.submit(a_submit(f"23769000000{token}", b"same"), token)
        await memory.wait_for(lambda m: len(m.responses) == 10)

    assert len(simulator.inbox) == len(simulator.by_number) == 3
    assert simulator.handsets.total == 10


async def test_the_ids_follow_from_the_seed():
    async def first_id():
        memory = Memory()
        async with await Simulator.start(seed=42) as simulator:
            (await a_link(simulator, memory)).submit(a_submit(), 1)
            await memory.wait_for(lambda m: m.responses)
        return memory.responses[0][2]

    assert await first_id() == await first_id()


async def test_waiting_for_what_never_comes_ends():
    async with an_operator() as (simulator, _, _), asyncio.timeout(PATIENCE):
        with pytest.raises(TimeoutError):
            await simulator.wait_for(lambda s: s.submits > 0, timeout=0.01)


@pytest.mark.parametrize(
    "change",
    [
        {"nothing": 1},
        {"latency": -1},
        {"receipts": "sometimes"},
        {"refuse": [["(", 1]]},
        {"refuse": [["x", "1"]]},
        {"receipt_states": "x"},
        {"throttle_rate": 0},
        {"refuse_every": 1.5},
        {"passwords": []},
        {"receipt_tlvs": 1},
    ],
)
def test_a_script_refuses_what_it_does_not_understand_and_stays_as_it_was(change):
    script = Script()

    with pytest.raises(ValueError, match=next(iter(change))):
        script.change({"late_by": 9, **change})
    assert script == Script()


async def test_requests_that_the_simulator_does_not_support_are_refused():
    async with an_operator() as (_, link, memory):
        link._session.submit(pdu.QuerySm("1"), "query", link._connection.time())
        link._connection.wake()
        await memory.wait_for(lambda m: m.responses)

    assert memory.responses == [("query", spec.ESME_RQUERYFAIL, "")]
