"""The power goes: what had been answered was on the disk."""

import pytest

from tests.crash.database_faults import cut_the_power_under_load

pytestmark = [pytest.mark.processes, pytest.mark.slow, pytest.mark.xdist_group("crash-operator")]


async def test_a_power_cut_loses_nothing_that_was_answered():
    count = await cut_the_power_under_load(at=400)
    if count is None:
        pytest.skip("a file system can be mounted by root only")

    assert count.accepted >= 400
