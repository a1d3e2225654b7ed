"""Campaigns while processes die and the power goes: every recipient is written to once, or there is a reason why not."""

import random

import pytest

from tests.crash.campaigns import cut_the_power_while_campaigns_run, kills, strike_while_campaigns_run

pytestmark = pytest.mark.slow


@pytest.fixture
def chance():
    """Return what chooses the moments; a failure shows its seed."""
    seed = random.randrange(10**6)
    print(f"seed {seed}")  # noqa: T201 - shown with a failure
    return random.Random(seed)


@pytest.mark.xdist_group("crash-kills")
async def test_every_recipient_is_written_to_once_or_has_a_reason_whatever_is_killed(gateway, smsc, chance):
    victims = ["web", "dispatch", "jobs", "postgres", "all"]
    chance.shuffle(victims)

    count = await strike_while_campaigns_run(gateway, smsc, kills(gateway, victims), chance=chance)

    assert count.accepted > 0
    assert count.refused > 0


@pytest.mark.processes
@pytest.mark.xdist_group("crash-operator")
async def test_every_recipient_is_written_to_once_or_has_a_reason_though_the_power_goes(chance):
    count = await cut_the_power_while_campaigns_run(chance=chance)
    if count is None:
        pytest.skip("a file system can be mounted by root only")

    assert count.accepted > 0
