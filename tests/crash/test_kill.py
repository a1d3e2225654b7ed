"""`kill -9` at any moment: nothing that was accepted is lost, charged twice or sent twice without having been unknown."""

import pytest

from tests.crash.scenarios import kill_under_load

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("crash-kills")]


@pytest.mark.parametrize(
    ("what", "at"),
    [("web", 150), ("dispatch", 700), ("postgres", 400), ("all", 300), ("supervisor", 200)],
)
async def test_a_kill_loses_nothing_and_charges_nothing_twice(gateway, smsc, what, at):
    count = await kill_under_load(gateway, smsc, what, at=at)

    assert count.accepted > at // 2


async def test_a_company_that_wants_at_most_once_gets_nothing_twice_when_the_dispatcher_is_killed(gateway, smsc):
    gateway.connect("UPDATE company SET resend = 'at_most_once'")
    try:
        await smsc.behave(latency=0.2)
        count = await kill_under_load(gateway, smsc, "dispatch", at=200, connections=4, at_most_once=True)
    finally:
        gateway.connect("UPDATE company SET resend = NULL")

    assert count.unknown > 0
    assert count.duplicates == 0
