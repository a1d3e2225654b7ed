"""A dispatcher that stood still for longer than its lease has lost its claims, and says nothing about them any more."""

import pytest

from tests.crash.scenarios import freeze_under_load

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("crash-kills")]


async def test_a_stopped_dispatcher_finds_its_claims_taken_and_records_nothing_as_its_own(gateway, smsc):
    count = await freeze_under_load(gateway, smsc)

    assert count.accepted >= 100
    assert count.unknown > 0
