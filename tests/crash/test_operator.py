"""An operator that misbehaves: every message ends, and what comes twice had been unknown."""

import random

import pytest

from smsflow.simulator.misbehaviour import FAULTS
from tests.crash.operators import misbehave_in_every_way_under_load
from tests.crash.scenarios import misbehave_under_load, stop_under_load

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("crash-operator")]


# The others, and each for longer, are in `script/soak`.
SHORT = (
    "cuts the connection and sends no receipt",
    "loses one in 10",
    "never answers at all",
    "answers too late",
    "throttles",
    "refuses everything",
    "sends receipts before responses",
    "sends receipts of foreign SMS",
    "writes ids of receipts in decimal",
)


@pytest.mark.parametrize("misdeed", SHORT)
async def test_every_message_ends_though_the_operator(gateway, smsc, misdeed):
    count = await misbehave_under_load(gateway, smsc, misdeed)

    assert count.accepted == 100


async def test_every_message_ends_though_the_operator_stands_still_for_longer_than_an_answer_may_take(gateway, smsc):
    count = await stop_under_load(gateway, smsc, seconds=4)

    assert count.accepted > 50


async def test_nothing_is_lost_or_twice_though_the_operator_does_everything_wrong_while_processes_are_killed(
    gateway, smsc
):
    # A number that is full waits for minutes: `script/soak` has the time.
    faults = [fault for fault in FAULTS if fault != "full"]

    count = await misbehave_in_every_way_under_load(
        gateway, smsc, seconds=10, chance=random.Random(7), every=8, faults=faults
    )

    assert count.accepted > 100
