"""A wall clock that jumps an hour: leases stand, graces and dates follow the new time, and nothing is lost."""

from datetime import timedelta

import pytest

from smsflow import runtime
from smsflow.domain.message import Status
from smsflow.testing import a_company, a_connector
from tests.dispatch.stage import (
    a_message,
    accepted,
    an_engine,
    an_operator,
    query,
    sound,
    statuses,
    until_bound,
    until_status,
)

HOUR = timedelta(hours=1)
TOO_EARLY = timedelta(minutes=30)


class Clock:
    """The time, moved by whoever holds this."""

    def __init__(self):
        self.moved = timedelta(0)

    def __call__(self):
        return runtime.now() + self.moved


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
async def test_a_jump_takes_no_lease_and_loses_no_message(open_platform, jump):
    clock = Clock()
    async with open_platform(poll_interval=0.1) as platform, an_operator() as operator:
        company = await a_company(platform, credits=100)
        connector_id = await a_connector(platform, port=operator.port)
        async with an_engine(platform, clock):
            await until_bound(platform, connector_id)
            (before,) = await query(platform, "SELECT id FROM instance")
            valid = {"valid_until": runtime.now() + 3 * HOUR}
            ids = await accepted(platform, *(a_message(company, connector_id, **valid) for _ in range(20)))
            clock.moved = jump
            ids += await accepted(
                platform, *(a_message(company, connector_id, **valid) for _ in range(20)), now=clock()
            )
            await until_status(platform, ids, Status.DELIVERED)
            (after,) = await query(platform, "SELECT id FROM instance")
        await sound(platform)

    assert after.id == before.id
    assert operator.duplicates == 0


async def test_a_planned_message_follows_the_clock_that_jumped(open_platform):
    clock = Clock()
    async with open_platform(poll_interval=0.1) as platform, an_operator() as operator:
        company = await a_company(platform, credits=100)
        connector_id = await a_connector(platform, port=operator.port)
        planned = {"due_at": runtime.now() + TOO_EARLY, "valid_until": runtime.now() + 3 * HOUR}
        async with an_engine(platform, clock):
            await until_bound(platform, connector_id)
            clock.moved = -HOUR
            (waiting,) = await accepted(platform, a_message(company, connector_id, **planned))
            (now,) = await accepted(platform, a_message(company, connector_id))
            await until_status(platform, now, Status.DELIVERED)
            early = await statuses(platform, [waiting])
            clock.moved = HOUR
            await until_status(platform, waiting, Status.DELIVERED)
        await sound(platform)

    assert early == [Status.PLANNED]
    assert len(operator.inbox) == 2


async def test_an_unknown_message_is_sent_again_once_when_the_clock_jumps_past_its_grace(open_platform):
    clock = Clock()
    async with (
        open_platform(poll_interval=0.1) as platform,
        an_operator(lose_response_every=1, receipts="none") as operator,
    ):
        company = await a_company(platform, credits=100)
        connector_id = await a_connector(platform, port=operator.port, response_timeout=1)
        async with an_engine(platform, clock):
            await until_bound(platform, connector_id)
            valid = {"valid_until": runtime.now() + 3 * HOUR}
            (message_id,) = await accepted(platform, a_message(company, connector_id, **valid))
            await until_status(platform, message_id, Status.UNKNOWN)
            operator.script.change({"lose_response_every": 0})
            clock.moved = HOUR
            await until_status(platform, message_id, Status.SENT)
            clock.moved = -HOUR
        await sound(platform)

    assert len(operator.inbox) == 2
