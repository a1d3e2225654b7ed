"""Why the SMS of a campaign failed: counted as they end, and once for those of before."""

import asyncio
from datetime import timedelta

import pytest

from smsflow import testing
from smsflow.domain.message import PRESUMED, Status
from smsflow.services.campaigns import failures
from smsflow.services.campaigns.failures import Why
from smsflow.services.messages import tallies
from smsflow.store.postgres.transactions import text
from tests.services.campaigns.test_story import campaigns, launched
from tests.waiting import until

__all__ = ["campaigns"]

FAILED = {
    "+237690000001": (Status.FAILED, "UNDELIV 001"),
    "+237690000002": (Status.FAILED, "UNDELIV 1"),
    "+237690000003": (Status.EXPIRED, PRESUMED),
    "+237690000004": (Status.EXPIRED, None),
    "+237690000006": (Status.DELIVERED, None),
    "+237690000007": (Status.CANCELLED, None),
}
_WAITING = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
WHY = [Why("UNDELIV 001", False, 2), Why(PRESUMED, False, 1), Why("expired", True, 1)]


async def running(campaigns, **wanted):
    campaign_id = await launched(campaigns, **wanted)
    await campaigns.turn(campaign_id)
    return campaign_id


async def why(campaigns, campaign_id):
    async with campaigns.platform.database.autocommit() as tx:
        found = await failures.kept(tx, campaigns.company.id, campaign_id)
    return found and sorted(found, key=lambda w: (-w.recipients, w.reason != PRESUMED))


async def fold(campaigns):
    async with campaigns.platform.database.transaction() as tx:
        await tallies.fold(tx)


async def upgraded(campaigns):
    """Have the release before end its SMS: nothing is counted, and all is to be."""
    await campaigns.query("DELETE FROM failure_tally RETURNING 1")
    await campaigns.query("DELETE FROM failure_delta RETURNING 1")
    await campaigns.query("INSERT INTO failure_recount VALUES (0, 0, :now) RETURNING 1", now=campaigns.now)


async def test_the_failures_of_a_campaign_are_counted_by_reason_as_its_sms_end(campaigns):
    await campaigns.open()
    campaign_id = await running(campaigns)
    await campaigns.end(FAILED)
    appended = await why(campaigns, campaign_id)
    await fold(campaigns)

    assert appended == WHY
    assert await why(campaigns, campaign_id) == WHY
    assert await campaigns.query("SELECT FROM failure_delta") == []


@pytest.mark.parametrize("folded", [False, True])
async def test_late_news_moves_a_presumed_end_to_its_reason(campaigns, folded):
    await campaigns.open()
    campaign_id = await running(campaigns)
    await campaigns.end({f"+23769000000{n}": (Status.EXPIRED, PRESUMED) for n in (1, 2, 3)})
    if folded:
        await fold(campaigns)

    await campaigns.end({"+237690000001": (Status.FAILED, "DELETED 000"), "+237690000002": (Status.DELIVERED, None)})

    assert await why(campaigns, campaign_id) == [Why(PRESUMED, False, 1), Why("DELETED 000", False, 1)]


async def test_what_the_release_before_ended_is_counted_once_when_it_has_gone(campaigns):
    await campaigns.open()
    campaign_id = await running(campaigns)
    await campaigns.end(FAILED)
    await upgraded(campaigns)
    before = await why(campaigns, campaign_id)
    async with campaigns.platform.database.transaction() as tx:
        read = await failures.why(tx, campaigns.company.id, campaign_id)
        early = await failures.uncounted(tx, now=campaigns.now - timedelta(seconds=1))
        due = await failures.uncounted(tx, now=campaigns.now)

    async with campaigns.platform.database.transaction() as tx:
        await failures.recount(tx, campaigns.company.id, campaign_id)

    assert (before, sum(w.recipients for w in read), early) == (None, 4, [])
    assert due == [(campaigns.company.id, campaign_id)]
    assert await why(campaigns, campaign_id) == WHY
    assert await campaigns.query("SELECT FROM failure_recount") == []


async def test_an_sms_that_ends_while_its_campaign_is_recounted_counts_once(campaigns):
    await campaigns.open()
    campaign_id = await running(campaigns)
    await campaigns.end(FAILED)
    await upgraded(campaigns)
    await campaigns.query(
        "UPDATE failure_recount SET campaign_id = :id, company_id = :company RETURNING 1",
        id=campaign_id,
        company=campaigns.company.id,
    )

    async def recount():
        async with campaigns.platform.database.transaction() as tx:
            await failures.recount(tx, campaigns.company.id, campaign_id)

    async with campaigns.platform.database.transaction() as tx:
        # A recount reads, and waits here before it writes.
        await tx.execute(text("LOCK TABLE failure_tally IN SHARE MODE"))
        counting = asyncio.create_task(recount())
        await until(lambda: campaigns.query(_WAITING), "the recount")
        await campaigns.end(
            {"+237690000008": (Status.FAILED, "UNDELIV 001"), "+237690000003": (Status.DELIVERED, None)}
        )
    await counting
    await fold(campaigns)

    assert await why(campaigns, campaign_id) == [Why("UNDELIV 001", False, 3), Why("expired", True, 1)]


async def test_a_campaign_that_begins_after_the_upgrade_is_counted_from_its_first_sms_on(campaigns):
    await campaigns.open()
    campaign_id = await launched(campaigns)
    await upgraded(campaigns)
    async with campaigns.platform.database.transaction() as tx:
        due = await failures.uncounted(tx, now=campaigns.now)
    await campaigns.turn(campaign_id)
    await campaigns.end(FAILED)

    assert due == []
    assert await why(campaigns, campaign_id) == WHY


async def test_the_reasons_of_another_company_are_not_seen(campaigns):
    await campaigns.open()
    campaign_id = await running(campaigns)
    await campaigns.end(FAILED)

    async with campaigns.platform.database.autocommit() as tx:
        assert await failures.kept(tx, campaigns.company.id + 1, campaign_id) == []


async def test_the_proof_of_the_ledger_finds_a_failure_that_is_not_counted(campaigns):
    await campaigns.open()
    await running(campaigns)
    await campaigns.end(FAILED)
    before = await testing.broken_invariants(campaigns.platform)
    await campaigns.query("DELETE FROM failure_delta WHERE reason = 'UNDELIV 001' RETURNING 1")

    after = await testing.broken_invariants(campaigns.platform)

    assert before == []
    assert [(b.invariant, b.expected, b.found) for b in after] == [
        ("the reasons of a campaign's failures add up to its tally", 2, 0)
    ]
