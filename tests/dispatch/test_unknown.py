"""Messages that may have left: settled by news that comes late, sent again where that is allowed, never lost."""

import asyncio
from datetime import timedelta

import pytest

from smsflow import runtime, testing
from smsflow.dispatch import recorder
from smsflow.dispatch.sweep import Sweep
from smsflow.domain.delivery import Accepted, Deferred, NotSent, Rejected, Unanswered
from smsflow.domain.message import Kind, Status
from smsflow.services.messages.outcomes import Graces, Report, Way
from smsflow.smpp import spec
from smsflow.store.messages import parked, queue
from smsflow.store.messages import receipts as stored_receipts
from smsflow.store.routing import dispatchers
from tests.dispatch.stage import (
    SOON,
    a_message,
    accepted,
    an_engine,
    an_operator,
    execute,
    query,
    row,
    sound,
    statuses,
    until_status,
)


class Desk:
    """A dispatcher without sockets: it claims, reports and sweeps when it is told to."""

    def __init__(self, platform, instance_id, company, connector):
        self.platform = platform
        self.company = company
        self.connector = connector
        self.way = Way(connector, connector, instance_id, SOON)
        self.now = runtime.now()
        self.sweep = Sweep(platform, instance_id, SOON, lambda: self.now)

    async def accepts(self, **fields):
        (message,) = await accepted(self.platform, a_message(self.company, self.connector, **fields), now=self.now)
        return message

    async def claims(self, connector=None, limit=100):
        async with self.platform.database.autocommit() as tx:
            return await queue.claim(tx, connector or self.connector, instance_id=self.way.instance_id, limit=limit)

    async def reports(self, claim, outcome):
        await recorder.record(
            self.platform.database, self.way, [Report(claim.id, claim.attempt, outcome)], now=self.now
        )

    async def hears(self, reference, status, *, refused=False, number="+237690000001", sender="AWA"):
        news = stored_receipts.News(self.connector, reference, status, refused, status.name, number, sender)
        await recorder.receive(self.platform.database, [news], policy="all", forms=lambda _r: (), now=self.now)

    async def sweeps(self):
        await self.sweep._resend_unknown()
        await self.sweep._release_due()

    async def waits_for_answers(self):
        self.now += timedelta(seconds=33)
        await self.sweep._settle_young_receipts()

    async def loses(self, **fields):
        message = await self.accepts(number="+237690000001", **fields)
        (claim,) = await self.claims()
        await self.reports(claim, Unanswered("no answer"))
        return message, claim


async def an_instance(platform):
    async with platform.database.transaction() as tx:
        return await dispatchers.register(tx, host="test", pid=1, now=runtime.now())


@pytest.fixture
async def desk(platform):
    company = await testing.a_company(platform, credits=100)
    connector = await testing.a_connector(platform)
    return Desk(platform, await an_instance(platform), company, connector)


async def test_a_lost_response_makes_the_message_unknown_and_a_receipt_by_number_and_sender_settles_it(desk):
    message, _ = await desk.loses()
    assert await statuses(desk.platform, [message]) == [Status.UNKNOWN]

    await desk.hears("foreign", Status.DELIVERED)
    await desk.waits_for_answers()
    assert await statuses(desk.platform, [message]) == [Status.DELIVERED]
    desk.now += timedelta(hours=30)
    await desk.sweeps()
    assert await desk.claims() == []
    await sound(desk.platform)


async def test_a_transactional_message_is_sent_again_after_the_grace_and_not_before(desk):
    message, _ = await desk.loses()
    desk.now += timedelta(seconds=59)
    await desk.sweeps()
    assert await desk.claims() == []

    desk.now += timedelta(seconds=2)
    await desk.sweeps()
    (again,) = await desk.claims()
    assert (again.id, again.attempt) == (message, 2)
    await desk.reports(again, Accepted(("r2",)))
    assert await statuses(desk.platform, [message]) == [Status.SENT]
    await sound(desk.platform)


async def test_each_further_time_an_unanswered_message_waits_four_times_longer(desk):
    await desk.loses(valid_until=desk.now + timedelta(hours=48))
    for minutes in (1, 4, 16):
        desk.now += timedelta(minutes=minutes, seconds=-1)
        await desk.sweeps()
        assert await desk.claims() == []
        desk.now += timedelta(seconds=2)
        await desk.sweeps()
        (again,) = await desk.claims()
        await desk.reports(again, Unanswered("no answer"))
    await sound(desk.platform)


async def test_an_unanswered_message_does_not_outlive_its_validity_while_it_waits(desk):
    message, _ = await desk.loses(valid_until=desk.now + timedelta(minutes=4))
    desk.now += timedelta(minutes=2)
    await desk.sweeps()
    (again,) = await desk.claims()
    await desk.reports(again, Unanswered("no answer"))
    desk.now += timedelta(minutes=2, seconds=1)
    await desk.sweeps()

    assert await statuses(desk.platform, [message]) == [Status.EXPIRED]
    await sound(desk.platform)


async def test_a_message_that_is_sent_again_does_not_wait_behind_what_its_company_sent_since(desk):
    message, _ = await desk.loses()
    await accepted(desk.platform, *[a_message(desk.company, desk.connector) for _ in range(50)])
    desk.now += timedelta(seconds=61)
    await desk.sweeps()

    assert (await desk.claims(limit=1))[0].id == message


async def test_marketing_is_never_sent_twice_by_itself_and_stays_unknown(desk):
    message, _ = await desk.loses(kind=Kind.MARKETING)
    desk.now += timedelta(hours=25)
    await desk.sweeps()

    assert await desk.claims() == []
    assert await statuses(desk.platform, [message]) == [Status.UNKNOWN]
    assert await query(desk.platform, "SELECT 1 FROM unknown_outcome") == []
    assert await testing.balance(desk.platform, desk.company) == 99
    await sound(desk.platform)


@pytest.mark.parametrize(
    ("policy", "kind", "again"),
    [
        ("at_most_once", Kind.OTP, 0),
        ("at_most_once", Kind.TRANSACTIONAL, 0),
        ("at_least_once", Kind.MARKETING, 1),
        (None, Kind.OTP, 1),
    ],
)
async def test_a_company_can_ask_for_at_most_once_or_at_least_once(desk, policy, kind, again):
    await execute(desk.platform, "UPDATE company SET resend = :p", p=policy)
    await desk.loses(kind=kind)
    desk.now += timedelta(seconds=61)
    await desk.sweeps()

    assert len(await desk.claims()) == again


async def test_a_message_is_sent_again_by_another_route_where_there_is_one(desk):
    other = await testing.a_connector(desk.platform, "other")
    for connector in (desk.connector, other):
        await testing.a_route(desk.platform, connector)
    message, _ = await desk.loses()
    desk.now += timedelta(seconds=61)
    await desk.sweeps()

    assert await desk.claims() == []
    assert [c.id for c in await desk.claims(other)] == [message]


async def test_a_message_whose_validity_ends_while_unknown_expires_and_stays_charged(desk):
    message, _ = await desk.loses(valid_until=desk.now + timedelta(seconds=30))
    desk.now += timedelta(seconds=61)
    await desk.sweeps()

    assert await statuses(desk.platform, [message]) == [Status.EXPIRED]
    assert await testing.balance(desk.platform, desk.company) == 99
    await sound(desk.platform)


async def test_a_late_yes_settles_what_was_unknown(desk):
    message, claim = await desk.loses()
    await desk.reports(claim, Accepted(("r1",)))
    desk.now += timedelta(seconds=61)
    await desk.sweeps()

    assert await statuses(desk.platform, [message]) == [Status.SENT]
    assert await desk.claims() == []
    await desk.hears("r1", Status.DELIVERED)
    assert await statuses(desk.platform, [message]) == [Status.DELIVERED]
    await sound(desk.platform)


async def test_a_late_no_settles_what_was_unknown_and_returns_its_credits_once(desk):
    message, claim = await desk.loses(kind=Kind.MARKETING)
    for _ in range(2):
        await desk.reports(claim, Rejected("ESME_RINVDSTADR"))

    assert await statuses(desk.platform, [message]) == [Status.FAILED]
    assert await testing.balance(desk.platform, desk.company) == 100
    await sound(desk.platform)


async def test_a_late_no_to_an_attempt_that_was_followed_by_another_changes_nothing(desk):
    message, first = await desk.loses()
    desk.now += timedelta(seconds=61)
    await desk.sweeps()
    await desk.claims()
    await desk.reports(first, Rejected("ESME_RINVDSTADR"))

    assert await statuses(desk.platform, [message]) == [Status.RECEIVED]
    assert await testing.balance(desk.platform, desk.company) == 99
    await sound(desk.platform)


@pytest.mark.parametrize("outcome", [Deferred("later", 5), NotSent(), Unanswered("?")])
async def test_an_outcome_for_a_claim_that_was_taken_away_changes_nothing(desk, outcome):
    message, first = await desk.loses()
    desk.now += timedelta(seconds=61)
    await desk.sweeps()
    (second,) = await desk.claims()
    before = await row(desk.platform, message)
    await desk.reports(first, outcome)

    assert await row(desk.platform, message) == before
    assert await query(desk.platform, "SELECT attempt FROM queue WHERE claimed_by IS NOT NULL") == [(second.attempt,)]
    await sound(desk.platform)


async def test_a_yes_for_a_claim_that_was_taken_away_keeps_its_reference(desk):
    message, first = await desk.loses()
    desk.now += timedelta(seconds=61)
    await desk.sweeps()
    (second,) = await desk.claims()
    await desk.reports(first, Accepted(("r1",)))
    assert await statuses(desk.platform, [message]) == [Status.RECEIVED]

    await desk.hears("r1", Status.DELIVERED)
    assert await statuses(desk.platform, [message]) == [Status.DELIVERED]
    await desk.reports(second, Accepted(("r2",)))
    await desk.hears("r2", Status.FAILED, refused=True)
    assert await statuses(desk.platform, [message]) == [Status.DELIVERED]
    await sound(desk.platform)


@pytest.mark.parametrize(("end", "refused"), [(Status.DELIVERED, False), (Status.FAILED, True)])
async def test_a_receipt_that_comes_before_its_response_is_not_given_to_an_unknown_message_to_the_same_number(
    desk, end, refused
):
    unknown, _ = await desk.loses(kind=Kind.MARKETING)
    message = await desk.accepts(number="+237690000001")
    (claim,) = await desk.claims()
    await desk.hears("b", end, refused=refused)
    await desk.sweep._settle_young_receipts()
    assert await statuses(desk.platform, [unknown, message]) == [Status.UNKNOWN, Status.RECEIVED]

    await desk.reports(claim, Accepted(("b",)))
    await desk.waits_for_answers()

    assert await statuses(desk.platform, [unknown, message]) == [Status.UNKNOWN, end]
    await sound(desk.platform)


async def test_a_receipt_that_was_there_before_a_message_does_not_settle_it(desk):
    await desk.hears("of an earlier one", Status.DELIVERED)
    desk.now += timedelta(minutes=1)
    message, _ = await desk.loses(kind=Kind.MARKETING)
    await desk.waits_for_answers()
    assert await statuses(desk.platform, [message]) == [Status.UNKNOWN]

    await desk.hears("its own", Status.DELIVERED)
    await desk.waits_for_answers()
    assert await statuses(desk.platform, [message]) == [Status.DELIVERED]
    await sound(desk.platform)


async def test_a_receipt_without_a_reference_finds_no_message_that_was_given_none(desk):
    message = await desk.accepts(number="+237690000001")
    (claim,) = await desk.claims()
    await desk.reports(claim, Accepted(("",)))
    await desk.hears("", Status.FAILED, refused=True, number="+237690000002")
    await desk.waits_for_answers()

    assert await statuses(desk.platform, [message]) == [Status.SENT]
    assert len(await query(desk.platform, "SELECT 1 FROM parked_receipt")) == 1


async def test_two_unknown_messages_to_one_number_are_not_guessed(desk):
    first = await desk.accepts(number="+237690000001")
    second = await desk.accepts(number="+237690000001")
    for claim in await desk.claims():
        await desk.reports(claim, Unanswered("no answer"))
    await desk.hears("foreign", Status.DELIVERED)
    await desk.waits_for_answers()

    assert await statuses(desk.platform, [first, second]) == [Status.UNKNOWN] * 2
    assert len(await query(desk.platform, "SELECT 1 FROM parked_receipt")) == 1


async def test_a_parked_receipt_is_looked_at_while_it_is_young_and_then_with_all_others(desk):
    first = await desk.accepts(number="+237690000001")
    await desk.accepts(number="+237690000001")
    for claim in await desk.claims():
        await desk.reports(claim, Unanswered("no answer"))
    await desk.hears("foreign", Status.DELIVERED)
    await execute(desk.platform, f"DELETE FROM unknown_outcome WHERE message_id = {first}")
    await execute(desk.platform, "UPDATE message SET created_at = created_at - interval '1 hour'")
    await execute(desk.platform, "UPDATE parked_receipt SET received_at = received_at - interval '1 hour'")
    now = runtime.now()

    async with desk.platform.database.transaction() as tx:
        young = await parked.look(
            tx, [parked.Look(desk.connector, now, (now - timedelta(minutes=1), 0))], newest=True, limit=10
        )
        everything = await parked.look(tx, [parked.Look(desk.connector, now)], newest=False, limit=10)

    assert young.ready == []
    assert len(everything.ready) == 1


async def test_claims_of_a_dispatcher_whose_session_ended_become_unknown(desk):
    message = await desk.accepts(number="+237690000001")
    async with desk.platform.database.session() as tx:
        ghost = await dispatchers.register(tx, host="test", pid=1, now=runtime.now())
        await queue.claim(tx, desk.connector, instance_id=ghost, limit=10)
    for _ in range(10):
        await desk.sweep._declare_dead()
        await asyncio.sleep(0.05)

    assert await statuses(desk.platform, [message]) == [Status.UNKNOWN]
    await sound(desk.platform)


async def test_a_buried_dispatcher_claims_nothing_and_is_told(desk):
    await desk.accepts()
    async with desk.platform.database.transaction() as tx:
        await tx.execute("DELETE FROM instance")

    assert await desk.claims() == []
    async with desk.platform.database.autocommit() as tx:
        assert not await dispatchers.beat(tx, desk.way.instance_id)


async def test_a_dispatcher_that_leaves_with_claims_stays_registered_for_the_others_to_bury(desk):
    await desk.accepts()
    await desk.claims()
    async with desk.platform.database.autocommit() as tx:
        await dispatchers.leave(tx, desk.way.instance_id)

    assert await query(desk.platform, "SELECT id FROM instance") == [(desk.way.instance_id,)]


@pytest.fixture
async def hasty(open_platform):
    async with open_platform(poll_interval=0.05, unknown_grace=1.0) as platform:
        yield platform


async def test_a_response_that_never_comes_ends_in_a_second_sending_and_duplicates_only_there(hasty):
    async with an_operator(lose_response_every=5, receipts="none") as operator, an_engine(hasty):
        company = await testing.a_company(hasty, credits=100)
        connector = await testing.a_connector(hasty, port=operator.port, response_timeout=1)
        ids = await accepted(hasty, *[a_message(company, connector) for _ in range(9)])
        await operator.wait_for(lambda o: o.responses_lost == 1)
        operator.script.lose_response_every = 0
        await until_status(hasty, ids, Status.SENT)

        assert operator.submits == 10
        assert operator.duplicates == 1
    await sound(hasty)


async def test_a_receipt_settles_a_lost_response_before_it_is_sent_again(open_platform):
    async with open_platform(poll_interval=0.05) as platform:
        async with an_operator(lose_response_every=1) as operator, an_engine(platform):
            company = await testing.a_company(platform, credits=100)
            connector = await testing.a_connector(platform, port=operator.port, response_timeout=1)
            (message,) = await accepted(platform, a_message(company, connector))
            await until_status(platform, message, Status.DELIVERED)

            assert operator.submits == 1
        await sound(platform)


async def test_a_late_response_of_the_operator_settles_the_message(open_platform):
    async with (
        open_platform(poll_interval=0.05) as platform,
        an_operator(latency=4, receipts="none") as operator,
        an_engine(platform),
    ):
        company = await testing.a_company(platform, credits=100)
        connector = await testing.a_connector(platform, port=operator.port, response_timeout=1)
        ids = await accepted(platform, a_message(company, connector, text="x" * 300, segments=2))
        await until_status(platform, ids, Status.UNKNOWN)
        await until_status(platform, ids, Status.SENT)

        assert operator.submits == 2
        await sound(platform)


async def test_a_late_refusal_of_the_operator_returns_the_credits(open_platform):
    async with (
        open_platform(poll_interval=0.05) as platform,
        an_operator(latency=1.3, refuse=[(".*", spec.ESME_RINVDSTADR)]) as operator,
        an_engine(platform),
    ):
        company = await testing.a_company(platform, credits=100)
        connector = await testing.a_connector(platform, port=operator.port, response_timeout=1)
        ids = await accepted(platform, a_message(company, connector, kind=Kind.MARKETING))
        await until_status(platform, ids, Status.FAILED)

        assert await testing.balance(platform, company) == 100
        await sound(platform)


async def test_a_link_cut_in_mid_flight_leaves_nothing_behind(hasty):
    async with an_operator(disconnect_every=25) as operator, an_engine(hasty):
        company = await testing.a_company(hasty, credits=200)
        connector = await testing.a_connector(hasty, port=operator.port, window=10)
        ids = await accepted(hasty, *[a_message(company, connector) for _ in range(60)])
        await operator.wait_for(lambda o: o.disconnects >= 2)
        operator.script.disconnect_every = 0
        await until_status(hasty, ids, Status.DELIVERED)

        assert set(operator.by_number.values()) <= {1, 2}
    assert await query(hasty, "SELECT 1 FROM queue") == []
    await sound(hasty)


def test_the_graces_are_those_of_the_design():
    assert Graces() == SOON
