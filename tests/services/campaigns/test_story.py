"""One campaign from its contacts to its last SMS, through the services alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from smsflow import testing
from smsflow.domain.message import Kind
from smsflow.domain.schedule import Hours, Plan, Policy
from smsflow.errors import HoursNeverOpen, ListGone, NotEnoughCredits, StateRefused
from smsflow.services.campaigns import draft, launch, prepare, run, turns
from smsflow.services.campaigns.cost import cost_of
from smsflow.services.campaigns.hours import waits_until
from smsflow.services.contacts import lists, optouts
from smsflow.services.messages import closing
from smsflow.services.messages.closing import End
from smsflow.services.messages.prepare import Limits
from smsflow.store.accounts import companies
from smsflow.store.campaigns import drafts
from smsflow.store.contacts import contacts
from smsflow.store.contacts.contacts import NewContact
from smsflow.store.postgres.transactions import text

# 13:00 in Douala.
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.fixture
def campaigns(platform):
    return Campaigns(platform)


class Campaigns:
    """A company with contacts, and what is asked of its campaigns."""

    def __init__(self, platform):
        self.platform, self.now, self.links = platform, NOON, None

    async def open(self, *, contacts_=10, credits=100):
        self.company = await testing.a_company(self.platform, credits=credits)
        self.connector = await testing.a_connector(self.platform)
        await testing.a_route(self.platform, self.connector)
        people = [
            NewContact(n, f"+2376900{n:05}", "CM", {"prenom": f"Client{n}"} if n % 5 else {})
            for n in range(1, contacts_ + 1)
        ]
        async with self.platform.database.transaction() as tx:
            list_id = await lists.add_list(tx, self.company.id, "Clients", now=self.now)
            written = await contacts.write(
                tx, self.company.id, people, source="manual", update=True, lists=[list_id], now=self.now
            )
        assert len(written) == contacts_

    async def draft(self, body="Bonjour {prenom|cher client}", **wanted):
        async with self.platform.database.transaction() as tx:
            asked = draft.Draft("Rentrée", body, lists=["Clients"], **wanted)
            return await draft.draft(tx, self.company, asked, now=self.now)

    async def prepare(self, campaign_id):
        table = (await self.platform.directory.routing()).table
        async with self.platform.database.transaction() as tx:
            walk = await prepare.begin(tx, self.company.id, campaign_id)
        while not walk.done:
            async with self.platform.database.transaction() as tx:
                walk = await prepare.step(
                    tx, self.company, campaign_id, walk, routes=table, limits=Limits(), links=self.links, batch=4
                )
        async with self.platform.database.transaction() as tx:
            return await cost_of(tx, await draft.show(tx, self.company.id, campaign_id), now=self.now)

    async def act(self, act, campaign_id):
        async with self.platform.database.transaction() as tx:
            return await act(tx, self.company.id, campaign_id, now=self.now)

    async def turn(self, campaign_id, *, room=1000, batch=1000, policies=()):
        table = (await self.platform.directory.routing()).table
        async with self.platform.database.transaction() as tx:
            return await run.run_batch(
                tx,
                self.company,
                campaign_id,
                routes=table,
                policies={p.country: p for p in policies},
                room={self.connector: room},
                validity=timedelta(hours=48),
                fingerprint=self.platform.vault.fingerprint,
                now=self.now,
                batch=batch,
                links=self.links,
            )

    async def show(self, campaign_id):
        async with self.platform.database.transaction() as tx:
            return await draft.show(tx, self.company.id, campaign_id)

    async def end(self, ends):
        """Give SMS their last status, by number: (status, error)."""
        ids = dict(await self.query("SELECT number, id FROM message"))
        closed = [End(ids[number], status, error, not_taken=False) for number, (status, error) in ends.items()]
        async with self.platform.database.transaction() as tx:
            await closing.close(tx, closed, now=self.now)

    async def query(self, statement, **parameters):
        async with self.platform.database.transaction() as tx:
            return list(await tx.execute(text(statement), parameters))


async def launched(campaigns, **wanted):
    campaign_id = await campaigns.draft(**wanted)
    await campaigns.prepare(campaign_id)
    await campaigns.act(launch.launch, campaign_id)
    return campaign_id


async def test_a_prepared_campaign_says_what_it_costs_and_the_balance_after(campaigns):
    await campaigns.open()
    campaign_id = await campaigns.draft()

    cost = await campaigns.prepare(campaign_id)

    assert (cost.recipients, cost.credits, cost.balance_after, cost.refused) == (10, 10, 90, {})
    assert [(s.connector_id, s.recipients, s.segments) for s in cost.shares] == [(campaigns.connector, 10, 10)]


async def test_a_recipient_without_a_value_is_refused_and_the_others_go(campaigns):
    await campaigns.open()
    campaign_id = await campaigns.draft("Bonjour {prenom}")

    cost = await campaigns.prepare(campaign_id)

    assert (cost.recipients, cost.credits, cost.refused) == (10, 8, {"no_value": 2})


@pytest.mark.parametrize("pasted", [[], ["690000001"]])
async def test_a_contact_that_goes_and_comes_back_while_a_campaign_is_prepared_has_one_place(campaigns, pasted):
    await campaigns.open()
    campaign_id = await campaigns.draft(numbers=pasted)
    table, walk = (await campaigns.platform.directory.routing()).table, None

    async with campaigns.platform.database.transaction() as tx:
        walk = await prepare.begin(tx, campaigns.company.id, campaign_id)
    while not walk.done:
        async with campaigns.platform.database.transaction() as tx:
            walk = await prepare.step(
                tx, campaigns.company, campaign_id, walk, routes=table, limits=Limits(), links=None, batch=4
            )
        async with campaigns.platform.database.transaction() as tx:
            await contacts.delete(tx, campaigns.company.id, "+237690000001")
        if not walk.contacts_done:
            async with campaigns.platform.database.transaction() as tx:
                ((list_id,),) = await tx.execute(text("SELECT id FROM contact_list"))
                again = [NewContact(1, "+237690000001", "CM", {})]
                await contacts.write(
                    tx, campaigns.company.id, again, source="manual", update=True, lists=[list_id], now=campaigns.now
                )

    places = await campaigns.query("SELECT number, count(*) FROM campaign_recipient GROUP BY 1")
    assert {count for _, count in places} == {1}
    assert len(places) == 10


async def test_a_number_that_is_pasted_has_the_values_of_its_contact_and_is_left_out_with_its_list(campaigns):
    await campaigns.open()
    async with campaigns.platform.database.transaction() as tx:
        out = await lists.add_list(tx, campaigns.company.id, "Sans", now=campaigns.now)
        await contacts.write(
            tx,
            campaigns.company.id,
            [NewContact(1, "+237690000002", "CM", {})],
            source="manual",
            update=False,
            lists=[out],
            now=campaigns.now,
        )
    campaign_id = await campaigns.draft(
        "Bonjour {prenom}", numbers=["690000001", "690000002", "690009999"], without=["Sans"]
    )

    cost = await campaigns.prepare(campaign_id)

    rows = await campaigns.query('SELECT number, "values", reason FROM campaign_recipient ORDER BY number')
    assert (cost.recipients, len({number for number, *_ in rows})) == (10, 10)
    assert [tuple(row) for row in rows if row[0] in {"+237690000001", "+237690009999"}] == [
        ("+237690000001", {"prenom": "Client1"}, None),
        ("+237690009999", None, "no_value"),
    ]


async def test_numbers_that_stay_in_a_changed_draft_keep_the_values_of_their_file(campaigns):
    await campaigns.open(contacts_=0)
    values = {"690000101": {"prenom": "Awa"}, "690000102": {"prenom": "Bob"}}
    campaign_id = await campaigns.draft(numbers=list(values), values=values)
    changed = draft.Draft("Rentrée", "Salut {prenom|vous}", lists=["Clients"], numbers=["690000101", "690000103"])
    async with campaigns.platform.database.transaction() as tx:
        await draft.edit(tx, campaigns.company, campaign_id, changed, now=campaigns.now)

    await campaigns.prepare(campaign_id)

    rows = await campaigns.query('SELECT number, "values" FROM campaign_recipient ORDER BY number')
    assert [tuple(row) for row in rows] == [("+237690000101", {"prenom": "Awa"}), ("+237690000103", None)]


async def test_a_list_that_is_gone_stops_a_preparation_and_nobody_who_was_left_out_is_written_to(campaigns):
    await campaigns.open()
    async with campaigns.platform.database.transaction() as tx:
        await lists.add_list(tx, campaigns.company.id, "Jamais", now=campaigns.now)
    campaign_id = await campaigns.draft(without=["Jamais"])
    async with campaigns.platform.database.transaction() as tx:
        walk = await prepare.begin(tx, campaigns.company.id, campaign_id)
        await drafts.set_preparing(tx, campaigns.company.id, campaign_id, {"walk": msgspec.to_builtins(walk)})
        await lists.delete_list(tx, campaigns.company.id, "Jamais")

    table = (await campaigns.platform.directory.routing()).table
    async with campaigns.platform.database.transaction() as tx:
        more = await prepare.go_on(tx, campaigns.company, campaign_id, routes=table, limits=Limits(), links=None)
    with pytest.raises(ListGone):
        await campaigns.prepare(campaign_id)

    shown = await campaigns.show(campaign_id)
    assert (more, shown.state, shown.preparing, shown.last_place) == (False, "draft", None, 0)


async def test_a_landline_is_refused_where_the_company_writes_to_mobile_numbers_alone(campaigns):
    await campaigns.open()
    landline = ["222200000"]
    only = await campaigns.prepare(await campaigns.draft(numbers=landline))
    await campaigns.query("UPDATE company SET mobile_only = false")
    async with campaigns.platform.database.transaction() as tx:
        campaigns.company = await companies.company(tx, campaigns.company.id)
    await campaigns.query("UPDATE campaign SET name = 'Avant'")
    either = await campaigns.prepare(await campaigns.draft(numbers=landline))

    assert (only.recipients, only.credits, only.refused) == (11, 10, {"number_not_mobile": 1})
    assert (either.recipients, either.credits, either.refused) == (11, 11, {})


async def test_a_preparation_can_be_repeated(campaigns):
    await campaigns.open()
    campaign_id = await campaigns.draft()
    first = await campaigns.prepare(campaign_id)

    assert await campaigns.prepare(campaign_id) == first


async def test_a_launched_campaign_accepts_every_recipient_once_and_the_reserve_pays_for_them(campaigns):
    await campaigns.open()
    campaign_id = await launched(campaigns)

    while (await campaigns.turn(campaign_id, batch=3)).again:
        pass
    await campaigns.turn(campaign_id)

    shown = await campaigns.show(campaign_id)
    texts = [one for (one,) in await campaigns.query("SELECT text FROM message ORDER BY id")]
    assert (shown.state, shown.accepted, shown.used, shown.reserved) == ("finished", 10, 10, 0)
    assert len(set(texts)) == 9
    assert "Bonjour Client1" in texts
    assert await testing.balance(campaigns.platform, campaigns.company) == 90
    assert await testing.broken_invariants(campaigns.platform) == []


async def test_a_launch_that_cannot_be_paid_changes_nothing(campaigns):
    await campaigns.open(credits=9)
    campaign_id = await campaigns.draft()
    await campaigns.prepare(campaign_id)

    with pytest.raises(NotEnoughCredits) as refused:
        await campaigns.act(launch.launch, campaign_id)

    assert refused.value.details == {"needed": 10, "balance": 9, "missing": 1}
    assert (await campaigns.show(campaign_id)).state == "prepared"


async def test_a_reserve_cannot_be_spent_by_another_campaign(campaigns):
    await campaigns.open(credits=15)
    await launched(campaigns)
    async with campaigns.platform.database.transaction() as tx:
        second = await draft.draft(
            tx, campaigns.company, draft.Draft("Encore", "Bonjour", lists=["Clients"]), now=campaigns.now
        )
    await campaigns.prepare(second)

    with pytest.raises(NotEnoughCredits):
        await campaigns.act(launch.launch, second)


async def test_somebody_who_opts_out_while_a_campaign_runs_is_not_written_to(campaigns):
    await campaigns.open()
    campaign_id = await launched(campaigns)
    await campaigns.turn(campaign_id, batch=5)
    waiting, later = "+237690000002", "+237690000009"

    async with campaigns.platform.database.transaction() as tx:
        await optouts.opt_out(
            tx,
            campaigns.company.id,
            [waiting, later],
            scope="marketing",
            source="manual",
            author="awa",
            now=campaigns.now,
        )
    while (await campaigns.show(campaign_id)).state == "running":
        await campaigns.turn(campaign_id)

    statuses = dict(await campaigns.query("SELECT number, status FROM message"))
    assert statuses[waiting] == 7
    assert later not in statuses
    assert await testing.balance(campaigns.platform, campaigns.company) == 92
    assert await testing.broken_invariants(campaigns.platform) == []


async def test_a_pause_holds_what_waits_and_a_resume_lets_it_go(campaigns):
    await campaigns.open()
    campaign_id = await launched(campaigns)
    await campaigns.turn(campaign_id, batch=5)

    await campaigns.act(launch.pause, campaign_id)
    held = await campaigns.query("SELECT count(*) FROM queue WHERE due_at = 'infinity'")
    ran = await campaigns.turn(campaign_id)
    await campaigns.act(launch.resume, campaign_id)

    assert (held, ran.accepted) == ([(5,)], {})
    assert await campaigns.query("SELECT count(*) FROM queue WHERE due_at <= now() + interval '1 day'") == [(5,)]


async def test_a_cancelled_campaign_gives_back_what_has_not_left(campaigns):
    await campaigns.open()
    campaign_id = await launched(campaigns)
    await campaigns.turn(campaign_id, batch=5)

    cancelled = await campaigns.act(launch.cancel, campaign_id)

    assert cancelled == 5
    assert (await campaigns.show(campaign_id)).state == "cancelled"
    assert await testing.balance(campaigns.platform, campaigns.company) == 100
    assert await testing.broken_invariants(campaigns.platform) == []


async def test_a_turn_takes_no_more_than_its_lane_has_room_for(campaigns):
    await campaigns.open()
    campaign_id = await launched(campaigns)

    ran = await campaigns.turn(campaign_id, room=3)

    assert ran.accepted == {campaigns.connector: 3}


async def goes_on(campaigns, campaign_id):
    campaign = await campaigns.show(campaign_id)
    async with campaigns.platform.database.transaction() as tx:
        return await waits_until(tx, campaigns.company, campaign, now=campaigns.now)


async def test_a_campaign_says_when_it_goes_on_that_writes_to_nobody_now(campaigns):
    campaign_id = await both(campaigns)
    before = await goes_on(campaigns, campaign_id)
    await campaigns.turn(campaign_id, policies=[ONE_A_DAY])

    # The country's hours begin at 06:00 of the next day in Douala.
    assert (before, await goes_on(campaigns, campaign_id)) == (None, datetime(2026, 11, 27, 5, tzinfo=UTC))
    campaigns.now = datetime(2026, 11, 26, 22, tzinfo=UTC)
    assert await goes_on(campaigns, campaign_id) == datetime(2026, 11, 27, 5, tzinfo=UTC)
    campaigns.now = datetime(2026, 11, 27, 8, tzinfo=UTC)
    assert await goes_on(campaigns, campaign_id) is None


async def test_outside_its_hours_a_campaign_waits(campaigns):
    await campaigns.open()
    campaign_id = await launched(campaigns, plan=Plan(start=8 * 60, end=12 * 60))

    waited = await campaigns.turn(campaign_id)
    campaigns.now = NOON + timedelta(hours=20)
    went = await campaigns.turn(campaign_id)

    assert (waited.accepted, went.accepted) == ({}, {campaigns.connector: 10})


ONE_A_DAY = Policy("CM", "Africa/Douala", per_day=1)


async def both(campaigns, **wanted):
    """Launch two campaigns to the same people; the first has written to half of them."""
    await campaigns.open()
    first = await launched(campaigns)
    await campaigns.turn(first, room=5, policies=[ONE_A_DAY])
    async with campaigns.platform.database.transaction() as tx:
        asked = draft.Draft("Encore", "Bonjour", lists=["Clients"], **wanted)
        second = await draft.draft(tx, campaigns.company, asked, now=campaigns.now)
    await campaigns.prepare(second)
    await campaigns.act(launch.launch, second)
    return second


async def test_a_person_who_got_enough_marketing_today_waits_for_the_next_day_and_holds_up_nobody(campaigns):
    second = await both(campaigns)
    seen = []

    for hours in (0, 1, 10.9, 11, 12):
        campaigns.now = NOON + timedelta(hours=hours)
        ran = await campaigns.turn(second, policies=[ONE_A_DAY], room=4 if hours == 11 else 1000)
        shown = await campaigns.show(second)
        seen.append((sum(ran.accepted.values()), shown.state, shown.deferred, shown.reserved))

    assert seen == [
        (5, "running", 5, 5), (0, "running", 5, 5), (0, "running", 5, 5), (4, "running", 1, 1), (1, "finished", 0, 0),
    ]  # fmt: skip
    numbers = await campaigns.query("SELECT number FROM message WHERE campaign_id = :id", id=second)
    assert len(set(numbers)) == len(numbers) == 10
    assert await testing.broken_invariants(campaigns.platform) == []


async def test_nobody_waits_for_another_day_of_a_cancelled_campaign(campaigns):
    second = await both(campaigns)
    await campaigns.turn(second, policies=[ONE_A_DAY])

    await campaigns.act(launch.cancel, second)

    assert await campaigns.query("SELECT count(*) FROM campaign_deferred") == [(0,)]
    assert await testing.broken_invariants(campaigns.platform) == []


async def test_a_person_who_gets_enough_marketing_on_the_next_day_too_waits_for_another(campaigns):
    second = await both(campaigns)
    await campaigns.turn(second, policies=[ONE_A_DAY])
    campaigns.now = NOON + timedelta(hours=12)
    await campaigns.query("INSERT INTO marketing_count SELECT day + 1, person, messages FROM marketing_count")

    await campaigns.turn(second, policies=[ONE_A_DAY])

    shown = await campaigns.show(second)
    assert (shown.state, shown.accepted, shown.deferred) == ("running", 5, 5)
    assert await campaigns.act(launch.cancel, second) == 5
    assert await testing.broken_invariants(campaigns.platform) == []


async def test_a_campaign_that_refuses_what_does_not_fit_refuses_whoever_got_enough_today(campaigns):
    second = await both(campaigns, plan=Plan(outside="refuse"))

    await campaigns.turn(second, policies=[ONE_A_DAY])

    shown = await campaigns.show(second)
    assert (shown.state, shown.accepted, shown.refused, shown.reserved) == ("finished", 5, 5, 0)
    assert await campaigns.query("SELECT reason, recipients FROM campaign_refusal") == [("daily_limit", 5)]
    assert await testing.broken_invariants(campaigns.platform) == []


async def test_a_campaigns_own_validity_is_that_of_its_sms(campaigns):
    await campaigns.open()
    await campaigns.turn(await launched(campaigns, plan=Plan(validity_seconds=600)))

    ends = await campaigns.query("SELECT DISTINCT valid_until FROM message")

    assert ends == [(NOON + timedelta(minutes=10),)]


async def test_a_campaign_that_is_resumed_before_its_time_waits_for_it(campaigns):
    await campaigns.open()
    campaign_id = await launched(campaigns, starts_at=NOON + timedelta(hours=2))

    await campaigns.act(launch.pause, campaign_id)
    await campaigns.act(launch.resume, campaign_id)

    assert (await campaigns.show(campaign_id)).state == "scheduled"


async def test_a_campaign_begins_at_its_time_and_is_paused_when_that_passed_long_ago(campaigns):
    await campaigns.open()
    campaign_id = await launched(campaigns, starts_at=NOON + timedelta(hours=2))
    states = []

    for hours in (1, 3.1, 2):
        campaigns.now = NOON + timedelta(hours=hours)
        await campaigns.act(run.start_due, campaign_id)
        states.append((await campaigns.show(campaign_id)).state)
        if states[-1] == "paused":
            await campaigns.query("UPDATE campaign SET state = 'scheduled'")

    assert states == ["scheduled", "paused", "running"]


@pytest.mark.parametrize(
    ("sender", "why"),
    [("AWA", "the sender AWA is no longer approved"), (None, "the sender is no longer approved")],
)
async def test_a_campaign_whose_sender_is_no_longer_approved_pauses_and_says_so_and_nothing_of_it_leaves(
    campaigns, sender, why
):
    await campaigns.open()
    campaign_id = await launched(campaigns, sender=sender)
    await campaigns.turn(campaign_id, batch=5)
    campaigns.company = replace(campaigns.company, senders=())

    ran = await campaigns.turn(campaign_id)

    shown = await campaigns.show(campaign_id)
    assert (ran.accepted, shown.state, shown.why) == ({}, "paused", why)
    assert await campaigns.query("SELECT count(*) FROM queue WHERE due_at IS NULL") == [(0,)]


async def test_a_campaign_cannot_be_launched_twice(campaigns):
    await campaigns.open()
    campaign_id = await launched(campaigns)

    with pytest.raises(StateRefused):
        await campaigns.act(launch.launch, campaign_id)


async def test_a_transactional_campaign_writes_to_those_who_opted_out_of_marketing(campaigns):
    await campaigns.open()
    async with campaigns.platform.database.transaction() as tx:
        await optouts.opt_out(
            tx,
            campaigns.company.id,
            ["+237690000002"],
            scope="marketing",
            source="manual",
            author="awa",
            now=campaigns.now,
        )
    campaign_id = await campaigns.draft(kind=Kind.TRANSACTIONAL)

    assert (await campaigns.prepare(campaign_id)).refused == {}


async def test_marketing_at_hours_that_are_never_allowed_is_not_written(campaigns):
    await campaigns.open()
    night = Plan(start=22 * 60)

    with pytest.raises(HoursNeverOpen):
        await campaigns.draft(plan=night)
    assert await campaigns.draft(plan=night, kind=Kind.TRANSACTIONAL)


async def test_marketing_whose_hours_are_allowed_no_more_is_not_launched_and_reserves_nothing(campaigns):
    await campaigns.open()
    campaign_id = await campaigns.draft(plan=Plan(start=20 * 60))
    await campaigns.prepare(campaign_id)
    async with campaigns.platform.database.transaction() as tx:
        await turns.set_policy(tx, Policy("CM", "Africa/Douala", Hours(6 * 60, 20 * 60)))

    with pytest.raises(HoursNeverOpen):
        await campaigns.act(launch.launch, campaign_id)

    shown = await campaigns.show(campaign_id)
    assert (shown.state, shown.reserved) == ("prepared", 0)
