"""How fast a connector sends: a token bucket, and what an operator's throttling does to it."""

import math
from datetime import timedelta

import pytest

from smsflow import runtime, testing
from smsflow.dispatch.throttle import Throttle
from smsflow.domain import delivery
from smsflow.domain.message import Status
from smsflow.smpp import spec
from tests.dispatch.stage import (
    a_message,
    accepted,
    an_engine,
    an_operator,
    row,
    sound,
    until,
    until_bound,
    until_status,
)


def sendable(throttle, now, most=10_000):
    """Send what may leave at `now`; return how many."""
    sent = 0
    while throttle.allowance(now) >= 1 and sent < most:
        throttle.spend(now)
        sent += 1
    return sent


def test_rule_04_a_rate_is_kept_with_a_burst_of_a_tenth_of_a_second():
    throttle = Throttle(100, now=0.0)
    sent = sum(sendable(throttle, 1 + n / 100) for n in range(100))

    assert 99 <= sent <= 111
    assert sendable(throttle, 1000.0) == 10


def test_rule_04_even_the_slowest_rate_lets_one_leave():
    throttle = Throttle(1, now=0.0)

    assert [sendable(throttle, now) for now in (0.0, 0.5, 1.0, 1.5, 2.0)] == [1, 0, 1, 0, 1]
    assert throttle.wait(2.25) == pytest.approx(0.75)


def test_rule_03_pdus_sent_without_a_rate_do_not_count_after_the_operator_throttles():
    throttle = Throttle(None, now=0.0)
    assert sendable(throttle, 1.0, most=5000) == 5000
    throttle.throttled(1.0)

    assert throttle.wait(1.0) == pytest.approx(0.5)
    assert sendable(throttle, 1.5) == 1


def test_rule_03_after_the_pause_one_probe_leaves_and_its_success_resumes_at_half_the_rate():
    throttle = Throttle(100, now=0.0)
    throttle.throttled(10.0)

    assert sendable(throttle, 10.4) == 0
    assert sendable(throttle, 10.6) == 1
    assert throttle.wait(10.6) == math.inf
    throttle.accepted(10.7)
    assert throttle.rate == pytest.approx(50, rel=0.01)
    assert 40 <= sum(sendable(throttle, 10.7 + n / 100) for n in range(100)) <= 65


def test_rule_03_a_probe_that_is_throttled_doubles_the_pause_up_to_half_a_minute():
    throttle, now, pauses = Throttle(100, now=0.0), 10.0, []
    for _ in range(9):
        throttle.throttled(now)
        pauses.append(throttle.wait(now))
        now += pauses[-1]
        assert sendable(throttle, now) == 1

    assert pauses == pytest.approx([0.5, 1, 2, 4, 8, 16, 30, 30, 30])
    assert throttle.rate == 1


def test_rule_03_the_rest_of_the_window_does_not_slow_down_again():
    throttle = Throttle(100, now=0.0)
    for n in range(10):
        throttle.throttled(10.0 + n / 100)

    assert throttle.rate == 50


@pytest.mark.parametrize("rate", [100, None])
def test_rule_03_a_cut_is_taken_back_when_the_throttling_spoke_of_one_number(rate):
    throttle = Throttle(rate, now=0.0)
    throttle.throttled(10.0)
    assert sendable(throttle, 10.6) == 1
    throttle.throttled(10.6)
    assert sendable(throttle, 12.0) == 1
    throttle.accepted(12.1)
    throttle.refused_one_number(again=True)

    assert throttle.rate == rate


def test_rule_03_a_probe_without_an_answer_lets_another_leave():
    throttle = Throttle(None, now=0.0)
    throttle.throttled(1.0)
    assert sendable(throttle, 2.0) == 1
    throttle.unanswered()

    assert sendable(throttle, 3.0) == 1


def test_rule_03_the_rate_climbs_back_to_its_ceiling_and_no_further():
    throttle, now = Throttle(100, now=0.0), 10.0
    throttle.throttled(now)
    assert sendable(throttle, 10.6) == 1
    throttle.accepted(10.6)
    for n in range(60):
        sendable(throttle, 11.0 + n)

    assert throttle.rate == 100


async def test_rule_03_a_throttled_connector_pauses_resumes_with_one_probe_and_slows_down(open_platform):
    async with (
        open_platform(poll_interval=0.05) as platform,
        an_operator(throttle_rate=20) as operator,
        an_engine(platform),
    ):
        company = await testing.a_company(platform, credits=100)
        connector = await testing.a_connector(platform, port=operator.port, window=10)
        batch = [a_message(company, connector, text=f"{n}") for n in range(40)]
        ids = await accepted(platform, *batch)
        await until_status(platform, ids, Status.DELIVERED)

        assert operator.throttled >= 1
        assert operator.throttled <= 30
        assert operator.handsets.duplicates == 0
        assert sorted(m.text for m in operator.inbox) == sorted(m.text for m in batch)
        await sound(platform)


_FULL = "+237699000001"


@pytest.fixture
def short_pauses(monkeypatch):
    """Defer for fractions of a second instead of 5, 15, 60 … seconds."""
    monkeypatch.setattr(delivery, "_BACKOFF", (0.3, 0.6, 1.2))


@pytest.mark.parametrize("status", [spec.ESME_RMSGQFUL, spec.ESME_RTHROTTLED])
@pytest.mark.parametrize("columns", [{"window": 10}, {"window": 1}, {"rate": 5}])
async def test_rule_03_one_full_handset_does_not_stop_a_connector(open_platform, short_pauses, status, columns):
    async with (
        open_platform(poll_interval=0.05) as platform,
        an_operator(refuse=[("^237699", status)]) as operator,
        an_engine(platform),
    ):
        company = await testing.a_company(platform, credits=100)
        connector = await testing.a_connector(platform, port=operator.port, **columns)
        full = await accepted(platform, a_message(company, connector, number=_FULL))
        ids = await accepted(platform, *[a_message(company, connector) for _ in range(8)])
        await until_status(platform, ids, Status.DELIVERED)

        assert (await row(platform, full[0])).status == Status.RECEIVED
        operator.script.refuse = []
        await until_status(platform, full, Status.DELIVERED)
    await sound(platform)


async def test_rule_03_later_messages_to_a_full_handset_do_not_overtake_the_first(open_platform, short_pauses):
    async with (
        open_platform(poll_interval=0.05) as platform,
        an_operator(refuse=[("^237699", spec.ESME_RMSGQFUL)]) as operator,
        an_engine(platform),
    ):
        company = await testing.a_company(platform, credits=100)
        connector = await testing.a_connector(platform, port=operator.port, window=10)
        batch = [a_message(company, connector, number=_FULL, text=t) for t in ("one", "two", "three", "four")]
        ids = await accepted(platform, *batch[:3])
        await operator.wait_for(lambda o: o.refused >= 1)
        ids += await accepted(platform, batch[3])
        await operator.wait_for(lambda o: o.refused >= 3)
        operator.script.refuse = []
        await until_status(platform, ids, Status.DELIVERED)

        assert [m.text for m in operator.inbox] == ["one", "two", "three", "four"]


async def test_rule_03_a_message_does_not_overtake_one_to_a_full_handset_by_another_bind(open_platform):
    async with (
        open_platform(poll_interval=0.05) as platform,
        an_operator(refuse=[("^237699", spec.ESME_RMSGQFUL)]) as operator,
        an_engine(platform),
    ):
        company = await testing.a_company(platform, credits=100)
        connector = await testing.a_connector(platform, port=operator.port, window=1, binds=2)
        await until_bound(platform, connector, binds=2)
        first = await accepted(platform, a_message(company, connector, number=_FULL, text="one"))
        await operator.wait_for(lambda o: o.refused == 1)
        operator.script.refuse = []
        later = await accepted(
            platform, *[a_message(company, connector, number=_FULL, text=f"later {n}") for n in range(10)]
        )
        await until_status(platform, first + later, Status.DELIVERED)

        assert operator.inbox[0].text == "one"


async def test_rule_03_a_message_to_a_full_handset_is_tried_until_its_validity_ends(open_platform, short_pauses):
    async with (
        open_platform(poll_interval=0.05) as platform,
        an_operator(refuse=[("^237699", spec.ESME_RMSGQFUL)]) as operator,
        an_engine(platform),
    ):
        company = await testing.a_company(platform, credits=5)
        connector = await testing.a_connector(platform, port=operator.port)
        valid_until = runtime.now() + timedelta(seconds=2)
        ids = await accepted(platform, a_message(company, connector, number=_FULL, valid_until=valid_until))
        await until_status(platform, ids, Status.EXPIRED)

        assert 2 <= operator.refused <= 4
    assert await testing.balance(platform, company) == 5
    await sound(platform)


async def test_a_message_whose_validity_ends_while_the_operator_throttles_does_not_leave_and_is_returned(open_platform):
    async with (
        open_platform(poll_interval=0.05) as platform,
        an_operator(refuse=[(".*", spec.ESME_RTHROTTLED)]) as operator,
        an_engine(platform),
    ):
        company = await testing.a_company(platform, credits=5)
        connector = await testing.a_connector(platform, port=operator.port)
        await until_bound(platform, connector)
        late = a_message(company, connector, valid_until=runtime.now() + timedelta(seconds=0.4))
        ids = await accepted(platform, late, a_message(company, connector))
        await operator.wait_for(lambda o: o.refused >= 1)
        operator.script.refuse = []
        await until_status(platform, ids[:1], Status.EXPIRED)
        await until_status(platform, ids[1:], Status.DELIVERED)

        assert operator.accepted == 1
    assert await testing.balance(platform, company) == 4
    await sound(platform)


async def test_rule_03_a_connector_resumes_when_its_probe_was_lost_with_the_link(open_platform):
    async with (
        open_platform(poll_interval=0.05) as platform,
        an_operator(refuse=[(".*", spec.ESME_RTHROTTLED)]) as operator,
        an_engine(platform),
    ):
        company = await testing.a_company(platform, credits=100)
        connector = await testing.a_connector(platform, port=operator.port, window=1)
        ids = await accepted(platform, *[a_message(company, connector) for _ in range(3)])
        await operator.wait_for(lambda o: o.refused >= 1)
        # The probe after the pause is accepted, and the link is cut before its answer.
        operator.script.refuse = []
        operator.script.disconnect_every = 2
        await operator.wait_for(lambda o: o.disconnects == 1)
        operator.script.disconnect_every = 0
        await until(lambda: operator.accepted >= 3)
        await until_status(platform, ids[1:], Status.DELIVERED)


async def test_rule_04_the_rate_of_a_connector_counts_pdus(open_platform):
    async with open_platform(poll_interval=0.05) as platform, an_operator() as operator, an_engine(platform):
        company = await testing.a_company(platform, credits=100)
        connector = await testing.a_connector(platform, port=operator.port, window=50, rate=40)
        long = [a_message(company, connector, text="x" * 400, segments=3) for _ in range(20)]
        ids = await accepted(platform, *long)
        await operator.wait_for(lambda o: o.submits >= 1)
        started = operator._loop.time()
        await until_status(platform, ids, Status.DELIVERED)

        # Sixty PDUs at forty a second, of which a tenth of a second's worth may leave at once.
        assert operator.submits == 60
        assert operator._loop.time() - started >= (60 - 4 - 1) / 40 - 0.1


def test_a_rate_that_fell_to_the_bottom_is_back_in_seconds():
    throttle = Throttle(20, now=0.0)
    for second in range(1, 12):
        throttle.throttled(second * 40.0)
    throttle.accepted(500.0)
    assert throttle.rate == 1.0

    for second in range(501, 521):
        throttle.allowance(float(second))

    assert throttle.rate == 20
