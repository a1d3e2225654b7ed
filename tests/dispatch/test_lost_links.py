"""Links that are lost in the middle of everything: the lane ends well, and leaves nobody behind."""

import asyncio

import pytest

from smsflow import testing
from smsflow.dispatch import bind
from smsflow.domain.message import Status
from smsflow.store.messages import queue
from tests.dispatch.stage import (
    a_message,
    accepted,
    an_engine,
    an_operator,
    execute,
    sound,
    until,
    until_bound,
    until_status,
)
from tests.dispatch.test_binds import LEASE_OF


def recorders():
    return sum(task.get_coro().__qualname__ == "GroupCommit.run" for task in asyncio.all_tasks())


async def test_links_that_are_lost_under_traffic_leave_no_recorder_behind(open_platform, monkeypatch):
    monkeypatch.setattr(bind, "_LONGEST_WAIT", 0.01)
    async with open_platform(poll_interval=0.05) as platform, an_operator() as operator, an_engine(platform):
        company = await testing.a_company(platform, credits=10_000)
        connector = await testing.a_connector(platform, port=operator.port, window=5)
        await accepted(platform, *[a_message(company, connector) for _ in range(5000)])
        for _ in range(20):
            await submits(operator)
            operator.disconnect_all()
        await submits(operator)
        await until(lambda: recorders() == 2, "one recorder of outcomes and one of receipts")
    await sound(platform)


async def submits(operator):
    """Wait until the operator is sent more than it has."""
    known = operator.submits
    await operator.wait_for(lambda o: o.submits > known)


@pytest.mark.parametrize("ended", [False, True], ids=["alone", "and its bind is ended meanwhile"])
async def test_a_claim_under_way_when_its_link_is_lost_is_given_back(open_platform, monkeypatch, ended):
    real, cut = queue.claim, []
    async with open_platform(poll_interval=0.05) as platform, an_operator() as operator, an_engine(platform) as engine:
        company = await testing.a_company(platform, credits=10)
        connector = await testing.a_connector(platform, port=operator.port)
        await until_bound(platform, connector)

        async def claim(tx, *arguments, **named):
            claims = await real(tx, *arguments, **named)
            if claims and not cut:
                cut.append(claims)
                operator.disconnect_all()
                await until(lambda: not any(held.lane.traffic._link.bound for held in engine._held.values()))
                if ended:
                    for _ in range(10):  # until the lane has begun to finish
                        await asyncio.sleep(0)
                    for held in engine._held.values():
                        held.end()
                    await asyncio.sleep(0.1)
            return claims

        monkeypatch.setattr(queue, "claim", claim)
        ids = await accepted(platform, *[a_message(company, connector) for _ in range(5)])
        await until_status(platform, ids, Status.DELIVERED)

        assert cut
        assert operator.handsets.duplicates == 0
        await sound(platform)


async def test_a_claim_that_is_answered_after_the_lease_was_lost_holds_up_no_message_to_its_number(
    open_platform, monkeypatch
):
    real, cut = queue.claim, []
    async with open_platform(poll_interval=0.05) as platform, an_operator() as operator, an_engine(platform) as engine:
        company = await testing.a_company(platform, credits=10)
        connector = await testing.a_connector(platform, port=operator.port)
        await until_bound(platform, connector)
        (first,) = [held.lane for held in engine._held.values()]

        async def claim(tx, *arguments, **named):
            claims = await real(tx, *arguments, **named)
            if claims and not cut:
                cut.append(claims)
                await execute(platform, LEASE_OF, id=named["instance_id"])
                await until(lambda: engine._held and first not in {held.lane for held in engine._held.values()})
            return claims

        monkeypatch.setattr(queue, "claim", claim)
        await accepted(platform, a_message(company, connector, number="+237690000001"))
        await until(first.traffic.holds, "a claim that the lane takes when it has ended")
        later = await accepted(platform, a_message(company, connector, number="+237690000001"))
        await until_status(platform, later, Status.DELIVERED)
