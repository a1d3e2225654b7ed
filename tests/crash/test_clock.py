"""The database's clock rules: when it jumps, leases stand and nothing is lost; a node's own clock changes nothing."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from psycopg import OperationalError
from structlog.testing import capture_logs

from smsflow import runtime
from smsflow.domain.message import Status
from smsflow.store.postgres.clock import Clock as DatabaseClock
from smsflow.store.postgres.transactions import Database
from smsflow.testing import a_company, a_connector
from tests.dispatch.stage import (
    a_message,
    accepted,
    an_engine,
    an_operator,
    query,
    sound,
    statuses,
    until_bound,
    until_status,
)
from tests.waiting import until

HOUR = timedelta(hours=1)
TOO_EARLY = timedelta(minutes=30)


def a_clock_that_is_wrong_by(shift):
    """Return the clock of a node, as the standard library has it, that is ahead by `shift`."""

    class Wrong(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + shift

    return Wrong


class Clock:
    """The database's time, moved by whoever holds this."""

    def __init__(self):
        self.moved = timedelta(0)

    def __call__(self):
        return runtime.now() + self.moved


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
async def test_a_jump_takes_no_lease_and_loses_no_message(open_platform, jump):
    clock = Clock()
    async with open_platform(poll_interval=0.1) as platform, an_operator() as operator:
        company = await a_company(platform, credits=100)
        connector_id = await a_connector(platform, port=operator.port)
        async with an_engine(platform, clock):
            await until_bound(platform, connector_id)
            (before,) = await query(platform, "SELECT id FROM instance")
            valid = {"valid_until": runtime.now() + 3 * HOUR}
            ids = await accepted(platform, *(a_message(company, connector_id, **valid) for _ in range(20)))
            clock.moved = jump
            ids += await accepted(
                platform, *(a_message(company, connector_id, **valid) for _ in range(20)), now=clock()
            )
            await until_status(platform, ids, Status.DELIVERED)
            (after,) = await query(platform, "SELECT id FROM instance")
        await sound(platform)

    assert after.id == before.id
    assert operator.handsets.duplicates == 0


@pytest.mark.parametrize("wrong", [60 * HOUR, -60 * HOUR])
async def test_a_node_whose_clock_is_wrong_by_days_sends_nothing_early_and_nothing_late(
    open_platform, monkeypatch, wrong
):
    company, connector_id = None, None
    monkeypatch.setattr(runtime, "datetime", a_clock_that_is_wrong_by(wrong))
    assert abs(runtime.now() - datetime.now(UTC) - wrong) < HOUR
    async with (
        open_platform(poll_interval=0.1) as platform,
        an_operator(lose_response_every=1, receipts="none") as operator,
    ):
        company = await a_company(platform, credits=100)
        connector_id = await a_connector(platform, port=operator.port, response_timeout=1)
        now = platform.clock()
        valid = {"valid_until": now + 3 * HOUR}
        async with an_engine(platform):
            await until_bound(platform, connector_id)
            (planned,) = await accepted(
                platform, a_message(company, connector_id, due_at=now + TOO_EARLY, **valid), now=now
            )
            (unknown,) = await accepted(platform, a_message(company, connector_id, **valid), now=now)
            await until_status(platform, unknown, Status.UNKNOWN)
            operator.script.change({"lose_response_every": 0})
            # Messages that are due by the database's time leave; every look has then also passed over those that are not.
            (due,) = await accepted(platform, a_message(company, connector_id, due_at=now, **valid), now=now)
            await until_status(platform, due, Status.SENT)
            found = await statuses(platform, [planned, unknown])
        await sound(platform)

    assert found == [Status.PLANNED, Status.UNKNOWN]
    assert len(operator.inbox) == 2


async def test_a_process_whose_clock_is_far_from_the_databases_says_so_in_its_log(
    settings_of, database_url, platform, monkeypatch
):
    monkeypatch.setattr(runtime, "datetime", a_clock_that_is_wrong_by(60 * HOUR))
    with capture_logs() as logged:
        async with runtime.platform(settings_of(), database_url, role="web"):
            (said,) = await until(lambda: [e for e in logged if e["event"] == "clock_differs"])

    assert (said["log_level"], round(said["seconds_ahead"] / 3600)) == ("error", 60)


async def test_the_clock_is_unset_while_the_database_was_never_there_and_goes_on_while_it_is_away(platform):
    clock = DatabaseClock()
    with pytest.raises(ConnectionError):
        clock()
    await clock.measure(platform.database)
    nowhere = Database("postgresql://nobody@/none?host=/nowhere")
    with pytest.raises(OperationalError):
        await clock.measure(nowhere)

    assert abs(clock() - runtime.now()) < HOUR


def test_no_other_place_reads_a_wall_clock():
    package = Path(runtime.__file__).parent
    reading = re.compile(r"\btime\.time\(\)|datetime\.now\(|datetime\.utcnow\(|date\.today\(")
    found = {f.relative_to(package).as_posix() for f in package.rglob("*.py") if reading.search(f.read_text())}

    assert found == {"runtime.py", "simulator/operator.py"}


async def test_an_unknown_message_is_sent_again_once_when_the_clock_jumps_past_its_grace(open_platform):
    clock = Clock()
    async with (
        open_platform(poll_interval=0.1) as platform,
        an_operator(lose_response_every=1, receipts="none") as operator,
    ):
        company = await a_company(platform, credits=100)
        connector_id = await a_connector(platform, port=operator.port, response_timeout=1)
        async with an_engine(platform, clock):
            await until_bound(platform, connector_id)
            valid = {"valid_until": runtime.now() + 3 * HOUR}
            (message_id,) = await accepted(platform, a_message(company, connector_id, **valid))
            await until_status(platform, message_id, Status.UNKNOWN)
            operator.script.change({"lose_response_every": 0})
            clock.moved = HOUR
            await until_status(platform, message_id, Status.SENT)
            clock.moved = -HOUR
        await sound(platform)

    assert len(operator.inbox) == 2
