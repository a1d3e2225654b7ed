"""Credits that are taken back while others spend them."""

import asyncio

import pytest

from smsflow import runtime, testing
from smsflow.errors import ParameterInvalid
from smsflow.services import credits
from smsflow.store.credits import reserve
from tests.dispatch.stage import until
from tests.services.messages.test_stop_race import blocked


async def taken_back(platform, company, amount):
    async with platform.database.transaction() as tx:
        return await credits.add_credit(tx, company.id, -amount, note="", now=runtime.now())


async def test_credits_that_a_campaign_reserves_meanwhile_are_not_taken_back(platform):
    company = await testing.a_company(platform, credits=100)

    async with platform.database.transaction() as tx:
        await reserve.reserve(tx, company.id, 60, campaign_id=1, now=runtime.now())
        taking = asyncio.create_task(taken_back(platform, company, 50))
        await until(lambda: blocked(platform))

    with pytest.raises(ParameterInvalid, match="not more than the credits that are left"):
        await taking
    assert await testing.balance(platform, company) == 100


async def test_of_those_who_take_back_all_credits_at_once_one_gets_them(platform):
    company = await testing.a_company(platform, credits=100)

    answers = await asyncio.gather(*(taken_back(platform, company, 100) for _ in range(4)), return_exceptions=True)

    assert sorted(type(a).__name__ for a in answers) == ["ParameterInvalid"] * 3 + ["int"]
    assert await testing.balance(platform, company) == 0
