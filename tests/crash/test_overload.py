"""More requests than the gateway takes: it says so at once, an OTP still leaves, and afterwards all is as before."""

import pytest

from tests.crash.overload import overload

pytestmark = [pytest.mark.processes, pytest.mark.slow, pytest.mark.xdist_group("crash-operator")]


async def test_an_overload_is_refused_with_the_time_to_come_back_and_an_otp_leaves_before_the_rest():
    count = await overload(seconds=0)

    assert count.refused > 100
