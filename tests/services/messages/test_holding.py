"""Waiting messages end with their validity, whatever keeps them waiting, and those of a suspended company leave when it resumes."""

from datetime import timedelta

import pytest

from smsflow import runtime, testing
from smsflow.dispatch.sweep import Sweep
from smsflow.domain.message import Status
from smsflow.services.accounts import companies
from smsflow.services.messages import holding
from smsflow.services.messages.outcomes import Graces
from smsflow.store.messages import queue, unknowns
from smsflow.store.messages.holding import HELD
from smsflow.store.routing import dispatchers
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
    until,
    until_status,
)

_NOW = runtime.now()
_LATER = _NOW + timedelta(hours=2)


async def expire(platform, *, limit=1000, now=_LATER, after=0):
    async with platform.database.transaction() as tx:
        return await holding.expire(tx, after=after, limit=limit, now=now)


async def suspend(platform, company, *, suspended=True):
    async with platform.database.transaction() as tx:
        await companies.suspend(tx, company.id, suspended=suspended)
    platform.directory.forget()


async def until_held(platform, ids):
    """Wait until messages are held."""

    async def held():
        return len(await query(platform, f"SELECT 1 FROM queue WHERE due_at = {HELD}")) == len(ids)

    await until(held)


async def test_a_waiting_message_ends_with_its_validity_and_its_credits_go_back(platform):
    company = await testing.a_company(platform, credits=10)
    planned = a_message(company, 1, due_at=_LATER + timedelta(hours=1), valid_until=_LATER + timedelta(hours=49))
    ids = await accepted(platform, a_message(company, 1, segments=2), planned)
    await expire(platform)

    assert await statuses(platform, ids) == [Status.EXPIRED, Status.PLANNED]
    assert (await row(platform, ids[0])).error == "validity ended"
    assert await testing.balance(platform, company) == 9
    await sound(platform)


async def test_pages_go_through_the_whole_queue_and_begin_again(platform):
    company = await testing.a_company(platform, credits=10)
    ids = await accepted(platform, *[a_message(company, 1) for _ in range(5)])
    places = [0]
    for _ in range(3):
        places.append(await expire(platform, limit=2, after=places[-1]))

    assert places == [0, ids[1], ids[3], 0]
    assert await statuses(platform, ids) == [Status.EXPIRED] * 5


async def test_a_claimed_message_is_its_lanes_to_end(platform):
    company = await testing.a_company(platform, credits=10)
    ids = await accepted(platform, a_message(company, 1))
    async with platform.database.transaction() as tx:
        instance = await dispatchers.register(tx, host="test", pid=1, now=_NOW)
    async with platform.database.autocommit() as tx:
        await queue.claim(tx, 1, instance_id=instance, limit=1)
    await expire(platform)

    assert await statuses(platform, ids) == [Status.RECEIVED]


async def test_a_message_whose_earlier_attempt_may_have_arrived_keeps_its_charge(platform):
    company, connector = await testing.a_company(platform, credits=10), await testing.a_connector(platform)
    ids = await accepted(platform, a_message(company, connector))
    async with platform.database.transaction() as tx:
        await unknowns.mark(tx, [unknowns.Unsure(ids[0], _NOW, _LATER)], now=_NOW)
        await unknowns.requeue(tx, [(ids[0], connector)], now=_NOW)
    await expire(platform)

    assert await statuses(platform, ids) == [Status.EXPIRED]
    assert await testing.balance(platform, company) == 9


async def test_the_sweep_ends_what_outlives_its_validity_while_its_connector_is_up(platform):
    company = await testing.a_company(platform, credits=10)
    ids = await accepted(platform, a_message(company, 1, valid_until=_NOW))
    await Sweep(platform, 1, Graces(), runtime.now)._expire_waiting()

    assert await statuses(platform, ids) == [Status.EXPIRED]


@pytest.fixture
async def quick(open_platform):
    async with open_platform(poll_interval=0.05) as platform:
        yield platform


async def test_a_suspended_company_sends_nothing_until_it_resumes(quick):
    company, other = await testing.a_company(quick, credits=10), await testing.a_company(quick, name="Autre")
    async with an_operator() as operator:
        connector = await testing.a_connector(quick, port=operator.port)
        soon = runtime.now() + timedelta(seconds=0.2)
        ids = await accepted(quick, a_message(company, connector), a_message(company, connector, due_at=soon))
        await suspend(quick, company)
        async with an_engine(quick):
            await until_status(quick, await accepted(quick, a_message(other, connector)), Status.DELIVERED)
            await until_held(quick, ids)
            assert operator.submits == 1
            assert await statuses(quick, ids) == [Status.RECEIVED, Status.PLANNED]

            await suspend(quick, company, suspended=False)
            await until_status(quick, ids, Status.DELIVERED)
    await sound(quick)


async def test_a_message_that_outlived_a_suspension_is_returned(quick):
    company = await testing.a_company(quick, credits=10)
    async with an_operator() as operator, an_engine(quick):
        connector = await testing.a_connector(quick, port=operator.port)
        ids = await accepted(quick, a_message(company, connector, due_at=runtime.now() + timedelta(seconds=0.5)))
        await suspend(quick, company)
        await until_held(quick, ids)
        await execute(quick, "UPDATE message SET valid_until = now()")
        await until_status(quick, ids, Status.EXPIRED)

        assert operator.submits == 0
    assert await testing.balance(quick, company) == 10
    await sound(quick)
