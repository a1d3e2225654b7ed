"""`{stop}` in the text of a campaign: what each recipient gets, and what it costs."""

from datetime import timedelta

from smsflow import testing
from smsflow.domain.stop_way import Links
from smsflow.runtime import randbelow
from smsflow.services.contacts import by_link
from smsflow.services.routing import numbers
from smsflow.services.upkeep import retention
from smsflow.store.campaigns import responses
from tests.services.campaigns.test_story import NOON, campaigns, launched

__all__ = ["campaigns"]

LINKS = Links("https://sms.example.cm", randbelow)
# 125 characters, and a link has 37: two segments; "STOP au 8787" has 12: one.
TEXT = "x" * 124 + " {stop}"


async def texts(campaigns):
    return [text for (text,) in await campaigns.query("SELECT text FROM message ORDER BY id")]


async def test_each_recipient_gets_a_link_of_their_own_that_opts_them_out(campaigns):
    campaigns.links = LINKS
    await campaigns.open(contacts_=3)
    campaign_id = await launched(campaigns, body=TEXT)

    await campaigns.turn(campaign_id)

    addresses = [text.split()[1] for text in await texts(campaigns)]
    assert len(set(addresses)) == 3
    assert all(a.startswith("https://sms.example.cm/s/") and len(a) == 36 for a in addresses)
    name = addresses[1].rpartition("/")[2]
    async with campaigns.platform.database.transaction() as tx:
        reader = await by_link.ask(tx, name, address="", now=NOON)
    assert reader.number == "+237690000002"
    assert await campaigns.query("SELECT number, source FROM opt_out") == [("+237690000002", "link")]
    async with campaigns.platform.database.transaction() as tx:
        await by_link.ask(tx, name, address="", now=NOON)
        assert (await responses.of_campaign(tx, campaigns.company.id, campaign_id)).opt_outs == 1
    shown = await campaigns.show(campaign_id)
    assert (shown.segments, shown.used) == (6, 6)
    assert await testing.broken_invariants(campaigns.platform) == []


async def test_where_a_number_receives_the_shorter_way_is_written_and_only_what_leaves_is_paid(campaigns):
    campaigns.links = LINKS
    await campaigns.open(contacts_=3)
    async with campaigns.platform.database.transaction() as tx:
        await numbers.add(tx, "8787", connector="operator", company_id=campaigns.company.id)
    campaign_id = await launched(campaigns, body=TEXT)

    await campaigns.turn(campaign_id)

    shown = await campaigns.show(campaign_id)
    assert {text.split(" ", 1)[1] for text in await texts(campaigns)} == {"STOP au 8787"}
    assert (shown.segments, shown.used, shown.reserved, shown.state) == (6, 3, 0, "finished")
    assert await testing.balance(campaigns.platform, campaigns.company) == 97
    assert await testing.broken_invariants(campaigns.platform) == []


async def test_without_any_way_out_nobody_is_written_to_and_the_reason_is_shown(campaigns):
    await campaigns.open(contacts_=3)
    campaign_id = await campaigns.draft(body=TEXT)

    assert (await campaigns.prepare(campaign_id)).refused == {"no_way_to_stop": 3}


async def test_links_go_with_the_sms_that_are_too_old(campaigns):
    campaigns.links = LINKS
    await campaigns.open(contacts_=3)
    await campaigns.turn(await launched(campaigns, body=TEXT))
    days = timedelta(days=400)

    left = []
    for now in (NOON + days, NOON + days + timedelta(seconds=1)):
        async with campaigns.platform.database.transaction() as tx:
            assert not await retention.forget_links(tx, kept=days, now=now)
        left += await campaigns.query("SELECT count(*) FROM stop_link")

    assert left == [(3,), (0,)]
