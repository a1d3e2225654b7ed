"""Partitions are made ahead of time and dropped when all they hold is old; the ledger can be proved all the same."""

from datetime import timedelta

import pytest

from smsflow import runtime, testing
from smsflow.domain.delivery import Accepted
from smsflow.services.messages import outcomes
from smsflow.services.messages.outcomes import Report, Way
from smsflow.store.messages import queue
from smsflow.store.postgres import partitions
from smsflow.store.routing import dispatchers
from tests.dispatch.stage import a_message, accepted, execute, query, sound

_YEAR, _WEEK = timedelta(days=400), timedelta(days=7)
_DAYS = timedelta(days=1)


@pytest.fixture
def narrow():
    """Go on as if the first partition were full."""

    async def fill(platform):
        await execute(platform, "SELECT setval('message_id_seq', :last)", last=partitions.WIDTH + 5)

    return fill


async def retire(platform, now):
    async with platform.database.transaction() as tx:
        return await partitions.retire(tx, messages_before=now - _YEAR, parts_before=now - _WEEK)


async def deliver_all(platform):
    async with platform.database.transaction() as tx:
        instance = await dispatchers.register(tx, host="test", pid=1, now=runtime.now())
    async with platform.database.autocommit() as tx:
        claims = await queue.claim(tx, 1, instance_id=instance, limit=100)
    reports = [Report(c.id, c.attempt, Accepted((f"r{c.id}",))) for c in claims]
    await outcomes.record(platform.database, Way(1, 1, instance), reports, now=runtime.now())


async def test_the_partitions_of_the_next_ids_are_there_before_they_are_needed(platform, narrow):
    await narrow(platform)
    async with platform.database.transaction() as tx:
        made = await partitions.ensure(tx)
        again = await partitions.ensure(tx)

    assert made == ["message_000003", "part_000003"]
    assert again == []


async def test_the_partition_in_use_is_never_dropped(platform):
    await accepted(platform, a_message(await testing.a_company(platform), 1))

    assert await retire(platform, runtime.now() + 2 * _YEAR) == []


async def test_references_go_first_and_messages_later_and_the_ledger_is_proved(platform, narrow):
    company = await testing.a_company(platform, credits=10)
    now = runtime.now()
    await accepted(platform, a_message(company, 1), a_message(company, 1, segments=2))
    await deliver_all(platform)
    await narrow(platform)

    assert await retire(platform, now + timedelta(days=6)) == []
    assert await retire(platform, now + timedelta(days=8)) == ["part_000000"]
    assert await retire(platform, now + timedelta(days=401)) == ["message_000000"]
    assert await query(platform, "SELECT amount FROM retired_charge") == [(3,)]
    await sound(platform)

    await accepted(platform, a_message(company, 1))
    await sound(platform)


async def test_a_message_that_has_still_to_leave_keeps_its_partitions(platform, narrow):
    company = await testing.a_company(platform, credits=10)
    now = runtime.now()
    await accepted(platform, a_message(company, 1, due_at=now + 300 * _DAYS))
    await narrow(platform)

    assert await retire(platform, now + 290 * _DAYS) == []


async def test_a_planned_message_keeps_its_reference_as_long_as_any_other(platform, narrow):
    company = await testing.a_company(platform, credits=10)
    now = runtime.now()
    await accepted(platform, a_message(company, 1, due_at=now + 20 * _DAYS))
    async with platform.database.transaction() as tx:
        await queue.release_due(tx, now=now + 20 * _DAYS, limit=10)
    await deliver_all(platform)
    await narrow(platform)

    assert await retire(platform, now + 26 * _DAYS) == []
    assert await retire(platform, now + 28 * _DAYS) == ["part_000000"]
