"""Partitions whose messages are all old are dropped, nobody waits for it, and the ledger can be proved all the same."""

import asyncio
from datetime import timedelta

import pytest

from smsflow import runtime, testing
from smsflow.dispatch import recorder
from smsflow.domain.delivery import Accepted
from smsflow.jobs.retirement import retire
from smsflow.services.messages.outcomes import Report, Way
from smsflow.store.messages import due, queue
from smsflow.store.postgres import partitions
from smsflow.store.routing import dispatchers
from tests.dispatch.stage import a_message, accepted, execute, query, sound

_YEAR, _WEEK = timedelta(days=400), timedelta(days=7)
_DAYS = timedelta(days=1)
_PARTS, _MESSAGES = "part_000000000000000", "message_000000000000000"


@pytest.fixture
def narrow():
    """Go on as if the first partition were full."""

    async def fill(platform):
        await execute(platform, "SELECT setval('message_id_seq', :last)", last=partitions.WIDTH + 5)

    return fill


@pytest.fixture(autouse=True)
def few_slices(monkeypatch):
    """Read a partition in steps that fit a test."""
    monkeypatch.setattr("smsflow.services.upkeep.retention.SLICE", partitions.WIDTH // 2)


async def retired(platform, now):
    return await retire(platform.database, parts_kept=_WEEK, messages_kept=_YEAR, now=now, tries=2, pause=0)


async def deliver_all(platform):
    async with platform.database.transaction() as tx:
        instance = await dispatchers.register(tx, host="test", pid=1, now=runtime.now())
    async with platform.database.autocommit() as tx:
        claims = await queue.claim(tx, 1, instance_id=instance, limit=100)
    reports = [Report(c.id, c.attempt, Accepted((f"r{c.id}",))) for c in claims]
    await recorder.record(platform.database, Way(1, 1, instance), reports, now=runtime.now())


async def one_is_delivered(platform, narrow):
    """Send a message, fill its partition, and return when that was."""
    await accepted(platform, a_message(await testing.a_company(platform, credits=10), 1))
    await deliver_all(platform)
    await narrow(platform)
    return runtime.now()


async def test_the_partition_in_use_is_never_dropped(platform):
    await accepted(platform, a_message(await testing.a_company(platform), 1))

    assert await retired(platform, runtime.now() + 2 * _YEAR) == []


async def test_references_go_first_and_messages_later_and_the_ledger_is_proved(platform, narrow):
    company, other = await testing.a_company(platform, credits=10), await testing.a_company(platform, credits=10)
    now = runtime.now()
    await accepted(platform, a_message(company, 1), a_message(company, 1, segments=2), a_message(other, 1))
    await deliver_all(platform)
    await narrow(platform)

    assert await retired(platform, now + timedelta(days=6)) == []
    assert await retired(platform, now + timedelta(days=8)) == [_PARTS]
    assert await retired(platform, now + timedelta(days=401)) == [_MESSAGES]
    charges = await query(platform, "SELECT company_id, amount FROM retired_charge ORDER BY 1")
    assert charges == [(company.id, 3), (other.id, 1)]
    await sound(platform)

    await accepted(platform, a_message(company, 1))
    await sound(platform)


async def test_messages_that_still_have_parts_stay(platform, narrow):
    now = await one_is_delivered(platform, narrow)
    async with platform.database.transaction() as reader:
        await reader.execute("SELECT count(*) FROM part")

        assert await retired(platform, now + timedelta(days=401)) == []


async def test_a_message_that_has_still_to_leave_keeps_its_partitions(platform, narrow):
    company = await testing.a_company(platform, credits=10)
    now = runtime.now()
    await accepted(platform, a_message(company, 1, due_at=now + 300 * _DAYS))
    await narrow(platform)

    assert await retired(platform, now + 290 * _DAYS) == []


async def test_a_planned_message_keeps_its_reference_as_long_as_any_other(platform, narrow):
    company = await testing.a_company(platform, credits=10)
    now = runtime.now()
    await accepted(platform, a_message(company, 1, due_at=now + 20 * _DAYS))
    async with platform.database.transaction() as tx:
        await due.let_go(tx, await due.take(tx, now=now + 20 * _DAYS, limit=10))
    await deliver_all(platform)
    await narrow(platform)

    assert await retired(platform, now + 26 * _DAYS) == []
    assert await retired(platform, now + 28 * _DAYS) == [_PARTS]


async def test_behind_a_long_reader_the_drop_waits_for_another_night_and_nobody_for_the_drop(platform, narrow):
    now = await one_is_delivered(platform, narrow)
    async with platform.database.transaction() as reader:
        await reader.execute("SELECT count(*) FROM part")
        retiring = asyncio.create_task(retired(platform, now + 8 * _DAYS))
        while not retiring.done():
            async with platform.database.transaction() as tx:
                await tx.execute("SET LOCAL lock_timeout = '2s'")
                await tx.execute("SELECT count(*) FROM part")

        assert await retiring == []

    assert await retired(platform, now + 8 * _DAYS) == [_PARTS]
