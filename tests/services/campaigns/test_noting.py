"""Contacts learn behind the turns of a campaign when it wrote to them."""

from datetime import timedelta

from smsflow.services.campaigns import launch, noting
from smsflow.services.contacts import optouts
from tests.services.campaigns.test_story import NOON, ONE_A_DAY, both, campaigns, launched

__all__ = ["campaigns"]


async def noted(campaigns, *, batch=noting.BATCH):
    """Note until nothing is behind; return how many steps that took."""
    steps, more = 0, True
    while more:
        async with campaigns.platform.database.transaction() as tx:
            more = await noting.note(tx, now=campaigns.now, batch=batch)
        steps += more
    return steps


async def written(campaigns):
    """Return when the contacts were last written to, by the last two digits of their numbers."""
    rows = await campaigns.query(
        "SELECT right(number, 2), written_at FROM contact WHERE written_at IS NOT NULL ORDER BY 1"
    )
    return {int(number): at for number, at in rows}


async def test_the_contacts_that_a_campaign_wrote_to_have_the_time_noted_and_others_do_not(campaigns):
    await campaigns.open(contacts_=6)
    campaign = await launched(campaigns)
    async with campaigns.platform.database.transaction() as tx:
        await optouts.opt_out(
            tx, campaigns.company.id, ["+237690000002"], scope="marketing", source="sms", author="x", now=campaigns.now
        )

    await campaigns.turn(campaign, batch=3)
    steps = await noted(campaigns, batch=2)
    then = campaigns.now
    campaigns.now += timedelta(minutes=1)
    await campaigns.turn(campaign)
    await noted(campaigns)

    assert steps == 2
    assert await written(campaigns) == {1: then, 3: then, 4: campaigns.now, 5: campaigns.now, 6: campaigns.now}


async def test_a_campaign_that_is_over_is_looked_at_no_more(campaigns):
    cancelled = await both(campaigns)
    await campaigns.turn(cancelled, batch=7)
    await campaigns.act(launch.cancel, cancelled)

    await noted(campaigns)

    left = await campaigns.query("SELECT n.campaign_id = :id FROM campaign_noted n", id=cancelled)
    assert left == [(False,)]
    assert len(await written(campaigns)) == 7


async def test_a_recipient_who_waited_for_another_day_is_noted_in_the_turn_itself(campaigns):
    second = await both(campaigns)
    await campaigns.turn(second, policies=[ONE_A_DAY])
    await noted(campaigns)

    campaigns.now += timedelta(days=1)
    await campaigns.turn(second, policies=[ONE_A_DAY])

    assert set((await written(campaigns)).values()) == {NOON, campaigns.now}
    assert sum(at > NOON for at in (await written(campaigns)).values()) == 5
