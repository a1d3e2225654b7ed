"""Restarts that are asked for: no request is refused, nothing becomes unknown."""

import pytest

from tests.crash.scenarios import drain_under_load, replace_under_load

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("crash-kills")]


async def test_every_process_is_replaced_and_no_request_notices(gateway, smsc):
    count = await replace_under_load(gateway, smsc)

    assert count.unknown == 0


async def test_a_stop_answers_what_it_accepted_and_unbinds(gateway, smsc):
    count = await drain_under_load(gateway, smsc)

    assert count.accepted >= 200
