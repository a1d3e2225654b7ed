"""A sent message whose validity passes without a receipt ends; what it costs stays, and a later receipt still settles it."""

from datetime import timedelta

import pytest

from smsflow import testing
from smsflow.dispatch import sweep
from smsflow.domain.delivery import Accepted
from smsflow.domain.message import PRESUMED, Status
from smsflow.services.messages import overdue
from smsflow.store.messages import unsettled
from tests.dispatch.dispatcher import a_dispatcher
from tests.dispatch.stage import execute, query, row, sound, statuses

HOUR = timedelta(hours=1)


@pytest.fixture
async def dispatcher(platform):
    return await a_dispatcher(platform)


async def expire(dispatcher, limit=1000):
    """Remember every message, and look at every block that is due; return what each look ended."""
    ended = []
    async with dispatcher.platform.database.transaction() as tx:
        while await overdue.remember_sent(tx, below=await unsettled.last_id(tx) + 1):
            pass
    while True:
        async with dispatcher.platform.database.transaction() as tx:
            count = await overdue.expire_sent(tx, limit=limit, now=dispatcher.now)
        if count is None:
            return ended
        ended.append(count)


async def blocks(dispatcher):
    return [tuple(r) for r in await query(dispatcher.platform, "SELECT start, next_at FROM unsettled_block")]


async def test_a_sent_message_expires_when_its_validity_has_passed_and_not_before(dispatcher):
    message = await dispatcher.sends("r1", valid_until=dispatcher.now + HOUR)
    assert await expire(dispatcher) == []

    dispatcher.now += HOUR
    assert await expire(dispatcher) == [1]
    assert await statuses(dispatcher.platform, [message]) == [Status.EXPIRED]
    assert (await row(dispatcher.platform, message)).error == PRESUMED
    assert await testing.balance(dispatcher.platform, dispatcher.company) == 99
    assert await blocks(dispatcher) == []
    await sound(dispatcher.platform)


@pytest.mark.parametrize(
    ("status", "refused", "balance"),
    [(Status.DELIVERED, False, 99), (Status.FAILED, False, 99), (Status.FAILED, True, 100)],
)
async def test_a_receipt_that_comes_later_still_settles_it(dispatcher, status, refused, balance):
    message = await dispatcher.sends("r1", valid_until=dispatcher.now + HOUR)
    dispatcher.now += HOUR
    await expire(dispatcher)
    await dispatcher.receives("r1", status, refused=refused)

    assert await statuses(dispatcher.platform, [message]) == [status]
    assert await testing.balance(dispatcher.platform, dispatcher.company) == balance
    await sound(dispatcher.platform)


async def test_a_message_expired_by_its_operator_is_not_settled_again(dispatcher):
    message = await dispatcher.sends("r1")
    await dispatcher.receives("r1", Status.EXPIRED)
    await dispatcher.receives("r1", Status.DELIVERED)

    assert await statuses(dispatcher.platform, [message]) == [Status.EXPIRED]


async def test_a_long_message_that_is_delivered_in_part_expires_and_is_settled_by_its_last_part(dispatcher):
    message = await dispatcher.sends("r1", "r2", valid_until=dispatcher.now + HOUR)
    await dispatcher.receives("r1", Status.DELIVERED)
    dispatcher.now += HOUR
    await expire(dispatcher)
    assert await statuses(dispatcher.platform, [message]) == [Status.EXPIRED]

    await dispatcher.receives("r2", Status.DELIVERED)
    assert await statuses(dispatcher.platform, [message]) == [Status.DELIVERED]


async def test_many_end_in_bounded_batches(dispatcher):
    for n in range(5):
        await dispatcher.sends(f"r{n}", valid_until=dispatcher.now + HOUR)
    dispatcher.now += HOUR

    assert await expire(dispatcher, limit=2) == [2, 2, 1]
    assert await blocks(dispatcher) == []


async def test_a_block_is_looked_at_again_when_the_next_of_its_messages_is_due(dispatcher):
    first = await dispatcher.sends("r1", valid_until=dispatcher.now + HOUR)
    second = await dispatcher.sends("r2", valid_until=dispatcher.now + 3 * HOUR)
    due = dispatcher.now + 3 * HOUR
    dispatcher.now += HOUR
    await expire(dispatcher)
    assert await statuses(dispatcher.platform, [first, second]) == [Status.EXPIRED, Status.SENT]
    assert await blocks(dispatcher) == [(0, due)]

    dispatcher.now = due
    assert await expire(dispatcher) == [1]
    assert await blocks(dispatcher) == []


async def test_a_block_whose_messages_have_ended_is_remembered_no_more(dispatcher):
    for n in range(3):
        await dispatcher.sends(f"r{n}", valid_until=dispatcher.now + HOUR)
        await dispatcher.receives(f"r{n}", Status.DELIVERED)

    assert await expire(dispatcher) == []
    assert await blocks(dispatcher) == []


async def test_messages_behind_a_gap_of_ids_are_found(dispatcher):
    first = await dispatcher.sends("r1", valid_until=dispatcher.now + HOUR)
    await execute(dispatcher.platform, "SELECT setval('message_id_seq', 50000000)")
    second = await dispatcher.sends("r2", valid_until=dispatcher.now + HOUR)
    dispatcher.now += HOUR

    assert await expire(dispatcher) == [1, 1]
    assert await statuses(dispatcher.platform, [first, second]) == [Status.EXPIRED] * 2


async def test_an_unknown_message_that_is_sent_late_expires_too(dispatcher):
    message, claim = await dispatcher.loses(valid_until=dispatcher.now + HOUR)
    await expire(dispatcher)
    await dispatcher.reports(claim, Accepted(("r1",)))
    dispatcher.now += HOUR

    assert await expire(dispatcher) == [1]
    assert await statuses(dispatcher.platform, [message]) == [Status.EXPIRED]


async def test_the_sweep_looks_only_at_ids_that_were_given_long_enough_ago_to_be_committed(dispatcher, monkeypatch):
    message = await dispatcher.sends("r1", valid_until=dispatcher.now + HOUR)
    dispatcher.now += HOUR
    await dispatcher.sweep._expire_sent()
    assert await statuses(dispatcher.platform, [message]) == [Status.SENT]

    monkeypatch.setattr(sweep, "_COMMITTED_WITHIN", 0.0)
    await dispatcher.sweep._expire_sent()
    assert await statuses(dispatcher.platform, [message]) == [Status.EXPIRED]
