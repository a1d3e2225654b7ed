"""The ledger adds up in any order of events: every step that a message can take, at random."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from smsflow import runtime, testing
from smsflow.dispatch import recorder
from smsflow.dispatch.sweep import Sweep
from smsflow.domain.delivery import Accepted, Deferred, NotSent, Outlived, Rejected, Unanswered
from smsflow.domain.failures import counted
from smsflow.domain.message import Kind, Status
from smsflow.services.messages.cancel import cancel
from smsflow.services.messages.outcomes import Report, Way
from smsflow.services.messages.submit import submit
from smsflow.store.credits import balances
from smsflow.store.messages import failures, queue
from smsflow.store.messages.receipts import News
from smsflow.store.routing import dispatchers
from tests.dispatch.stage import SOON, a_message, execute, query

_KINDS = st.sampled_from(list(Kind))
_PLACES = st.integers(0, 30)
_ENDS = st.sampled_from(
    [
        (Status.DELIVERED, False),
        (Status.FAILED, False),
        (Status.FAILED, True),
        (Status.EXPIRED, False),
    ]
)
_STEPS = st.one_of(
    st.tuples(st.just("submit"), st.integers(1, 3), st.tuples(_KINDS, st.booleans())),
    st.tuples(st.just("claim"), st.integers(1, 5), st.none()),
    st.tuples(st.just("accept"), _PLACES, st.none()),
    st.tuples(st.just("reject"), _PLACES, st.none()),
    st.tuples(st.just("defer"), _PLACES, st.none()),
    st.tuples(st.just("return"), _PLACES, st.none()),
    st.tuples(st.just("outlive"), _PLACES, st.none()),
    st.tuples(st.just("lose"), _PLACES, st.none()),
    st.tuples(st.just("receipt"), _PLACES, _ENDS),
    st.tuples(st.just("foreign"), _PLACES, _ENDS),
    st.tuples(st.just("wait"), st.sampled_from([1, 10, 61, 3700]), st.none()),
    st.tuples(st.just("credit"), st.integers(1, 5), st.none()),
    st.tuples(st.just("cancel"), _PLACES, st.none()),
)


@dataclass
class World:
    """The platform, and what a dispatcher and an operator remember of it: everything they say may be said again."""

    platform: object
    company: object
    campaign_id: int
    way: Way
    now: object
    claims: list = field(default_factory=list)
    references: list = field(default_factory=list)
    numbers: dict = field(default_factory=dict)

    async def submit(self, segments, how):
        kind, planned = how
        due = self.now + timedelta(seconds=30) if planned else None
        number = f"+2376900000{len(self.numbers) % 5:02d}"
        message = a_message(
            self.company,
            1,
            kind=kind,
            segments=segments,
            number=number,
            due_at=due,
            valid_until=self.now + timedelta(hours=1),
            campaign_id=self.campaign_id if len(self.numbers) % 2 else None,
        )
        async with self.platform.database.transaction() as tx:
            (answer,) = await submit(tx, [message], fingerprint=self.platform.vault.fingerprint, now=self.now)
        if isinstance(answer, int):
            self.numbers[answer] = number

    async def claim(self, limit, _):
        async with self.platform.database.autocommit() as tx:
            self.claims += await queue.claim(tx, 1, instance_id=self.way.instance_id, limit=limit)

    async def report(self, place, outcome_of):
        if self.claims:
            claim = self.claims[place % len(self.claims)]
            report = Report(claim.id, claim.attempt, outcome_of(claim))
            await recorder.record(self.platform.database, self.way, [report], now=self.now)

    async def accept(self, place, _):
        def outcome(claim):
            references = tuple(f"{claim.id}.{claim.attempt}.{n}" for n in range(claim.segments))
            self.references += [(claim.id, r) for r in references]
            return Accepted(references)

        await self.report(place, outcome)

    async def reject(self, place, _):
        await self.report(place, lambda _c: Rejected("no"))

    async def defer(self, place, _):
        await self.report(place, lambda _c: Deferred("later", 5))

    async def give_back(self, place, _):
        await self.report(place, lambda _c: NotSent())

    async def outlive(self, place, _):
        await self.report(place, lambda _c: Outlived())

    async def lose(self, place, _):
        await self.report(place, lambda _c: Unanswered("?"))

    async def hear(self, message_id, reference, end):
        status, refused = end
        number = self.numbers[message_id]
        news = News(1, reference, status, refused, status.name, number, "AWA")
        await recorder.receive(self.platform.database, [news] * 2, policy="all", forms=lambda _r: (), now=self.now)

    async def receipt(self, place, end):
        if self.references:
            await self.hear(*self.references[place % len(self.references)], end)

    async def foreign(self, place, end):
        if self.numbers:
            await self.hear(list(self.numbers)[place % len(self.numbers)], f"foreign {place}", end)

    async def wait(self, seconds, _):
        self.now += timedelta(seconds=seconds)
        sweep = Sweep(self.platform, self.way.instance_id, SOON, lambda: self.now)
        await sweep._resend_unknown()
        await sweep._release_due()
        await sweep._settle_young_receipts()

    async def cancel(self, place, _):
        if self.numbers:
            async with self.platform.database.transaction() as tx:
                await cancel(tx, [list(self.numbers)[place % len(self.numbers)]], now=self.now)

    async def credit(self, amount, _):
        async with self.platform.database.transaction() as tx:
            await balances.credit(tx, self.company.id, amount, note="", now=self.now)

    async def reasons(self):
        async with self.platform.database.autocommit() as tx:
            return await failures.of_campaign(tx, self.company.id, self.campaign_id)

    async def failed(self):
        rows = await query(
            self.platform, "SELECT status, error FROM message WHERE campaign_id IS NOT NULL AND status IN (4, 6)"
        )
        return Counter((status, counted(error)) for status, error in rows)


async def live(platform, steps):
    """Take the steps, and prove the ledger after each."""
    for table in (
        "message",
        "part",
        "queue",
        "share",
        "lane_clock",
        "unknown_outcome",
        "parked_receipt",
        "ledger",
        "marketing_policy",
        "tally",
        "tally_delta",
        "failure_tally",
        "failure_delta",
        "campaign",
    ):
        await execute(platform, f"DELETE FROM {table}")
    await execute(platform, "DELETE FROM company")
    company = await testing.a_company(platform, credits=8, sender=None)
    if not await query(platform, "SELECT 1 FROM connector WHERE id = 1"):
        await testing.a_connector(platform)
    async with platform.database.transaction() as tx:
        instance = await dispatchers.register(tx, host="test", pid=1, now=runtime.now())
    campaign_id = await testing.a_campaign(platform, company)
    world = World(platform, company, campaign_id, Way(1, 1, instance, SOON), runtime.now())
    names = {"return": world.give_back}
    for name, number, more in steps:
        await (names.get(name) or getattr(world, name))(number, more)
        broken = await testing.broken_invariants(platform)
        assert broken == [], (name, number, more)
        assert await world.reasons() == await world.failed(), (name, number, more)
    assert (
        await query(
            platform, "SELECT 1 FROM unknown_outcome u JOIN message m ON m.id = u.message_id WHERE m.status <> 8"
        )
        == []
    )


def test_the_ledger_adds_up_whatever_happens(settings_of, database_url):
    """One event loop and one database for every example: a database of its own takes longer than what happens in it."""
    with asyncio.Runner() as runner:
        opened = runtime.platform(settings_of(), database_url)
        platform = runner.run(opened.__aenter__())

        @settings(
            max_examples=60,
            deadline=None,
            phases=(Phase.explicit, Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        )
        @given(st.lists(_STEPS, min_size=5, max_size=30))
        def at_random(steps):
            runner.run(live(platform, steps))

        try:
            at_random()
        finally:
            runner.run(opened.__aexit__(None, None, None))
