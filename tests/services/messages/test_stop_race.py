"""A STOP against everybody who accepts at the same time: once it is acknowledged, nobody accepts an SMS to that number."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from smsflow import runtime, testing
from smsflow.domain.message import Kind
from smsflow.domain.schedule import Policy
from smsflow.services.campaigns import draft, launch, prepare, run
from smsflow.services.campaigns.turns import set_policy
from smsflow.services.contacts import optouts
from smsflow.services.messages.prepare import Limits
from smsflow.services.messages.submit import submit
from tests.dispatch.stage import a_message, query, until

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
NUMBERS = [f"+23769000000{n}" for n in range(4)]
FREE = Policy("CM", "Africa/Douala")
_KINDS = st.sampled_from([Kind.MARKETING, Kind.TRANSACTIONAL])
_NUMBERS = st.integers(0, len(NUMBERS) - 1)
# The acts that begin at once, each after so many turns of the loop.
_ACTS = st.lists(
    st.tuples(
        st.one_of(
            st.tuples(st.just("stop"), _NUMBERS, st.sampled_from(["marketing", "all"])),
            st.tuples(st.just("send"), _NUMBERS, _KINDS),
            st.tuples(st.just("turn"), st.integers(1, 3), st.none()),
        ),
        st.integers(0, 40),
    ),
    min_size=2,
    max_size=12,
)


class Race:
    """A company with a campaign that runs, and the SMS that each number had when its STOP was acknowledged."""

    def __init__(self, platform):
        self.platform, self.had = platform, {}

    async def open(self, kind):
        self.company = await testing.a_company(self.platform, credits=100)
        self.connector = await testing.a_connector(self.platform, f"operator-{self.company.id}")
        await testing.a_route(self.platform, self.connector, company_id=self.company.id)
        self.table = (await self.platform.directory.routing()).table
        async with self.platform.database.transaction() as tx:
            await set_policy(tx, FREE)
            asked = draft.Draft("Rentrée", "Bonjour", numbers=NUMBERS, kind=kind)
            self.campaign = await draft.draft(tx, self.company, asked, now=NOON)
            walk = await prepare.begin(tx, self.company.id, self.campaign)
            while not walk.done:
                walk = await prepare.step(
                    tx, self.company, self.campaign, walk, routes=self.table, limits=Limits(), links=None
                )
            await launch.launch(tx, self.company.id, self.campaign, now=NOON)

    async def begin(self, act, turns):
        what, which, how = act
        for _ in range(turns):
            await asyncio.sleep(0)
        await getattr(self, what)(which, how)

    async def stop(self, which, scope):
        async with self.platform.database.transaction() as tx:
            await optouts.opt_out(
                tx, self.company.id, [NUMBERS[which]], scope=scope, source="sms", author=NUMBERS[which], now=NOON
            )
        kinds = [Kind.MARKETING] if scope == "marketing" else [Kind.MARKETING, Kind.TRANSACTIONAL]
        for kind in kinds:
            self.had.setdefault((NUMBERS[which], kind), await self.count(NUMBERS[which], kind))

    async def send(self, which, kind):
        message = a_message(
            self.company, self.connector, number=NUMBERS[which], kind=kind, campaign_id=self.campaign,
            valid_until=NOON + timedelta(days=1),
        )  # fmt: skip
        async with self.platform.database.transaction() as tx:
            await submit(tx, [message], fingerprint=self.platform.vault.fingerprint, now=NOON)

    async def turn(self, batch, _):
        async with self.platform.database.transaction() as tx:
            await run.run_batch(
                tx,
                self.company,
                self.campaign,
                routes=self.table,
                policies={"CM": FREE},
                room={self.connector: 100},
                validity=timedelta(hours=48),
                fingerprint=self.platform.vault.fingerprint,
                now=NOON,
                batch=batch,
                links=None,
            )

    async def count(self, number, kind):
        counted = await query(
            self.platform,
            "SELECT count(*) FROM message WHERE company_id = :company AND number = :number AND kind = :kind",
            company=self.company.id,
            number=number,
            kind=int(kind),
        )
        return counted[0][0]

    async def waiting(self):
        return await query(
            self.platform,
            """SELECT m.number FROM queue q JOIN message m ON m.id = q.message_id
               WHERE m.company_id = :company AND m.kind = 2 AND m.number = ANY(:stopped)""",
            company=self.company.id,
            stopped=[number for number, kind in self.had if kind is Kind.MARKETING],
        )


async def race(platform, acts, kind):
    here = Race(platform)
    await here.open(kind)
    await asyncio.gather(*(here.begin(act, turns) for act, turns in acts))

    assert {(number, kind): await here.count(number, kind) for number, kind in here.had} == here.had
    assert await here.waiting() == []


def test_nobody_gets_an_sms_accepted_after_their_stop_was_acknowledged(settings_of, database_url):
    """One event loop and one database for every example."""
    with asyncio.Runner() as runner:
        opened = runtime.platform(settings_of(), database_url)
        platform = runner.run(opened.__aenter__())

        @settings(
            max_examples=60,
            phases=(Phase.explicit, Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        )
        @given(_ACTS, _KINDS)
        def at_random(acts, kind):
            runner.run(race(platform, acts, kind))

        try:
            at_random()
            assert runner.run(testing.broken_invariants(platform)) == []
        finally:
            runner.run(opened.__aexit__(None, None, None))


@pytest.mark.parametrize("kind", [Kind.MARKETING, Kind.TRANSACTIONAL])
@pytest.mark.parametrize("what", ["turn", "send"])
async def test_an_acceptance_waits_for_an_opt_out_that_is_under_way_and_sees_it(platform, kind, what):
    here = Race(platform)
    await here.open(kind)

    async with platform.database.transaction() as tx:
        await optouts.opt_out(tx, here.company.id, [NUMBERS[0]], scope="all", source="sms", author=NUMBERS[0], now=NOON)
        accepting = asyncio.create_task(here.turn(4, None) if what == "turn" else here.send(0, kind))
        await until(lambda: blocked(platform))
    await accepting

    assert await here.count(NUMBERS[0], kind) == 0
    assert await here.count(NUMBERS[1], kind) == (1 if what == "turn" else 0)


async def blocked(platform):
    waiting = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    return bool(await query(platform, waiting))
