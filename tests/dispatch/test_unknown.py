"""Messages that may have left: settled by news that comes late, sent again where that is allowed, never lost."""

import asyncio
from datetime import timedelta

import pytest

from smsflow import runtime, testing
from smsflow.domain.delivery import Accepted, NotSent, Rejected, Unanswered
from smsflow.domain.message import Kind, Status
from smsflow.services.messages.outcomes import Graces
from smsflow.smpp import spec
from smsflow.store.messages import parked, queue
from smsflow.store.routing import dispatchers
from tests.dispatch.dispatcher import a_dispatcher
from tests.dispatch.stage import (
    SOON,
    a_message,
    accepted,
    an_engine,
    an_operator,
    execute,
    query,
    row,
    sound,
    statuses,
    until_status,
)


@pytest.fixture
async def dispatcher(platform):
    return await a_dispatcher(platform)


async def test_a_lost_response_makes_the_message_unknown_and_a_receipt_by_number_and_sender_settles_it(dispatcher):
    message, _ = await dispatcher.loses()
    assert await statuses(dispatcher.platform, [message]) == [Status.UNKNOWN]

    await dispatcher.receives("foreign", Status.DELIVERED)
    await dispatcher.waits_for_answers()
    assert await statuses(dispatcher.platform, [message]) == [Status.DELIVERED]
    dispatcher.now += timedelta(hours=30)
    await dispatcher.sweeps()
    assert await dispatcher.claims() == []
    await sound(dispatcher.platform)


async def test_a_transactional_message_is_sent_again_after_the_grace_and_not_before(dispatcher):
    message, _ = await dispatcher.loses()
    dispatcher.now += timedelta(seconds=59)
    await dispatcher.sweeps()
    assert await dispatcher.claims() == []

    dispatcher.now += timedelta(seconds=2)
    await dispatcher.sweeps()
    (again,) = await dispatcher.claims()
    assert (again.id, again.attempt) == (message, 2)
    await dispatcher.reports(again, Accepted(("r2",)))
    assert await statuses(dispatcher.platform, [message]) == [Status.SENT]
    await sound(dispatcher.platform)


async def test_each_further_time_an_unanswered_message_waits_four_times_longer(dispatcher):
    await dispatcher.loses(valid_until=dispatcher.now + timedelta(hours=48))
    for minutes in (1, 4, 16):
        dispatcher.now += timedelta(minutes=minutes, seconds=-1)
        await dispatcher.sweeps()
        assert await dispatcher.claims() == []
        dispatcher.now += timedelta(seconds=2)
        await dispatcher.sweeps()
        (again,) = await dispatcher.claims()
        await dispatcher.reports(again, Unanswered("no answer"))
    await sound(dispatcher.platform)


async def test_an_unanswered_message_does_not_outlive_its_validity_while_it_waits(dispatcher):
    message, _ = await dispatcher.loses(valid_until=dispatcher.now + timedelta(minutes=4))
    dispatcher.now += timedelta(minutes=2)
    await dispatcher.sweeps()
    (again,) = await dispatcher.claims()
    await dispatcher.reports(again, Unanswered("no answer"))
    dispatcher.now += timedelta(minutes=2, seconds=1)
    await dispatcher.sweeps()

    assert await statuses(dispatcher.platform, [message]) == [Status.EXPIRED]
    await sound(dispatcher.platform)


async def test_a_message_that_is_sent_again_does_not_wait_behind_what_its_company_sent_since(dispatcher):
    message, _ = await dispatcher.loses()
    await accepted(dispatcher.platform, *[a_message(dispatcher.company, dispatcher.connector) for _ in range(50)])
    dispatcher.now += timedelta(seconds=61)
    await dispatcher.sweeps()

    assert (await dispatcher.claims(limit=1))[0].id == message


async def test_marketing_is_never_sent_twice_by_itself_and_stays_unknown(dispatcher):
    message, _ = await dispatcher.loses(kind=Kind.MARKETING)
    dispatcher.now += timedelta(hours=25)
    await dispatcher.sweeps()

    assert await dispatcher.claims() == []
    assert await statuses(dispatcher.platform, [message]) == [Status.UNKNOWN]
    assert await query(dispatcher.platform, "SELECT 1 FROM unknown_outcome") == []
    assert await testing.balance(dispatcher.platform, dispatcher.company) == 99
    await sound(dispatcher.platform)


@pytest.mark.parametrize(
    ("policy", "kind", "again"),
    [
        ("at_most_once", Kind.OTP, 0),
        ("at_most_once", Kind.TRANSACTIONAL, 0),
        ("at_least_once", Kind.MARKETING, 1),
        (None, Kind.OTP, 1),
    ],
)
async def test_a_company_can_ask_for_at_most_once_or_at_least_once(dispatcher, policy, kind, again):
    await execute(dispatcher.platform, "UPDATE company SET resend = :p", p=policy)
    await dispatcher.loses(kind=kind)
    dispatcher.now += timedelta(seconds=61)
    await dispatcher.sweeps()

    assert len(await dispatcher.claims()) == again


async def test_a_message_is_sent_again_by_another_route_where_there_is_one(dispatcher):
    other = await testing.a_connector(dispatcher.platform, "other")
    for connector in (dispatcher.connector, other):
        await testing.a_route(dispatcher.platform, connector)
    message, _ = await dispatcher.loses()
    dispatcher.now += timedelta(seconds=61)
    await dispatcher.sweeps()

    assert await dispatcher.claims() == []
    assert [c.id for c in await dispatcher.claims(other)] == [message]


async def test_a_message_whose_validity_ends_while_unknown_expires_and_stays_charged(dispatcher):
    message, _ = await dispatcher.loses(valid_until=dispatcher.now + timedelta(seconds=30))
    dispatcher.now += timedelta(seconds=61)
    await dispatcher.sweeps()

    assert await statuses(dispatcher.platform, [message]) == [Status.EXPIRED]
    assert await testing.balance(dispatcher.platform, dispatcher.company) == 99
    await sound(dispatcher.platform)


async def test_a_late_yes_settles_what_was_unknown(dispatcher):
    message, claim = await dispatcher.loses()
    await dispatcher.reports(claim, Accepted(("r1",)))
    dispatcher.now += timedelta(seconds=61)
    await dispatcher.sweeps()

    assert await statuses(dispatcher.platform, [message]) == [Status.SENT]
    assert await dispatcher.claims() == []
    await dispatcher.receives("r1", Status.DELIVERED)
    assert await statuses(dispatcher.platform, [message]) == [Status.DELIVERED]
    await sound(dispatcher.platform)


async def test_a_late_no_settles_what_was_unknown_and_returns_its_credits_once(dispatcher):
    message, claim = await dispatcher.loses(kind=Kind.MARKETING)
    for _ in range(2):
        await dispatcher.reports(claim, Rejected("ESME_RINVDSTADR"))

    assert await statuses(dispatcher.platform, [message]) == [Status.FAILED]
    assert await testing.balance(dispatcher.platform, dispatcher.company) == 100
    await sound(dispatcher.platform)


async def test_a_late_no_to_an_attempt_that_was_followed_by_another_ends_nothing(dispatcher):
    message, first = await dispatcher.loses()
    dispatcher.now += timedelta(seconds=61)
    await dispatcher.sweeps()
    await dispatcher.claims()
    await dispatcher.reports(first, Rejected("ESME_RINVDSTADR"))

    assert await statuses(dispatcher.platform, [message]) == [Status.RECEIVED]
    assert await testing.balance(dispatcher.platform, dispatcher.company) == 99
    await sound(dispatcher.platform)


@pytest.mark.parametrize("outcome", [NotSent(), Unanswered("?")])
async def test_an_outcome_for_a_claim_that_was_taken_away_changes_nothing(dispatcher, outcome):
    message, first = await dispatcher.loses()
    dispatcher.now += timedelta(seconds=61)
    await dispatcher.sweeps()
    (second,) = await dispatcher.claims()
    before = await row(dispatcher.platform, message)
    await dispatcher.reports(first, outcome)

    assert await row(dispatcher.platform, message) == before
    assert await query(dispatcher.platform, "SELECT attempt FROM queue WHERE claimed_by IS NOT NULL") == [
        (second.attempt,)
    ]
    await sound(dispatcher.platform)


async def test_a_yes_for_a_claim_that_was_taken_away_keeps_its_reference(dispatcher):
    message, first = await dispatcher.loses()
    dispatcher.now += timedelta(seconds=61)
    await dispatcher.sweeps()
    (second,) = await dispatcher.claims()
    await dispatcher.reports(first, Accepted(("r1",)))
    assert await statuses(dispatcher.platform, [message]) == [Status.RECEIVED]

    await dispatcher.receives("r1", Status.DELIVERED)
    assert await statuses(dispatcher.platform, [message]) == [Status.DELIVERED]
    await dispatcher.reports(second, Accepted(("r2",)))
    await dispatcher.receives("r2", Status.FAILED, refused=True)
    assert await statuses(dispatcher.platform, [message]) == [Status.DELIVERED]
    await sound(dispatcher.platform)


@pytest.mark.parametrize(("end", "refused"), [(Status.DELIVERED, False), (Status.FAILED, True)])
async def test_a_receipt_that_comes_before_its_response_is_not_given_to_an_unknown_message_to_the_same_number(
    dispatcher, end, refused
):
    unknown, _ = await dispatcher.loses(kind=Kind.MARKETING)
    message = await dispatcher.accepts(number="+237690000001")
    (claim,) = await dispatcher.claims()
    await dispatcher.receives("b", end, refused=refused)
    await dispatcher.sweep._settle_young_receipts()
    assert await statuses(dispatcher.platform, [unknown, message]) == [Status.UNKNOWN, Status.RECEIVED]

    await dispatcher.reports(claim, Accepted(("b",)))
    await dispatcher.waits_for_answers()

    assert await statuses(dispatcher.platform, [unknown, message]) == [Status.UNKNOWN, end]
    await sound(dispatcher.platform)


async def test_a_receipt_that_was_there_before_a_message_does_not_settle_it(dispatcher):
    await dispatcher.receives("of an earlier one", Status.DELIVERED)
    dispatcher.now += timedelta(minutes=1)
    message, _ = await dispatcher.loses(kind=Kind.MARKETING)
    await dispatcher.waits_for_answers()
    assert await statuses(dispatcher.platform, [message]) == [Status.UNKNOWN]

    await dispatcher.receives("its own", Status.DELIVERED)
    await dispatcher.waits_for_answers()
    assert await statuses(dispatcher.platform, [message]) == [Status.DELIVERED]
    await sound(dispatcher.platform)


async def test_a_receipt_without_a_reference_finds_no_message_that_was_given_none(dispatcher):
    message = await dispatcher.accepts(number="+237690000001")
    (claim,) = await dispatcher.claims()
    await dispatcher.reports(claim, Accepted(("",)))
    await dispatcher.receives("", Status.FAILED, refused=True, number="+237690000002")
    await dispatcher.waits_for_answers()

    assert await statuses(dispatcher.platform, [message]) == [Status.SENT]
    assert len(await query(dispatcher.platform, "SELECT 1 FROM parked_receipt")) == 1


async def test_two_unknown_messages_to_one_number_are_not_guessed(dispatcher):
    first = await dispatcher.accepts(number="+237690000001")
    second = await dispatcher.accepts(number="+237690000001")
    for claim in await dispatcher.claims():
        await dispatcher.reports(claim, Unanswered("no answer"))
    await dispatcher.receives("foreign", Status.DELIVERED)
    await dispatcher.waits_for_answers()

    assert await statuses(dispatcher.platform, [first, second]) == [Status.UNKNOWN] * 2
    assert len(await query(dispatcher.platform, "SELECT 1 FROM parked_receipt")) == 1


async def test_a_receipt_that_may_be_of_a_long_unknown_message_is_not_given_to_a_short_one(dispatcher):
    short = await dispatcher.accepts(number="+237690000001")
    long = await dispatcher.accepts(number="+237690000001", segments=2)
    for claim in await dispatcher.claims():
        await dispatcher.reports(claim, Unanswered("no answer"))
    await dispatcher.receives("its first part", Status.DELIVERED)
    await dispatcher.waits_for_answers()

    assert await statuses(dispatcher.platform, [short, long]) == [Status.UNKNOWN] * 2


async def test_a_parked_receipt_is_looked_at_while_it_is_young_and_then_with_all_others(dispatcher):
    first = await dispatcher.accepts(number="+237690000001")
    await dispatcher.accepts(number="+237690000001")
    for claim in await dispatcher.claims():
        await dispatcher.reports(claim, Unanswered("no answer"))
    await dispatcher.receives("foreign", Status.DELIVERED)
    await execute(dispatcher.platform, f"DELETE FROM unknown_outcome WHERE message_id = {first}")
    await execute(dispatcher.platform, "UPDATE message SET created_at = created_at - interval '1 hour'")
    await execute(dispatcher.platform, "UPDATE parked_receipt SET received_at = received_at - interval '1 hour'")
    now = runtime.now()

    async with dispatcher.platform.database.transaction() as tx:
        young = await parked.look(
            tx, [parked.Look(dispatcher.connector, now, (now - timedelta(minutes=1), 0))], newest=True, limit=10
        )
        everything = await parked.look(tx, [parked.Look(dispatcher.connector, now)], newest=False, limit=10)

    assert young.ready == []
    assert len(everything.ready) == 1


async def test_claims_of_a_dispatcher_whose_session_ended_become_unknown(dispatcher):
    message = await dispatcher.accepts(number="+237690000001")
    async with dispatcher.platform.database.session() as tx:
        ghost = await dispatchers.register(tx, host="test", pid=1, now=runtime.now())
        await queue.claim(tx, dispatcher.connector, instance_id=ghost, limit=10)
    for _ in range(10):
        await dispatcher.sweep._declare_dead()
        await asyncio.sleep(0.05)

    assert await statuses(dispatcher.platform, [message]) == [Status.UNKNOWN]
    await sound(dispatcher.platform)


async def test_a_dispatcher_that_was_declared_dead_claims_nothing_and_notices(dispatcher):
    await dispatcher.accepts()
    async with dispatcher.platform.database.transaction() as tx:
        await tx.execute("DELETE FROM instance")

    assert await dispatcher.claims() == []
    async with dispatcher.platform.database.autocommit() as tx:
        assert not await dispatchers.beat(tx, dispatcher.way.instance_id)


async def test_a_dispatcher_that_leaves_with_claims_stays_registered_for_the_others_to_declare_dead(dispatcher):
    await dispatcher.accepts()
    await dispatcher.claims()
    async with dispatcher.platform.database.autocommit() as tx:
        await dispatchers.leave(tx, dispatcher.way.instance_id)

    assert await query(dispatcher.platform, "SELECT id FROM instance") == [(dispatcher.way.instance_id,)]


@pytest.fixture
async def hasty(open_platform):
    async with open_platform(poll_interval=0.05, unknown_grace=1.0) as platform:
        yield platform


async def test_a_response_that_never_comes_ends_in_a_second_sending_and_duplicates_only_there(hasty):
    async with an_operator(lose_response_every=5, receipts="none") as operator, an_engine(hasty):
        company = await testing.a_company(hasty, credits=100)
        connector = await testing.a_connector(hasty, port=operator.port, response_timeout=1)
        ids = await accepted(hasty, *[a_message(company, connector) for _ in range(9)])
        await operator.wait_for(lambda o: o.responses_lost == 1)
        operator.script.lose_response_every = 0
        await until_status(hasty, ids, Status.SENT)

        assert operator.submits == 10
        assert operator.handsets.duplicates == 1
    await sound(hasty)


async def test_a_receipt_settles_a_lost_response_before_it_is_sent_again(open_platform):
    async with open_platform(poll_interval=0.05) as platform:
        async with an_operator(lose_response_every=1) as operator, an_engine(platform):
            company = await testing.a_company(platform, credits=100)
            connector = await testing.a_connector(platform, port=operator.port, response_timeout=1)
            (message,) = await accepted(platform, a_message(company, connector))
            await until_status(platform, message, Status.DELIVERED)

            assert operator.submits == 1
        await sound(platform)


async def test_a_late_response_of_the_operator_settles_the_message(open_platform):
    async with (
        open_platform(poll_interval=0.05) as platform,
        an_operator(latency=4, receipts="none") as operator,
        an_engine(platform),
    ):
        company = await testing.a_company(platform, credits=100)
        connector = await testing.a_connector(platform, port=operator.port, response_timeout=1)
        ids = await accepted(platform, a_message(company, connector, text="x" * 300, segments=2))
        await until_status(platform, ids, Status.UNKNOWN)
        await until_status(platform, ids, Status.SENT)

        assert operator.submits == 2
        await sound(platform)


async def test_a_late_refusal_of_the_operator_returns_the_credits(open_platform):
    async with (
        open_platform(poll_interval=0.05) as platform,
        an_operator(latency=1.3, refuse=[(".*", spec.ESME_RINVDSTADR)]) as operator,
        an_engine(platform),
    ):
        company = await testing.a_company(platform, credits=100)
        connector = await testing.a_connector(platform, port=operator.port, response_timeout=1)
        ids = await accepted(platform, a_message(company, connector, kind=Kind.MARKETING))
        await until_status(platform, ids, Status.FAILED)

        assert await testing.balance(platform, company) == 100
        await sound(platform)


async def test_a_link_cut_in_mid_flight_leaves_nothing_behind(hasty):
    async with an_operator(disconnect_every=25) as operator, an_engine(hasty):
        company = await testing.a_company(hasty, credits=200)
        connector = await testing.a_connector(hasty, port=operator.port, window=10)
        ids = await accepted(hasty, *[a_message(company, connector) for _ in range(60)])
        await operator.wait_for(lambda o: o.disconnects >= 2)
        operator.script.disconnect_every = 0
        await until_status(hasty, ids, Status.DELIVERED)

        assert set(operator.by_number.values()) <= {1, 2}
    assert await query(hasty, "SELECT 1 FROM queue") == []
    await sound(hasty)


def test_the_graces_are_those_of_the_design():
    assert Graces() == SOON
