"""A suspended company sends nothing; what it had queued waits, and costs the others nothing."""

from datetime import timedelta

import pytest

from smsflow import runtime, testing
from smsflow.domain.message import Status
from smsflow.store.accounts import companies
from smsflow.store.messages import due, holding, queue
from smsflow.store.routing import dispatchers
from tests.dispatch.stage import a_message, accepted, query, row

_NOW = runtime.now()
_LATER = _NOW + timedelta(minutes=10)


@pytest.fixture
async def instance(platform):
    async with platform.database.transaction() as tx:
        return await dispatchers.register(tx, host="test", pid=1, now=_NOW)


@pytest.fixture
async def awa(platform):
    return await testing.a_company(platform, credits=10_000)


@pytest.fixture
async def bea(platform):
    return await testing.a_company(platform, name="Béa", credits=10_000)


async def suspend(platform, company, *, suspended=True):
    async with platform.database.transaction() as tx:
        await companies.set_suspended(tx, company.id, suspended=suspended)


async def claimed(platform, instance, limit=100):
    async with platform.database.autocommit() as tx:
        return [c.id for c in await queue.claim(tx, 1, instance_id=instance, limit=limit)]


async def released(platform, now, limit=1000):
    async with platform.database.transaction() as tx:
        taken = await due.take(tx, now=now, limit=limit)
        await due.let_go(tx, taken)
        return len(taken)


async def freed(platform, now=_NOW, limit=1000):
    async with platform.database.transaction() as tx:
        return await holding.free(tx, limit=limit, now=now)


async def held(platform):
    rows = await query(platform, f"SELECT message_id FROM queue WHERE due_at = {holding.HELD} ORDER BY 1")
    return [r.message_id for r in rows]


async def test_messages_of_a_suspended_company_are_held_and_those_of_others_claimed(platform, instance, awa, bea):
    ids = await accepted(platform, *[a_message(c, 1) for _ in range(3) for c in (awa, bea)])
    await suspend(platform, awa)

    assert await claimed(platform, instance) == ids[1::2]
    assert await held(platform) == ids[::2]
    assert await query(platform, "SELECT 1 FROM queue WHERE company_id = :id AND attempt > 0", id=awa.id) == []


async def test_a_claim_gets_as_much_as_it_wants_behind_a_suspended_backlog(platform, instance, awa, bea):
    mine = await accepted(platform, *[a_message(awa, 1) for _ in range(1500)])
    theirs = await accepted(platform, *[a_message(bea, 1) for _ in range(3)])
    await suspend(platform, awa)

    assert await claimed(platform, instance, limit=2) == theirs[:2]
    assert await claimed(platform, instance, limit=2) == theirs[2:]
    assert await held(platform) == mine


async def test_held_messages_leave_in_their_order_when_their_company_resumes(platform, instance, awa):
    ids = await accepted(platform, *[a_message(awa, 1) for _ in range(5)])
    await suspend(platform, awa)
    assert await claimed(platform, instance) == []
    assert await freed(platform) == 0
    await suspend(platform, awa, suspended=False)

    assert [await freed(platform, limit=3) for _ in range(3)] == [3, 2, 0]
    await released(platform, _NOW)
    assert await claimed(platform, instance) == ids


async def test_one_resumed_company_is_freed_among_others_that_stay_suspended(platform, instance, awa, bea):
    cleo = await testing.a_company(platform, name="Cléo", credits=10)
    ids = await accepted(platform, *[a_message(c, 1) for c in (awa, bea, cleo)])
    for company in (awa, bea, cleo):
        await suspend(platform, company)
    assert await claimed(platform, instance) == []
    await suspend(platform, bea, suspended=False)

    assert await freed(platform) == 1
    assert await held(platform) == [ids[0], ids[2]]


async def test_a_planned_message_stays_planned_while_its_company_is_suspended(platform, instance, awa):
    (message,) = await accepted(platform, a_message(awa, 1, due_at=_NOW + timedelta(minutes=5)), now=_NOW)
    await suspend(platform, awa)
    assert await released(platform, _LATER) == 1
    assert await released(platform, _LATER) == 0
    assert (await row(platform, message)).status == Status.PLANNED

    await suspend(platform, awa, suspended=False)
    await freed(platform, now=_LATER)
    await released(platform, _LATER)

    assert (await row(platform, message)).status == Status.RECEIVED
    assert await claimed(platform, instance) == [message]
