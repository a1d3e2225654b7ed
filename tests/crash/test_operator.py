"""An operator that misbehaves: every message ends, and what comes twice had been unknown."""

import pytest

from tests.crash.scenarios import MISDEEDS, misbehave_under_load, stop_under_load

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("crash-operator")]


@pytest.mark.parametrize("misdeed", MISDEEDS)
async def test_every_message_ends_though_the_operator(gateway, witness, misdeed):
    count = await misbehave_under_load(gateway, witness, misdeed)

    assert count.accepted == 150


async def test_every_message_ends_though_the_operator_stands_still_for_longer_than_an_answer_may_take(gateway, witness):
    count = await stop_under_load(gateway, witness, seconds=8)

    assert count.accepted > 50
