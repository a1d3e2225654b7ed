"""An SMS that comes back from its lane, or that is sent again, meets what was decided meanwhile: a pause, a cancel, a STOP."""

import asyncio
import re
from datetime import timedelta
from pathlib import Path

import pytest

import smsflow
from smsflow import testing
from smsflow.dispatch import recorder
from smsflow.domain.delivery import Deferred, NotSent, Unanswered
from smsflow.domain.message import Kind, Status
from smsflow.services.campaigns import launch
from smsflow.services.contacts import optouts
from smsflow.services.messages import outcomes, overdue
from smsflow.services.messages.outcomes import Graces, Report, Way
from smsflow.store.messages import queue
from smsflow.store.routing import dispatchers
from tests.dispatch.stage import a_message, accepted, statuses, until
from tests.services.campaigns.test_story import campaigns, launched
from tests.services.messages.test_stop_race import blocked

__all__ = ["campaigns"]


@pytest.fixture
async def claimed(campaigns):
    """A campaign that runs, and its two SMS in the hands of a lane."""
    return await Claimed(campaigns).open(kind=Kind.MARKETING)


class Claimed:
    """The SMS of a campaign in the hands of a lane."""

    def __init__(self, campaigns):
        self.campaigns, self.platform = campaigns, campaigns.platform

    async def open(self, **wanted):
        here = self.campaigns
        await here.open(contacts_=3)
        self.campaign = await launched(here, **wanted)
        await here.turn(self.campaign, batch=2)
        async with self.platform.database.transaction() as tx:
            instance = await dispatchers.register(tx, host="test", pid=1, now=here.now)
            self.claims = await queue.claim(tx, here.connector, instance_id=instance, limit=10)
        self.way = Way(here.connector, here.connector, instance, Graces())
        self.ids = [c.id for c in self.claims]
        return self

    async def happens(self, what):
        here = self.campaigns
        if what in {"stop", "opt-out of all"}:
            scope = "all" if what == "opt-out of all" else "marketing"
            async with self.platform.database.transaction() as tx:
                numbers = [c.number for c in self.claims]
                await optouts.opt_out(tx, here.company.id, numbers, scope=scope, source="sms", author="x", now=here.now)
        else:
            await here.act(getattr(launch, what), self.campaign)

    async def report(self, outcome, *, late=False):
        if late:
            await self.report(Unanswered("no answer"))
        reports = [Report(c.id, c.attempt, outcome) for c in self.claims]
        await recorder.record(self.platform.database, self.way, reports, now=self.campaigns.now)

    async def leaving(self):
        """Return the SMS that a lane gets within a day."""
        later = self.campaigns.now + timedelta(hours=24)
        async with self.platform.database.transaction() as tx:
            await overdue.release_due(tx, limit=100, now=later)
            return [
                c.id
                for c in await queue.claim(tx, self.campaigns.connector, instance_id=self.way.instance_id, limit=10)
            ]

    async def resend(self):
        table = (await self.platform.directory.routing()).table
        async with self.platform.database.transaction() as tx:
            await overdue.resend_unknown(tx, table, limit=100, now=self.campaigns.now + timedelta(hours=1))


DECLINED = [Deferred("full", 5), NotSent()]


@pytest.mark.parametrize("outcome", DECLINED)
@pytest.mark.parametrize("what", ["cancel", "stop"])
async def test_an_sms_that_comes_back_after_a_cancel_or_a_stop_ends_with_its_credits_back(claimed, what, outcome):
    await claimed.happens(what)

    await claimed.report(outcome)

    assert await statuses(claimed.platform, claimed.ids) == [Status.CANCELLED, Status.CANCELLED]
    assert await testing.balance(claimed.platform, claimed.campaigns.company) == 100
    assert await testing.broken_invariants(claimed.platform) == []


@pytest.mark.parametrize("outcome", DECLINED)
async def test_an_sms_that_comes_back_during_a_pause_is_held_until_the_campaign_resumes(claimed, outcome):
    await claimed.happens("pause")

    await claimed.report(outcome)
    held = await claimed.leaving()
    await claimed.happens("resume")

    assert held == []
    assert await claimed.leaving() == claimed.ids


@pytest.mark.parametrize("outcome", DECLINED)
async def test_an_sms_that_comes_back_of_a_campaign_that_runs_leaves_later(claimed, outcome):
    await claimed.report(outcome)

    assert await claimed.leaving() == claimed.ids


@pytest.mark.parametrize("what", ["cancel", "pause"])
@pytest.mark.parametrize("late_no", [True, False])
async def test_an_unknown_sms_is_not_sent_again_after_a_cancel_or_during_a_pause(campaigns, what, late_no):
    claimed = await Claimed(campaigns).open(kind=Kind.TRANSACTIONAL)
    await claimed.report(Unanswered("no answer"))
    await claimed.happens(what)

    await (claimed.report(Deferred("full", 5)) if late_no else claimed.resend())

    assert await claimed.leaving() == []
    assert await testing.broken_invariants(claimed.platform) == []


async def test_an_sms_that_may_have_left_once_is_not_sent_again_after_a_cancel(campaigns):
    claimed = await Claimed(campaigns).open(kind=Kind.TRANSACTIONAL)
    await claimed.report(Unanswered("no answer"))
    await claimed.resend()

    await claimed.happens("cancel")

    assert await claimed.leaving() == []
    assert await testing.balance(claimed.platform, claimed.campaigns.company) == 98


@pytest.mark.parametrize("may_have_left", [True, False])
async def test_an_opt_out_of_all_keeps_transactional_campaigns_back_through_a_pause(campaigns, may_have_left):
    claimed = await Claimed(campaigns).open(kind=Kind.TRANSACTIONAL)
    await claimed.report(Unanswered("no answer") if may_have_left else NotSent())
    await claimed.resend()

    await claimed.happens("opt-out of all")
    await claimed.happens("pause")
    await claimed.happens("resume")

    assert await claimed.leaving() == []
    assert await testing.balance(claimed.platform, campaigns.company) == (98 if may_have_left else 100)
    assert await testing.broken_invariants(claimed.platform) == []


async def test_a_stop_cancels_marketing_that_no_campaign_sent(campaigns):
    await campaigns.open(contacts_=1)
    planned = a_message(
        campaigns.company,
        campaigns.connector,
        number="+237690000001",
        kind=Kind.MARKETING,
        due_at=campaigns.now + timedelta(days=1),
        valid_until=campaigns.now + timedelta(days=3),
    )
    ids = await accepted(campaigns.platform, planned, now=campaigns.now)

    async with campaigns.platform.database.transaction() as tx:
        await optouts.opt_out(
            tx, campaigns.company.id, [planned.number], scope="marketing", source="sms", author="x", now=campaigns.now
        )

    assert await statuses(campaigns.platform, ids) == [Status.CANCELLED]
    assert await testing.balance(campaigns.platform, campaigns.company) == 100


@pytest.mark.parametrize("what", ["cancel", "pause"])
async def test_an_sms_that_comes_back_while_a_campaign_is_stopped_waits_for_that_and_sees_it(claimed, what):
    here = claimed.campaigns

    async with claimed.platform.database.transaction() as tx:
        await getattr(launch, what)(tx, here.company.id, claimed.campaign, now=here.now)
        reporting = asyncio.create_task(claimed.report(Deferred("full", 5)))
        await until(lambda: blocked(claimed.platform))
    await reporting

    assert await claimed.leaving() == []
    assert await testing.broken_invariants(claimed.platform) == []


@pytest.mark.parametrize(("what", "status"), [("cancel", Status.CANCELLED), ("pause", Status.RECEIVED)])
async def test_a_claim_that_no_lane_holds_does_not_leave_after_a_cancel_or_during_a_pause(claimed, what, status):
    await claimed.happens(what)

    async with claimed.platform.database.transaction() as tx:
        held = [queue.Held(c.id, c.attempt) for c in claimed.claims]
        await outcomes.give_back(tx, held, instance_id=claimed.way.instance_id, now=claimed.campaigns.now)

    assert await claimed.leaving() == []
    assert await statuses(claimed.platform, claimed.ids) == [status, status]


async def test_an_sms_that_an_api_planned_under_a_campaign_keeps_its_date_through_a_pause(campaigns):
    claimed = await Claimed(campaigns).open(kind=Kind.TRANSACTIONAL)
    tomorrow = campaigns.now + timedelta(days=1)
    planned = a_message(
        campaigns.company,
        campaigns.connector,
        campaign_id=claimed.campaign,
        due_at=tomorrow,
        valid_until=tomorrow + timedelta(days=1),
    )
    (message,) = await accepted(campaigns.platform, planned, now=campaigns.now)

    await claimed.happens("pause")
    await claimed.happens("resume")

    due = await campaigns.query("SELECT due_at FROM queue WHERE message_id = :id", id=message)
    assert due == [(tomorrow,)]


def test_each_path_that_puts_a_message_back_into_the_queue_asks_whether_it_may_leave():
    puts = re.compile(r"\bqueue\.release\(|\bunknowns\.(?:queue_again|requeue)\(")
    asks = "from smsflow.services.messages.stopped import"
    modules = {m: m.read_text(encoding="utf-8") for m in Path(smsflow.__file__).parent.rglob("*.py")}
    putting = {m.name: asks in written for m, written in modules.items() if puts.search(written)}

    assert putting == {"outcomes.py": True, "overdue.py": True}
