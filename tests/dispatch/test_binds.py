"""Binds: as many as the operator allows, kept up, handed over, and changed without a restart."""

import asyncio
from datetime import timedelta

import pytest

from smsflow import runtime, testing
from smsflow.dispatch import bind as keeping
from smsflow.dispatch import lease
from smsflow.dispatch import sweep as sweeping
from smsflow.domain.message import Status
from smsflow.simulator.operator import Simulator
from smsflow.smpp.net.client import ConnectFailed
from smsflow.store.messages import due
from smsflow.store.postgres.transactions import Database, text
from smsflow.store.routing import connectors, dispatchers
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
    until,
    until_bound,
    until_status,
)

LEASE_OF = """
SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND classid = 7301 AND objid = :id
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


@pytest.fixture
async def quick(open_platform):
    async with open_platform(poll_interval=0.05) as platform:
        yield platform


@pytest.fixture
async def twin(open_platform):
    """The same platform as another node sees it."""
    async with open_platform(poll_interval=0.05) as platform:
        yield platform


async def change(platform, name, **values):
    async with platform.database.transaction() as tx:
        assert await connectors.set_connector(tx, name, values)


async def bind_of(platform, connector):
    async with platform.database.autocommit() as tx:
        return next((b for b in await dispatchers.binds(tx) if b.connector_id == connector), None)


async def test_two_dispatchers_never_bind_more_than_the_operator_allows(quick, twin):
    async with an_operator() as operator:
        connector = await testing.a_connector(quick, port=operator.port, binds=2)
        company = await testing.a_company(quick, credits=300)
        async with an_engine(quick), an_engine(twin):
            ids = await accepted(quick, *[a_message(company, connector) for _ in range(200)])
            await until_bound(quick, connector, 2)
            await until_status(quick, ids, Status.DELIVERED)

    assert operator.binds_max == 2
    assert operator.handsets.duplicates == 0
    await sound(quick)


async def test_a_dispatcher_that_leaves_hands_its_bind_over_at_once(quick, twin):
    async with an_operator() as operator:
        connector = await testing.a_connector(quick, port=operator.port)
        company = await testing.a_company(quick, credits=300)
        async with an_engine(twin):
            await until_bound(quick, connector)
            async with an_engine(quick):
                await until(lambda: instance_count(quick, 2))
        async with an_engine(quick):
            ids = await accepted(quick, *[a_message(company, connector) for _ in range(20)])
            await until_status(quick, ids, Status.DELIVERED)

    assert operator.binds_max == 1
    assert operator.handsets.duplicates == 0


async def instance_count(platform, number):
    return len(await query(platform, "SELECT 1 FROM instance")) == number


async def test_a_dispatcher_whose_session_is_ended_stops_and_another_takes_over(quick, twin, monkeypatch):
    monkeypatch.setattr(lease, "_TAKEOVER", 3.0)
    async with an_operator() as operator:
        connector = await testing.a_connector(quick, port=operator.port)
        company = await testing.a_company(quick, credits=300)
        async with an_engine(quick):
            await until_bound(quick, connector)
            first = (await bind_of(quick, connector)).instance_id
            async with an_engine(twin):
                await until(lambda: instance_count(quick, 2))
                await execute(quick, LEASE_OF, id=first)

                async def taken_over():
                    found = await bind_of(quick, connector)
                    return found is not None and found.state == "bound" and found.instance_id != first

                await until(taken_over)
                ids = await accepted(quick, *[a_message(company, connector) for _ in range(20)])
                await until_status(quick, ids, Status.DELIVERED)

    assert operator.binds_max == 1
    assert operator.handsets.duplicates == 0
    await sound(quick)


async def test_declaring_a_dispatcher_dead_ends_no_session_of_another_database(quick, database_server):
    elsewhere = Database(database_server, pool=1)
    async with elsewhere.session() as lease:
        # In another database of the same server, a dispatcher has the same number.
        await lease.execute("SELECT pg_advisory_lock(7301, 4711)")
        async with quick.database.transaction() as tx:
            await dispatchers.declare_dead(tx, 4711)
        assert (await lease.execute("SELECT 1")).scalar_one() == 1
    await elsewhere.close()


async def test_a_dispatcher_that_stands_still_is_declared_dead_and_notices(open_platform):
    async with (
        open_platform(poll_interval=0.05, claim_lease=5) as platform,
        an_engine(platform),
        platform.database.session() as still,
    ):
        stuck = await dispatchers.register(still, host="elsewhere", pid=1, now=runtime.now())
        await until(lambda: gone(platform, stuck))


async def gone(platform, instance_id):
    return not await query(platform, "SELECT 1 FROM instance WHERE id = :id", id=instance_id)


async def test_a_connector_is_changed_disabled_and_enabled_without_a_restart(quick):
    async with an_operator() as one, an_operator() as other, an_engine(quick):
        connector = await testing.a_connector(quick, port=one.port)
        await one.wait_for(lambda o: o.binds == 1)
        await change(quick, "operator", port=other.port)
        await other.wait_for(lambda o: o.binds == 1)
        await one.wait_for(lambda o: o.binds == 0)
        await change(quick, "operator", enabled=False)
        await other.wait_for(lambda o: o.binds == 0)
        await until(lambda: no_state(quick, connector))
        await change(quick, "operator", enabled=True)
        await other.wait_for(lambda o: o.binds == 1)

    assert (one.binds_max, other.binds_max) == (1, 1)


async def no_state(platform, connector):
    return await bind_of(platform, connector) is None


_WAITS_FOR_A_LOCK = """
SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'DELETE FROM bind_state%'
"""


async def test_a_bind_that_is_given_back_is_free_only_once_its_holder_is_forgotten(quick):
    connector = await testing.a_connector(quick)
    mine = lease.Lease(quick.database, runtime.now)
    async with quick.database.session() as another, mine.hold() as me:
        await mine.take_slot(connector, 0)
        await execute(quick, "INSERT INTO bind_state VALUES (:c, 0, :me, 'bound', '', now())", c=connector, me=me)
        async with quick.database.transaction() as tx:
            await tx.execute(text("SELECT FROM bind_state FOR UPDATE"))
            freeing = asyncio.create_task(mine.free_slot(connector, 0))
            await until(lambda: query(quick, _WAITS_FOR_A_LOCK))
            assert not await dispatchers.take_slot(another, connector, 0)
        await freeing

        assert await dispatchers.take_slot(another, connector, 0)
        assert await dispatchers.holder(another, connector, 0) is None


async def test_no_state_of_a_bind_is_written_after_it_was_given_back(quick, monkeypatch):
    real, unbound, told = dispatchers.report_bind, asyncio.Event(), asyncio.Event()

    async def slow(*arguments, state, **named):
        if state == "bound":
            await unbound.wait()
            await asyncio.sleep(0.3)
        await real(*arguments, state=state, **named)
        if state == "bound":
            told.set()

    monkeypatch.setattr(dispatchers, "report_bind", slow)
    async with an_operator() as operator, an_engine(quick), quick.database.session() as another:
        connector = await testing.a_connector(quick, port=operator.port)
        await operator.wait_for(lambda o: o.binds == 1)
        await change(quick, "operator", enabled=False)
        await operator.wait_for(lambda o: o.binds == 0)
        unbound.set()
        await until(lambda: dispatchers.take_slot(another, connector, 0))
        await told.wait()

        assert await bind_of(quick, connector) is None


async def test_a_change_while_an_operator_does_not_answer_leaves_no_claim_behind_and_holds_nobody_up(quick):
    async with an_operator(latency=30) as silent, an_operator() as healthy, an_engine(quick):
        company = await testing.a_company(quick, credits=300)
        hung = await testing.a_connector(quick, "hung", port=silent.port, window=5)
        other = await testing.a_connector(quick, "healthy", port=healthy.port)
        lost = await accepted(quick, *[a_message(company, hung) for _ in range(5)])
        await silent.wait_for(lambda o: o.submits == 5)
        await change(quick, "hung", enabled=False)
        await until_bound(quick, other)
        prompt = await accepted(quick, a_message(company, other))
        await until_status(quick, prompt, Status.DELIVERED)
        assert await statuses(quick, lost) == [Status.RECEIVED] * 5
        await until_status(quick, lost, Status.UNKNOWN)

    assert await query(quick, "SELECT 1 FROM queue WHERE claimed_by IS NOT NULL") == []
    await sound(quick)


async def test_rule_14_a_graceful_stop_records_what_a_slow_operator_answers(quick):
    async with an_operator(latency=4.2, receipts="none") as slow:
        company = await testing.a_company(quick, credits=300)
        connector = await testing.a_connector(quick, port=slow.port, window=5)
        ids = await accepted(quick, *[a_message(company, connector) for _ in range(5)])
        async with an_engine(quick):
            await slow.wait_for(lambda o: o.submits == 5)

    assert await statuses(quick, ids) == [Status.SENT] * 5
    assert await query(quick, "SELECT 1 FROM instance") == []


async def test_rule_14_wrong_credentials_stop_and_say_so_until_they_are_changed(quick):
    async with an_operator(passwords={"smsflow": "right"}) as operator, an_engine(quick):
        connector = await testing.a_connector(quick, port=operator.port, password="wrong")

        async def stopped():
            found = await bind_of(quick, connector)
            return found is not None and found.state == "stopped"

        await until(stopped)
        assert "smsflow connector set operator" in (await bind_of(quick, connector)).detail
        await change(quick, "operator", password_sealed=quick.vault.seal("right"))
        await until_bound(quick, connector)


async def test_rule_14_a_password_that_no_key_opens_stops_the_connector_and_says_so(quick):
    async with an_engine(quick):
        connector = await testing.a_connector(quick)
        await change(quick, "operator", password_sealed="not sealed")

        async def stopped():
            found = await bind_of(quick, connector)
            return found is not None and found.state == "stopped"

        await until(stopped)
        assert "SMSFLOW_SECRET_KEY" in (await bind_of(quick, connector)).detail


@pytest.mark.parametrize("error", [ConnectFailed("nobody is there"), ValueError("nobody is there")])
async def test_rule_14_the_waits_between_two_tries_grow_with_jitter_up_to_a_minute(monkeypatch, error):
    waits, told = [], []

    async def refuse(*_):
        raise error

    async def sleep(seconds):
        waits.append(seconds)
        if len(waits) == 10:
            raise asyncio.CancelledError

    async def tell(state, sentence):
        told.append((state, sentence))

    class Lane:
        class connector:  # noqa: N801
            name, host, port, bind = "operator", "127.0.0.1", 1, "trx"

    monkeypatch.setattr(keeping, "_open", refuse)
    monkeypatch.setattr(keeping.asyncio, "sleep", sleep)
    with pytest.raises(asyncio.CancelledError):
        await keeping.keep_bound(Lane, "secret", notify=tell, jitter=lambda: 1.0, clock=lambda: 0.0)

    assert waits == [0.5, 1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert told[0][0] == "connecting"
    assert set(told[1:]) == {("lost", "nobody is there")}


async def test_rule_14_an_operator_that_comes_back_is_bound_again(quick):
    async with an_engine(quick):
        company = await testing.a_company(quick, credits=300)
        async with an_operator() as operator:
            port = operator.port
            connector = await testing.a_connector(quick, port=port)
            await until_bound(quick, connector)

        async def lost():
            return (await bind_of(quick, connector)).state == "lost"

        await until(lost)
        ids = await accepted(quick, a_message(company, connector))
        async with await Simulator.start(port=port):
            await until_status(quick, ids, Status.DELIVERED)


async def test_a_bind_cancelled_while_its_state_is_written_leaves_no_session_behind(quick, monkeypatch):
    telling = asyncio.Event()
    real = dispatchers.report_bind

    async def report_bind(*arguments, **named):
        if named["state"] == "bound" and not telling.is_set():
            telling.set()
            await asyncio.Event().wait()
        await real(*arguments, **named)

    monkeypatch.setattr(dispatchers, "report_bind", report_bind)
    async with an_operator() as operator, an_engine(quick):
        await testing.a_connector(quick, port=operator.port)
        await telling.wait()
        await change(quick, "operator", window=20)
        await operator.wait_for(lambda o: o.binds == 0)
        await operator.wait_for(lambda o: o.binds == 1)

    assert operator.binds_max == 1


async def test_a_beat_that_times_out_without_a_message_does_not_end_the_dispatcher(quick, monkeypatch):
    real, failed = dispatchers.beat, []

    async def beat(*arguments):
        if not failed:
            failed.append(1)
            raise TimeoutError
        return await real(*arguments)

    monkeypatch.setattr(dispatchers, "beat", beat)
    async with an_operator() as operator, an_engine(quick):
        connector = await testing.a_connector(quick, port=operator.port)
        await until_bound(quick, connector)

    assert failed


async def test_a_sweep_step_that_times_out_without_a_message_does_not_end_the_sweep(quick, monkeypatch):
    real, failed = due.take, []

    async def take(*arguments, **named):
        if not failed:
            failed.append(1)
            raise TimeoutError
        return await real(*arguments, **named)

    monkeypatch.setattr(due, "take", take)
    async with an_operator() as operator, an_engine(quick):
        company = await testing.a_company(quick, credits=300)
        connector = await testing.a_connector(quick, port=operator.port)
        planned = runtime.now() + timedelta(seconds=0.2)
        ids = await accepted(quick, a_message(company, connector, due_at=planned))
        await until_status(quick, ids, Status.DELIVERED)

    assert failed


async def test_messages_of_a_disabled_connector_leave_by_their_fallback(quick):
    async with an_operator() as operator, an_engine(quick):
        company = await testing.a_company(quick, credits=300)
        first = await testing.a_connector(quick, "first", port=1)
        second = await testing.a_connector(quick, "second", port=operator.port, system_id="second")
        for priority, connector in enumerate((first, second)):
            await testing.a_route(quick, connector, priority=priority)
        ids = await accepted(quick, *[a_message(company, first) for _ in range(3)])
        await change(quick, "first", enabled=False)
        await until_status(quick, ids, Status.DELIVERED)

    assert (await row(quick, ids[0])).connector_id == second
    await sound(quick)


async def test_messages_of_a_connector_that_is_down_leave_by_their_fallback_in_time(open_platform):
    async with (
        open_platform(poll_interval=0.05, fallback_after=0.5) as platform,
        an_operator() as operator,
        an_engine(platform),
    ):
        company = await testing.a_company(platform, credits=300)
        first = await testing.a_connector(platform, "first", port=1)
        second = await testing.a_connector(platform, "second", port=operator.port, system_id="second")
        for priority, connector in enumerate((first, second)):
            await testing.a_route(platform, connector, priority=priority)
        ids = await accepted(platform, *[a_message(company, first) for _ in range(3)])
        await until_status(platform, ids, Status.DELIVERED)
        await sound(platform)


async def test_messages_without_a_fallback_do_not_keep_the_others_from_theirs(platform, monkeypatch):
    monkeypatch.setattr(sweeping, "_MOST", 2)
    monkeypatch.setattr(sweeping, "_PAGES", 1)
    lonely = await testing.a_company(platform, name="lonely", credits=10)
    other = await testing.a_company(platform, name="other", credits=10)
    first = await testing.a_connector(platform, "first")
    second = await testing.a_connector(platform, "second")
    await testing.a_route(platform, first)
    await testing.a_route(platform, second, company_id=other.id)
    stuck = await accepted(platform, *[a_message(lonely, first) for _ in range(6)])
    movable = await accepted(platform, *[a_message(other, first) for _ in range(6)])
    await change(platform, "first", enabled=False)
    platform.directory.forget()
    sweep = sweeping.Sweep(platform, 1, SOON, runtime.now)
    for _ in range(8):
        await sweep._fall_back()

    waiting = dict(await query(platform, "SELECT message_id, connector_id FROM queue"))
    assert {waiting[i] for i in stuck} == {first}
    assert {waiting[i] for i in movable} == {second}
