"""The company that last wrote marketing to somebody, wherever that is noted: an answer without a keyword is for it."""

from datetime import UTC, datetime, timedelta

import pytest

from smsflow.store.campaigns import written
from smsflow.store.campaigns.written import Writer
from tests.dispatch.stage import execute, query

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
AWA, PAUL = b"a" * 16, b"p" * 16
MOST = 3


@pytest.fixture
async def ledger(platform):
    return Ledger(platform)


class Ledger:
    """The notes of marketing, hour by hour."""

    def __init__(self, platform):
        self._platform = platform

    async def campaign(self, company, hour, *, connector=1, people=(AWA,)):
        """Count what a campaign writes; return who had enough."""
        at, writer = NOON + timedelta(hours=hour), Writer(company, company * 10)
        async with self._platform.database.transaction() as tx:
            return await written.count_and_note(
                tx, at.date().isoformat(), dict.fromkeys(people, connector), most=MOST, writer=writer, now=at
            )

    async def alone(self, company, hour, *, connector=1):
        """Note an SMS that no campaign of ours accepted."""
        async with self._platform.database.transaction() as tx:
            await written.note(tx, [(Writer(company, None), connector, AWA)], now=NOON + timedelta(hours=hour))

    async def last(self, connector=1):
        async with self._platform.database.transaction() as tx:
            found = await written.last_writers(tx, connector, [AWA, PAUL])
        return found[AWA].company_id if AWA in found else None

    async def nights_pass(self):
        async with self._platform.database.transaction() as tx:
            return await written.forget_counts(tx, before=(NOON + timedelta(days=2)).date(), limit=100)


async def test_a_campaign_that_counts_somebody_is_who_wrote_last(ledger):
    assert await ledger.campaign(1, 0, people=(AWA, PAUL)) == set()

    assert await ledger.last() == 1
    assert await ledger.last(connector=2) is None


@pytest.mark.parametrize("nights", [0, 1])
@pytest.mark.parametrize("writes", [
    ("campaign", "campaign"), ("campaign", "alone"), ("alone", "campaign"), ("alone", "alone"),
])  # fmt: skip
async def test_the_later_of_two_companies_wrote_last(ledger, writes, nights):
    for company, how in enumerate(writes, 1):
        await getattr(ledger, how)(company, company)
    if nights:
        await ledger.nights_pass()

    assert await ledger.last() == 2


@pytest.mark.parametrize("nights", [0, 1])
async def test_each_connector_has_its_own_last_writer_within_a_day(ledger, nights):
    await ledger.campaign(1, 0, connector=1)
    await ledger.campaign(2, 1, connector=2)
    await ledger.campaign(3, 2, connector=1)
    if nights:
        await ledger.nights_pass()

    assert [await ledger.last(connector=c) for c in (1, 2)] == [3, 2]


async def test_who_had_enough_that_day_is_not_noted(ledger):
    for company in (1, 2, 3):
        await ledger.campaign(company, company)

    assert await ledger.campaign(4, 4, people=(AWA, PAUL)) == {AWA}

    assert await ledger.last() == 3


@pytest.mark.parametrize("connectors", [(1, 1, 1, 1), (1, 2, 1, 2), (1, 2, 2, 2), (1, 1, 2, 2)])
async def test_the_limit_of_a_day_holds_over_all_connectors(ledger, connectors):
    had_enough = [await ledger.campaign(hour, hour, connector=c) for hour, c in enumerate(connectors)]

    assert had_enough == [set(), set(), set(), {AWA}]


async def test_somebody_whom_the_release_before_counted_is_counted_on(ledger, platform):
    await execute(platform, "INSERT INTO marketing_count (day, person, messages) VALUES ('2026-11-26', :p, 2)", p=AWA)

    assert [await ledger.campaign(company, company) for company in (1, 2)] == [set(), {AWA}]

    assert await ledger.last() == 1


async def test_a_count_that_is_dropped_after_something_later_was_noted_changes_nothing(ledger):
    await ledger.campaign(1, 0)
    await ledger.alone(2, 30)

    assert await ledger.nights_pass() == 1

    assert await ledger.last() == 2


async def test_counts_of_planned_marketing_and_of_the_release_before_name_nobody(ledger, platform):
    await execute(platform, "INSERT INTO marketing_count (day, person, messages) VALUES ('2026-11-25', :p, 1)", p=AWA)
    async with platform.database.transaction() as tx:
        await written.count(tx, "2026-12-25", [AWA], most=MOST)

    assert await ledger.last() is None
    assert await ledger.nights_pass() == 1
    assert await query(platform, "SELECT count(*) FROM marketing_last") == [(0,)]


async def test_a_writer_of_the_release_before_is_known_by_its_day(ledger, platform):
    await execute(
        platform,
        "INSERT INTO marketing_last (connector_id, person, company_id, day) VALUES (1, :p, 7, '2026-11-26')",
        p=AWA,
    )
    assert await ledger.last() == 7

    await ledger.campaign(1, 0)

    assert await ledger.last() == 1
