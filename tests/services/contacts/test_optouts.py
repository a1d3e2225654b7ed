"""Opting out, and the SMS that wait for somebody who does."""

from datetime import timedelta

import pytest

from smsflow import runtime, testing
from smsflow.domain.message import Kind, Status
from smsflow.domain.optout import OPTED_OUT
from smsflow.services.contacts import optouts
from smsflow.services.messages import overdue
from tests.dispatch.stage import a_message, accepted, execute, row, sound, statuses

NOON = runtime.now()


async def opt_out(platform, company, message, scope):
    async with platform.database.transaction() as tx:
        await optouts.opt_out(tx, company.id, [message.number], scope=scope, source="manual", author="awa", now=NOON)


async def test_an_opt_out_of_all_cancels_the_transactional_sms_that_wait(platform):
    company, other = await testing.a_company(platform, credits=10), await testing.a_company(platform, name="Autre")
    connector = await testing.a_connector(platform)
    number, later = "+237690000001", NOON + timedelta(days=1)
    fields = {"number": number, "valid_until": later + timedelta(days=1)}
    planned, waiting = a_message(company, connector, due_at=later, **fields), a_message(company, connector, **fields)
    others = [
        a_message(company, connector, due_at=later, kind=Kind.OTP, **fields),
        a_message(company, connector, due_at=later, **fields | {"number": "+237690000002"}),
        a_message(other, connector, due_at=later, **fields),
    ]
    ids = await accepted(platform, planned, waiting, *others)

    await opt_out(platform, company, planned, "all")

    assert [s is Status.CANCELLED for s in await statuses(platform, ids)] == [True, True, False, False, False]
    assert await testing.balance(platform, company) == 8
    assert (await row(platform, ids[0])).error == OPTED_OUT
    await sound(platform)


@pytest.mark.parametrize("free", [False, True])
async def test_a_planned_sms_whose_reader_opted_out_of_all_meanwhile_is_cancelled_when_its_time_comes(platform, free):
    company = await testing.a_company(platform, credits=10)
    connector = await testing.a_connector(platform)
    planned = a_message(company, connector, due_at=NOON + timedelta(hours=1), free=free)
    await opt_out(platform, company, planned, "all")
    # As it stands when it was being accepted in that very moment.
    ids = await accepted(platform, planned, a_message(company, connector, due_at=planned.due_at))

    async with platform.database.transaction() as tx:
        assert await overdue.release_due(tx, limit=10, now=planned.due_at) == 2

    assert await statuses(platform, ids) == [Status.RECEIVED if free else Status.CANCELLED, Status.RECEIVED]
    assert await testing.balance(platform, company) == 9


async def test_an_sms_that_may_have_left_before_an_opt_out_of_all_is_held(platform):
    company = await testing.a_company(platform, credits=10)
    connector = await testing.a_connector(platform)
    message = a_message(company, connector, due_at=NOON)
    ids = await accepted(platform, message)
    await execute(platform, "UPDATE queue SET losses = 1")
    await execute(platform, "UPDATE message SET losses = 1")

    await opt_out(platform, company, message, "all")
    async with platform.database.transaction() as tx:
        assert await overdue.release_due(tx, limit=10, now=NOON) == 0

    assert await statuses(platform, ids) == [Status.PLANNED]
    assert await testing.balance(platform, company) == 9
