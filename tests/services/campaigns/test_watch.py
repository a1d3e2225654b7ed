"""A campaign that pauses by itself, and says why."""

import asyncio

import pytest

from smsflow import testing
from smsflow.domain.campaign import JUDGED
from smsflow.domain.message import Status
from smsflow.jobs.watching import Watcher
from smsflow.services.campaigns import launch, watch
from smsflow.services.campaigns.watch import Health
from smsflow.store.campaigns import drafts
from tests.services.campaigns.test_story import campaigns, launched
from tests.waiting import until

__all__ = ["campaigns"]

FAILED, DELIVERED = (Status.FAILED, "UNDELIV 001"), (Status.DELIVERED, None)


@pytest.fixture
async def running(campaigns, monkeypatch):
    """A campaign that is judged by ten SMS, of which more than three must not fail."""
    assert JUDGED == 500
    monkeypatch.setattr("smsflow.domain.campaign.JUDGED", 10)
    await campaigns.open(contacts_=60)
    campaigns.id = await launched(campaigns)
    await campaigns.turn(campaigns.id, batch=40)
    return campaigns


async def became(campaigns, first, *ends):
    await campaigns.end({f"+2376900{number:05}": end for number, end in enumerate(ends, first)})


async def watched(campaigns, *, down=None):
    table = (await campaigns.platform.directory.routing()).table
    async with campaigns.platform.database.transaction() as tx:
        health = Health(0.3, table, down or {})
        return await watch.watch(tx, campaigns.company, campaigns.id, health, now=campaigns.now)


async def test_a_campaign_goes_on_while_few_fail_and_pauses_when_many_of_the_last_do(running):
    whys = []

    for first, ends in ((1, [DELIVERED] * 7 + [FAILED] * 3), (11, [DELIVERED] * 6 + [FAILED] * 4)):
        await became(running, first, *ends)
        whys.append(await watched(running))

    shown = await running.show(running.id)
    assert whys == [None, "too many SMS failed: 4 of the last 10"]
    assert (shown.state, shown.why) == ("paused", whys[1])
    assert await running.query("SELECT count(*) FROM queue WHERE due_at IS NULL") == [(0,)]
    assert (await running.turn(running.id)).accepted == {}


async def test_a_campaign_is_judged_by_its_last_sms_wherever_these_begin(running):
    whys = []

    for first, ends in (
        (1, [DELIVERED] * 5),
        (6, [DELIVERED] * 3 + [FAILED] * 2),
        (11, [DELIVERED] * 3 + [FAILED] * 2),
    ):
        await became(running, first, *ends)
        whys.append(await watched(running))

    assert whys == [None, None, "too many SMS failed: 4 of the last 10"]


async def test_no_more_marks_are_kept_than_it_takes(running):
    for number in range(1, 41):
        await became(running, number, DELIVERED)
        await watched(running)

    ((marks,),) = await running.query("SELECT marked_final FROM campaign_run")
    assert marks == list(range(30, 41))


async def test_a_campaign_whose_turn_it_is_is_paused_after_that_turn(running):
    await became(running, 1, *[FAILED] * 8)

    async with running.platform.database.transaction() as tx:
        await drafts.lock(tx, running.company.id, running.id)
        watching = asyncio.create_task(watched(running))
        await until(lambda: waits_for_a_lock(running))

    assert await watching == "too many SMS failed: 8 of the last 8"


async def waits_for_a_lock(running):
    """Tell whether a session waits for another."""
    return await running.query(
        "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )


async def test_a_small_campaign_pauses_when_so_many_failed_as_may_of_ten(running):
    whys = []

    for first in (1, 4):
        await became(running, first, FAILED, FAILED, FAILED)
        whys.append(await watched(running))

    assert whys == [None, "too many SMS failed: 6 of the last 6"]


async def test_a_campaign_that_somebody_resumes_is_judged_by_what_comes_then(running):
    await became(running, 1, *[FAILED] * 8)
    assert await watched(running)

    await running.act(launch.resume, running.id)
    whys = [await watched(running)]
    await became(running, 9, *[FAILED] * 4)
    whys.append(await watched(running))

    assert whys == [None, "too many SMS failed: 4 of the last 4"]


async def test_a_campaign_pauses_when_no_connector_that_is_up_leads_to_its_next_recipient(running):
    down = {running.connector: "operator"}
    spare = await testing.a_connector(running.platform, "spare")
    await testing.a_route(running.platform, spare)

    by_another = await watched(running, down=down)
    by_none = await watched(running, down={**down, spare: "spare"})

    assert (by_another, by_none) == (None, "the connector operator has been down for long")


async def test_a_campaign_pauses_when_its_connector_was_removed_and_no_route_leads_to_its_next_recipient(running):
    spare = await testing.a_connector(running.platform, "spare")
    await running.query("DELETE FROM route RETURNING id")
    await running.query("DELETE FROM connector WHERE id = :id RETURNING id", id=running.connector)
    await testing.a_route(running.platform, spare)
    running.platform.directory.forget()

    by_another = await watched(running)
    by_none = await watched(running, down={spare: "spare"})

    assert (by_another, by_none) == (None, "the connector was removed, and no route leads to another")


async def test_a_connector_is_down_for_long_once_the_watcher_has_seen_no_bind_of_it_for_the_time_that_is_set(running):
    watcher, states = Watcher(running.platform), []

    for moment in (1000.0, 1600.0, 1601.0):
        await watcher.look(moment)
        states.append((await running.show(running.id)).state)

    assert states == ["running", "running", "paused"]


async def test_a_connector_that_is_bound_keeps_no_campaign(running):
    await running.query(
        "INSERT INTO instance (host, pid, started_at) VALUES ('here', 1, :now) RETURNING id", now=running.now
    )
    await running.query(
        "INSERT INTO bind_state (connector_id, slot, instance_id, state, detail, since)"
        " VALUES (:id, 0, 1, 'bound', '', :now) RETURNING slot",
        id=running.connector,
        now=running.now,
    )
    watcher = Watcher(running.platform)

    for moment in (1000.0, 1601.0):
        await watcher.look(moment)

    assert (await running.show(running.id)).state == "running"
