from datetime import timedelta

import pytest

from smsflow import runtime, testing
from smsflow.domain.message import Kind, Status, public_id
from smsflow.errors import NotFound
from smsflow.services.messages import timeline
from smsflow.services.messages.cancel import cancel
from smsflow.services.messages.timeline import Wanted
from smsflow.services.messages.waiting import waiting_now
from smsflow.smpp import spec
from smsflow.smpp.meanings import meaning
from smsflow.store.accounts import companies
from tests.dispatch.stage import a_message, accepted, an_engine, an_operator, execute, until_status


@pytest.fixture
async def quick(open_platform):
    async with open_platform(poll_interval=0.05) as platform:
        yield platform


async def followed(platform, message_id):
    async with platform.database.transaction() as tx:
        return await timeline.follow(tx, public_id(message_id))


async def events(platform, message_id):
    return [(e.event, e.says) for e in (await followed(platform, message_id)).timeline]


async def test_the_timeline_of_a_delivered_message_has_each_step(quick):
    async with an_operator() as operator, an_engine(quick):
        company = await testing.a_company(quick)
        connector = await testing.a_connector(quick, "op", port=operator.port)
        (message,) = await accepted(quick, a_message(company, connector, number="+237690000001"))
        await until_status(quick, message, Status.DELIVERED)

    found = await followed(quick, message)
    (part,) = found.parts
    assert [(e.event, e.says) for e in found.timeline] == [
        ("accepted", "+237690000001 from AWA, 1 segment"),
        ("charged", "1 credit"),
        ("routed", "to op"),
        ("sent", f"op took it as {part.reference}"),
        ("receipt", "delivered"),
        ("delivered", "to the handset"),
    ]
    assert all(e.at is not None for e in found.timeline)


async def test_a_refused_message_shows_the_operators_status_in_words_and_its_returned_credits(quick):
    refuse = [("237", spec.ESME_RINVDSTADR)]
    async with an_operator(refuse=refuse) as operator, an_engine(quick):
        company = await testing.a_company(quick)
        connector = await testing.a_connector(quick, "op", port=operator.port)
        (message,) = await accepted(quick, a_message(company, connector))
        await until_status(quick, message, Status.FAILED)

    found = await followed(quick, message)
    assert found.meaning == "the operator does not take this number"
    assert [(e.event, e.says) for e in found.timeline[3:]] == [
        ("refused", "ESME_RINVDSTADR: the operator does not take this number"),
        ("refunded", "1 credit"),
    ]


async def test_a_failed_delivery_shows_the_words_of_its_receipt_and_gives_nothing_back(quick):
    async with an_operator(receipt_states=[("237", "UNDELIV")]) as operator, an_engine(quick):
        company = await testing.a_company(quick)
        connector = await testing.a_connector(quick, "op", port=operator.port)
        (message,) = await accepted(quick, a_message(company, connector))
        await until_status(quick, message, Status.FAILED)

    found = await events(quick, message)
    assert [event for event, _ in found] == ["accepted", "charged", "routed", "sent", "receipt", "failed"]
    assert "the operator could not deliver it" in found[-1][1]


async def test_the_timeline_of_a_planned_message_that_is_cancelled_has_both(platform):
    company = await testing.a_company(platform)
    connector = await testing.a_connector(platform, "op")
    due = runtime.now() + timedelta(hours=1)
    (message,) = await accepted(platform, a_message(company, connector, due_at=due))
    before = await events(platform, message)

    async with platform.database.transaction() as tx:
        await cancel(tx, [message], now=runtime.now())

    assert [event for event, _ in before] == ["accepted", "charged", "planned", "routed", "waiting"]
    after = [event for event, _ in await events(platform, message)]
    assert after == ["accepted", "charged", "planned", "routed", "cancelled", "refunded"]


async def test_messages_of_a_suspended_company_are_held(platform):
    company = await testing.a_company(platform)
    connector = await testing.a_connector(platform, "op")
    (message,) = await accepted(platform, a_message(company, connector))

    async with platform.database.transaction() as tx:
        await companies.set_suspended(tx, company.id, suspended=True)

    assert (await events(platform, message))[-1] == ("held", f"company {company.id} is suspended")


async def test_messages_of_a_paused_campaign_are_held(platform):
    company = await testing.a_company(platform)
    connector = await testing.a_connector(platform, "op")
    (message,) = await accepted(platform, a_message(company, connector))

    await execute(platform, "UPDATE queue SET due_at = 'infinity'")

    assert (await events(platform, message))[-1] == ("held", "its campaign is paused")
    async with platform.database.transaction() as tx:
        waiting = await waiting_now(tx, company_id=None, limit=5)
    assert [lane.backlog.held for lane in waiting.lanes] == [1]
    assert [(m.id, m.held, m.due_at) for m in waiting.oldest] == [(message, True, None)]


async def test_the_timeline_shows_how_often_a_message_was_tried(platform):
    company = await testing.a_company(platform)
    connector = await testing.a_connector(platform, "op")
    (message,) = await accepted(platform, a_message(company, connector))

    await execute(platform, "UPDATE queue SET attempt = 2")

    assert (await events(platform, message))[-2:] == [("requeued", "after 2 tries"), ("waiting", "to leave by op")]


async def test_a_message_that_is_not_there_is_not_found(platform):
    for unknown in ("SMS0000009", "nonsense"):
        with pytest.raises(NotFound):
            async with platform.database.transaction() as tx:
                await timeline.follow(tx, unknown)


async def found(platform, *, limit=10, within=100, **wanted):
    async with platform.database.transaction() as tx:
        searched = await timeline.search(tx, Wanted(**wanted), limit=limit, within=within)
    return [m.id for m in searched.messages], searched.until


async def test_messages_are_found_by_number_status_company_campaign_and_time(platform):
    first, second = await testing.a_company(platform), await testing.a_company(platform, name="Second")
    campaign = await testing.a_campaign(platform, first)
    connector = await testing.a_connector(platform, "op")
    planned = runtime.now() + timedelta(hours=1)
    (one,) = await accepted(
        platform, a_message(first, connector, number="+237655123456"), now=runtime.now() - timedelta(days=2)
    )
    (two,) = await accepted(platform, a_message(first, connector, due_at=planned, campaign_id=campaign))
    (three,) = await accepted(platform, a_message(second, connector, number="+237677990001", kind=Kind.OTP))

    assert await found(platform) == ([three, two, one], None)
    assert await found(platform, company_id=first.id) == ([two, one], None)
    assert await found(platform, number="655123456") == ([one], None)
    assert await found(platform, number="7990001") == ([three], None)
    assert await found(platform, status=Status.PLANNED) == ([two], None)
    assert await found(platform, campaign_id=campaign) == ([two], None)
    assert await found(platform, since=runtime.now() - timedelta(hours=1)) == ([three, two], None)


async def test_a_search_looks_at_so_many_messages_and_says_where_it_ended(platform):
    company = await testing.a_company(platform)
    connector = await testing.a_connector(platform, "op")
    old, *_ = await accepted(
        platform, a_message(company, connector, number="+237655123456"), *[a_message(company, connector)] * 5
    )

    assert await found(platform, number="655123456", within=6) == ([old], None)
    messages, until = await found(platform, number="655123456", within=5)
    assert messages == []
    assert until is not None
    enough, until = await found(platform, limit=3, within=5)
    assert (len(enough), until) == (3, None)


async def test_a_search_for_a_company_reads_no_row_of_the_others(platform):
    company, other = await testing.a_company(platform, credits=20_000), await testing.a_company(platform, name="Other")
    connector = await testing.a_connector(platform, "op")
    await accepted(platform, a_message(other, connector))
    await accepted(platform, *[a_message(company, connector)] * 20_000)
    async with platform.database.transaction() as tx:
        await tx.execute("ANALYZE message")

    async with platform.database.transaction() as tx:
        before = await rows_read(tx)
        searched = await timeline.search(tx, Wanted(company_id=other.id, number="99999"), limit=10, within=100_000)
        read = await rows_read(tx) - before

    assert (searched.messages, searched.until) == ((), None)
    assert read < 100


async def rows_read(tx):
    """Return how many rows of messages this transaction's session has read so far."""
    await tx.execute("SELECT pg_stat_force_next_flush()")
    query = """
        SELECT coalesce(sum(pg_stat_get_xact_tuples_fetched(c.oid) + pg_stat_get_xact_tuples_returned(c.oid)), 0)::bigint
        FROM pg_class c WHERE c.relname LIKE 'message\\_0%%'
    """
    return (await tx.execute(query)).scalar_one()


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("ESME_RTHROTTLED", "we send faster than the operator allows"),
        ("UNDELIV 000", "the operator could not deliver it"),
        ("UNDELIV 0F1", "the operator could not deliver it; its own code for that is 0F1"),
        ("0x00000401", None),
        ("validity ended", None),
    ],
)
def test_a_status_has_words_where_they_are_known(status, words):
    assert meaning(status) == words
