"""The queue: who leaves first, fairly, and what planned and deferred messages do."""

import asyncio
from datetime import timedelta

import pytest
from psycopg import errors
from psycopg.errors import OperationalError

from smsflow import runtime, testing
from smsflow.domain.message import Kind, Status
from smsflow.store.messages import due, queue
from smsflow.store.postgres.outages import first_line, is_outage, may_pass, named
from smsflow.store.postgres.pool import PoolTimeout
from smsflow.store.routing import dispatchers
from tests.dispatch.stage import (
    a_message,
    accepted,
    an_engine,
    an_operator,
    query,
    sound,
    statuses,
    until,
    until_status,
)


async def an_instance(platform):
    async with platform.database.transaction() as tx:
        return await dispatchers.register(tx, host="test", pid=1, now=runtime.now())


async def claim(platform, connector, instance, limit):
    async with platform.database.autocommit() as tx:
        return await queue.claim(tx, connector, instance_id=instance, limit=limit)


async def release_due(platform, now, limit=10_000):
    async with platform.database.transaction() as tx:
        taken = await due.take(tx, now=now, limit=limit)
        await due.let_go(tx, taken)
        return len(taken)


@pytest.fixture
async def companies(platform):
    return [await testing.a_company(platform, name=name, credits=100_000) for name in ("A", "B")]


async def test_five_thousand_of_one_company_do_not_delay_anothers_first(platform, companies):
    a, b = companies
    instance = await an_instance(platform)
    for _ in range(10):
        await accepted(platform, *[a_message(a, 1) for _ in range(500)])
    first = await claim(platform, 1, instance, 10)
    (late,) = await accepted(platform, a_message(b, 1))
    following = await claim(platform, 1, instance, 10)

    assert {c.company_id for c in first} == {a.id}
    assert late in [c.id for c in following]


async def test_two_backlogged_companies_alternate(platform, companies):
    a, b = companies
    instance = await an_instance(platform)
    await accepted(platform, *[a_message(a, 1) for _ in range(300)])
    await accepted(platform, *[a_message(b, 1) for _ in range(300)])
    order = [c.company_id for _ in range(10) for c in await claim(platform, 1, instance, 10)]

    assert order.count(a.id) == order.count(b.id) == 50
    assert all(abs(order[:n].count(a.id) - order[:n].count(b.id)) <= 1 for n in range(0, 100, 2))


async def test_a_share_is_counted_in_segments(platform, companies):
    a, b = companies
    instance = await an_instance(platform)
    await accepted(platform, *[a_message(a, 1, segments=4) for _ in range(100)])
    await accepted(platform, *[a_message(b, 1) for _ in range(100)])
    order = [c.company_id for c in await claim(platform, 1, instance, 50)]

    assert order.count(b.id) == pytest.approx(4 * order.count(a.id), abs=4)


async def test_a_company_that_was_silent_has_no_claim_on_the_past(platform, companies):
    a, b = companies
    instance = await an_instance(platform)
    await accepted(platform, *[a_message(a, 1) for _ in range(200)])
    await claim(platform, 1, instance, 100)
    await accepted(platform, *[a_message(b, 1) for _ in range(200)])
    order = [c.company_id for c in await claim(platform, 1, instance, 40)]

    assert order.count(a.id) >= 19


async def test_codes_leave_first_and_marketing_last(platform, companies):
    a, b = companies
    instance = await an_instance(platform)
    for kind in (Kind.MARKETING, Kind.TRANSACTIONAL, Kind.OTP):
        await accepted(platform, *[a_message(c, 1, kind=kind) for c in (a, b) for _ in range(3)])

    assert [c.kind for c in await claim(platform, 1, instance, 18)] == (
        [Kind.OTP] * 6 + [Kind.TRANSACTIONAL] * 6 + [Kind.MARKETING] * 6
    )


async def test_the_messages_of_one_company_leave_in_their_order(platform, companies):
    instance = await an_instance(platform)
    ids = []
    for size in (1, 7, 30):
        ids += await accepted(platform, *[a_message(companies[0], 1, segments=1 + n % 3) for n in range(size)])

    assert [c.id for c in await claim(platform, 1, instance, 100)] == ids


async def test_two_dispatchers_never_claim_the_same(platform, companies):
    one, other = await an_instance(platform), await an_instance(platform)
    ids = await accepted(platform, *[a_message(companies[0], 1) for _ in range(200)])
    claims = await asyncio.gather(*(claim(platform, 1, i, 25) for i in (one, other) * 4))

    assert sorted(c.id for batch in claims for c in batch) == ids


async def test_a_message_that_is_given_back_leaves_in_its_old_place(platform, companies):
    instance = await an_instance(platform)
    ids = await accepted(platform, *[a_message(companies[0], 1) for _ in range(5)])
    (first, second) = await claim(platform, 1, instance, 2)
    async with platform.database.autocommit() as tx:
        back = [(queue.Held(c.id, c.attempt), None) for c in (second, first)]
        await queue.release(tx, back, instance_id=instance)

    again = await claim(platform, 1, instance, 5)
    assert [c.id for c in again] == ids
    assert again[0].attempt == 2


async def test_a_deferred_message_does_not_go_behind_what_its_company_queued_since(platform, companies):
    instance = await an_instance(platform)
    (deferred,) = await accepted(platform, a_message(companies[0], 1))
    (held,) = await claim(platform, 1, instance, 1)
    moment = runtime.now()
    async with platform.database.autocommit() as tx:
        await queue.release(tx, [(queue.Held(held.id, held.attempt), moment)], instance_id=instance)
    await accepted(platform, *[a_message(companies[0], 1) for _ in range(100)])
    assert await release_due(platform, moment) == 1

    assert (await claim(platform, 1, instance, 1))[0].id == deferred


async def test_a_planned_message_waits_for_its_date_and_is_then_received(platform, companies):
    instance = await an_instance(platform)
    due = runtime.now() + timedelta(hours=1)
    planned, now_one = await accepted(platform, a_message(companies[0], 1, due_at=due), a_message(companies[0], 1))
    assert await release_due(platform, due - timedelta(seconds=1)) == 0
    assert [c.id for c in await claim(platform, 1, instance, 10)] == [now_one]
    assert await release_due(platform, due) == 1
    assert await statuses(platform, [planned]) == [Status.RECEIVED]

    assert [c.id for c in await claim(platform, 1, instance, 10)] == [planned]
    await sound(platform)


async def test_planned_messages_leave_in_the_order_of_their_dates(platform, companies):
    instance, base = await an_instance(platform), runtime.now()
    ids = await accepted(
        platform, *[a_message(companies[0], 1, due_at=base + timedelta(seconds=9 - n)) for n in range(9)]
    )
    await release_due(platform, base + timedelta(minutes=1))

    assert [c.id for c in await claim(platform, 1, instance, 10)] == ids[::-1]


async def test_five_thousand_planned_at_once_do_not_delay_another_company(platform, companies):
    a, b = companies
    instance, due = await an_instance(platform), runtime.now() + timedelta(hours=1)
    for _ in range(10):
        await accepted(platform, *[a_message(a, 1, due_at=due) for _ in range(500)])
    while await release_due(platform, due, limit=1000):
        await claim(platform, 1, instance, 5)
    (late,) = await accepted(platform, a_message(b, 1))

    assert late in [c.id for c in await claim(platform, 1, instance, 10)]
    assert await query(platform, "SELECT 1 FROM message WHERE status = 5") == []


async def test_two_sweeps_release_each_planned_message_once(platform, companies):
    due = runtime.now()
    await accepted(platform, *[a_message(companies[0], 1, due_at=due) for _ in range(400)])
    released = await asyncio.gather(*(release_due(platform, due, limit=100) for _ in range(8)))

    assert sum(released) + await release_due(platform, due) == 400


async def test_a_planned_message_is_delivered_at_its_date_even_after_a_restart(open_platform):
    async with open_platform(poll_interval=0.05) as platform, an_operator() as operator:
        company = await testing.a_company(platform, credits=10)
        connector = await testing.a_connector(platform, port=operator.port)
        due = runtime.now() + timedelta(seconds=1.5)
        (message,) = await accepted(platform, a_message(company, connector, due_at=due))
        async with an_engine(platform):
            await until(lambda: operator.binds == 1)
        assert await statuses(platform, [message]) == [Status.PLANNED]
        async with an_engine(platform):
            await until_status(platform, message, Status.DELIVERED)

        assert operator.inbox[0].submitted_at >= due


async def test_the_depth_of_a_queue_has_a_count_and_the_oldest_time(platform, companies):
    moment = runtime.now()
    await accepted(platform, a_message(companies[0], 7), a_message(companies[0], 7, due_at=moment), now=moment)
    async with platform.database.autocommit() as tx:
        (depth,) = await queue.depths(tx)

    assert (depth.connector_id, depth.waiting, depth.planned, depth.oldest) == (7, 1, 1, moment)


def test_an_error_without_words_is_reported_by_its_name():
    assert first_line(TimeoutError()) == "TimeoutError"
    assert first_line(ValueError("one\ntwo")) == "one"


@pytest.mark.parametrize(
    "error",
    [
        TimeoutError(), ConnectionResetError(), OperationalError(), PoolTimeout(), errors.ConnectionException(),
        errors.AdminShutdown(), errors.CannotConnectNow(), errors.DiskFull(), errors.TooManyConnections(),
        errors.ReadOnlySqlTransaction(), errors.IdleInTransactionSessionTimeout(),
    ],
)  # fmt: skip
def test_an_outage_is_one_of_a_list(error):
    assert is_outage(error)
    assert may_pass(error)


@pytest.mark.parametrize(
    ("error", "passing"),
    [
        (ValueError(), False), (errors.ProgramLimitExceeded(), False), (errors.CheckViolation(), False),
        (errors.InternalError_(), False), (errors.StatementTooComplex(), False), (errors.QueryCanceled(), True),
        (errors.DeadlockDetected(), True), (errors.SerializationFailure(), True), (errors.LockNotAvailable(), True),
    ],
)  # fmt: skip
def test_everything_else_says_something_of_a_row_and_may_pass_when_something_was_in_the_way(error, passing):
    assert not is_outage(error)
    assert may_pass(error) is passing


def test_the_name_of_an_error_does_not_repeat_its_row():
    assert named(errors.CheckViolation("a text of a customer")) == "CheckViolation 23514"
    assert named(ValueError("a text")) == "ValueError"


async def test_messages_of_another_partition_than_expected_are_claimed_with_their_content_and_leave_first(
    platform, companies
):
    a, _ = companies
    instance = await an_instance(platform)
    (old,) = await accepted(platform, a_message(a, 1, text="old"))
    async with platform.database.transaction() as tx:
        await tx.execute("SELECT setval('message_id_seq', 150000000)")
    (new,) = await accepted(platform, a_message(a, 1, text="new"))
    async with platform.database.autocommit() as tx:
        claims = await queue.claim(tx, 1, instance_id=instance, limit=10, near=new - 1)

    assert [(c.id, c.text) for c in claims] == [(old, "old"), (new, "new")]
