"""A row that the database refuses alone is set aside: the others of its batch are stored, and no bind stops."""

from datetime import timedelta

from smsflow import runtime, testing
from smsflow.domain.message import Status
from smsflow.services.messages import set_aside
from tests.dispatch.stage import (
    a_message,
    accepted,
    an_engine,
    an_operator,
    execute,
    query,
    sound,
    statuses,
    until_bound,
    until_status,
)
from tests.dispatch.test_receipts import a_receipt


async def counted(platform):
    async with platform.database.autocommit() as tx:
        found = await set_aside.counted(tx, since=runtime.now() - timedelta(hours=1))
    return [(c.path, c.entries, c.last_error) for c in found]


async def test_a_receipt_that_cannot_be_stored_is_set_aside_and_acknowledged_and_the_others_are_stored(open_platform):
    async with open_platform(poll_interval=0.05) as platform, an_operator(receipts="none") as operator:
        connector = await testing.a_connector(platform, port=operator.port)
        await execute(platform, "ALTER TABLE parked_receipt ADD CHECK (reference <> 'poison')")
        async with an_engine(platform):
            await until_bound(platform, connector)
            for reference in ("r1", "poison", "r2"):
                operator.deliveries.put(a_receipt(reference, "+237690000001"))
            await operator.wait_for(lambda o: o.deliveries.acknowledged == 3)

        kept = await query(platform, "SELECT reference FROM parked_receipt ORDER BY id")
        assert [r.reference for r in kept] == ["r1", "r2"]
        assert await counted(platform) == [("receipts", 1, "CheckViolation 23514")]
        (aside,) = await query(platform, "SELECT detail FROM set_aside")
        assert "690000001" not in aside.detail


async def test_an_answer_that_cannot_be_recorded_makes_its_message_unknown_and_the_others_are_sent(open_platform):
    async with open_platform(poll_interval=0.05) as platform, an_operator(receipts="none") as operator:
        company = await testing.a_company(platform, credits=10)
        connector = await testing.a_connector(platform, port=operator.port)
        ids = await accepted(platform, *[a_message(company, connector) for _ in range(3)])
        await execute(platform, f"ALTER TABLE part ADD CHECK (message_id <> {ids[1]})")
        async with an_engine(platform):
            await until_status(platform, [ids[0], ids[2]], Status.SENT)
            await until_status(platform, ids[1], Status.UNKNOWN)

            more = await accepted(platform, a_message(company, connector))
            await until_status(platform, more, Status.SENT)
        assert await counted(platform) == [("outcomes", 1, "CheckViolation 23514")]
        assert await statuses(platform, [ids[1]]) == [Status.UNKNOWN]
        await sound(platform)


async def test_an_operator_that_answers_with_endless_ids_stops_no_bind(open_platform):
    script = {"misbehave": ["long-id"], "misbehave_every": 2, "receipts": "none"}
    async with open_platform(poll_interval=0.05) as platform, an_operator(**script) as operator, an_engine(platform):
        company = await testing.a_company(platform, credits=10)
        connector = await testing.a_connector(platform, port=operator.port)
        ids = await accepted(platform, *[a_message(company, connector) for _ in range(6)])
        await until_status(platform, ids, Status.SENT)

        assert (
            max(
                r.length for r in await query(platform, "SELECT length(coalesce(exact, reference)) AS length FROM part")
            )
            <= 65
        )
        assert await counted(platform) == []
