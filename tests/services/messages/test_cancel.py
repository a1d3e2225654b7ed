"""Messages that have not left are cancelled, and their credits go back in the same transaction."""

import asyncio
from datetime import timedelta

import pytest

from smsflow import runtime, testing
from smsflow.dispatch import recorder
from smsflow.domain.delivery import Accepted, Deferred, Unanswered
from smsflow.domain.message import Status
from smsflow.errors import AlreadyLeft, NotFound
from smsflow.services.messages.cancel import cancel
from smsflow.services.messages.outcomes import Graces, Report, Way
from smsflow.store.messages import queue, unknowns
from smsflow.store.routing import dispatchers
from tests.dispatch.stage import a_message, accepted, query, row, sound, statuses


@pytest.fixture
async def connector(platform):
    return await testing.a_connector(platform)


@pytest.fixture
async def way(platform, connector):
    async with platform.database.transaction() as tx:
        instance = await dispatchers.register(tx, host="test", pid=1, now=runtime.now())
    return Way(connector, connector, instance, Graces())


async def cancelled(platform, *ids, company_id=None):
    """Cancel; return for each message None or the class of its refusal."""
    async with platform.database.transaction() as tx:
        answers = await cancel(tx, ids, company_id=company_id, now=runtime.now())
    return [None if a is None else type(a) for a in answers]


async def claim(platform, way):
    async with platform.database.autocommit() as tx:
        return await queue.claim(tx, way.connector_id, instance_id=way.instance_id, limit=10)


async def report(platform, way, claimed, outcome):
    reports = [Report(c.id, c.attempt, outcome) for c in claimed]
    await recorder.record(platform.database, way, reports, now=runtime.now())


async def test_waiting_and_planned_messages_are_cancelled_with_their_credits(platform, connector):
    company = await testing.a_company(platform, credits=10)
    planned = a_message(company, connector, segments=3, due_at=runtime.now() + timedelta(hours=1))
    ids = await accepted(platform, a_message(company, connector, segments=2), planned)

    assert await cancelled(platform, *ids) == [None, None]
    assert await statuses(platform, ids) == [Status.CANCELLED, Status.CANCELLED]
    assert await testing.balance(platform, company) == 10
    assert await query(platform, "SELECT 1 FROM queue") == []
    assert (await row(platform, ids[0])).done_at is not None
    await sound(platform)


async def test_a_message_is_cancelled_and_refunded_once(platform, connector):
    company = await testing.a_company(platform, credits=10)
    (message,) = await accepted(platform, a_message(company, connector))

    assert await cancelled(platform, message, message) == [None, None]
    assert await cancelled(platform, message) == [AlreadyLeft]
    assert await testing.balance(platform, company) == 10
    await sound(platform)


async def test_a_claimed_or_sent_message_is_not_cancelled(platform, connector, way):
    company = await testing.a_company(platform, credits=10)
    ids = await accepted(platform, a_message(company, connector))
    claimed = await claim(platform, way)
    assert await cancelled(platform, *ids) == [AlreadyLeft]

    await report(platform, way, claimed, Accepted(("r1",)))

    assert await cancelled(platform, *ids) == [AlreadyLeft]
    assert await statuses(platform, ids) == [Status.SENT]
    assert await testing.balance(platform, company) == 9


async def test_a_message_that_the_operator_declined_for_now_is_cancelled(platform, connector, way):
    company = await testing.a_company(platform, credits=10)
    ids = await accepted(platform, a_message(company, connector))
    await report(platform, way, await claim(platform, way), Deferred("later", 5))

    assert await cancelled(platform, *ids) == [None]
    assert await testing.balance(platform, company) == 10


async def test_a_message_that_may_have_left_once_is_not_cancelled_while_it_waits_again(platform, connector, way):
    company = await testing.a_company(platform, credits=10)
    ids = await accepted(platform, a_message(company, connector))
    await report(platform, way, await claim(platform, way), Unanswered("no answer"))
    assert await cancelled(platform, *ids) == [AlreadyLeft]
    async with platform.database.transaction() as tx:
        await unknowns.requeue(tx, [(ids[0], connector)], now=runtime.now())

    assert await cancelled(platform, *ids) == [AlreadyLeft]
    assert await testing.balance(platform, company) == 9


async def test_messages_of_another_company_and_of_nobody_are_not_found(platform, connector):
    company, other = await testing.a_company(platform), await testing.a_company(platform, name="Autre")
    (message,) = await accepted(platform, a_message(company, connector))

    assert await cancelled(platform, message, 999_999, company_id=other.id) == [NotFound, NotFound]
    assert await statuses(platform, [message]) == [Status.RECEIVED]


async def test_a_refusal_names_the_message_as_customers_know_it(platform):
    async with platform.database.transaction() as tx:
        (refusal,) = await cancel(tx, [7], now=runtime.now())

    assert str(refusal) == "There is no sms SMS0000007."


async def test_a_message_cancelled_and_claimed_at_once_is_one_of_both(platform, connector, way):
    company = await testing.a_company(platform, credits=200)
    ids = await accepted(platform, *[a_message(company, connector) for _ in range(100)])

    async def claim_all():
        claimed = []
        while found := await claim(platform, way):
            claimed += found
        return {c.id for c in claimed}

    async def cancel_all():
        left = set()
        for message_id in reversed(ids):
            if await cancelled(platform, message_id) == [None]:
                left.add(message_id)
        return left

    claimed, gone = await asyncio.gather(claim_all(), cancel_all())

    assert claimed | gone == set(ids)
    assert not claimed & gone
    assert await testing.balance(platform, company) == 100 + len(gone)
    await sound(platform)
