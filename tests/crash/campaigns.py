"""Three campaigns of two companies to the same people, what is done to the gateway while they run, and a check of the promises."""

import asyncio
import itertools
from collections import Counter
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import psycopg

from smsflow import runtime
from smsflow.domain.message import Status
from smsflow.domain.schedule import ALWAYS, Plan, Policy
from smsflow.errors import StateRefused
from smsflow.services.campaigns import draft, launch, prepare, turns
from smsflow.services.contacts import lists, optouts
from smsflow.services.messages.prepare import Limits
from smsflow.store.contacts import contacts
from smsflow.store.contacts.contacts import NewContact
from smsflow.store.postgres.outages import may_pass
from smsflow.store.postgres.transactions import Database
from smsflow.testing import TIMEZONE, a_company
from tests.crash.disk import a_disk
from tests.crash.gateway import Gateway, a_directory
from tests.crash.pair import a_pair
from tests.crash.promises import Count, ledger_breaks, settled
from tests.crash.scenarios import a_prefix
from tests.crash.smsc import Smsc
from tests.waiting import until

CREDITS = 100_000
# Fewer than the campaigns that reach everybody: each person has to be refused by one of them.
_PER_DAY = 2
_LONG = " We are open until nine, and look forward to seeing you." * 3
_TEXTS = ("{prenom}, come and see us.", "{prenom|Dear customer}, it is cheap." + _LONG, "{prenom|You} are invited.")

# Everybody is new to the day's limit in each scenario.
_blocks = itertools.count()


@dataclass(frozen=True, slots=True)
class Campaign:
    """A launched campaign; each of its texts begins with `prefix`."""

    company_id: int
    id: int
    prefix: str


async def a_launch(platform, *, people):
    """Launch three campaigns of two companies to the same people: two by a list, one by its numbers."""
    block = next(_blocks) * people
    numbers = [f"+23767{block + n:07}" for n in range(people)]
    launched = []
    companies = [await a_company(platform, name=f"Shop {a_prefix()}", credits=CREDITS) for _ in range(2)]
    routes, now = (await platform.directory.routing()).table, platform.clock()
    async with platform.database.transaction() as tx:
        await turns.set_policy(tx, Policy("CM", "Africa/Douala", ALWAYS, _PER_DAY))
        for company in companies:
            list_id = await lists.add_list(tx, company.id, "Clients", now=now)
            found = [
                NewContact(n, number, "CM", {"prenom": "Awa"} if n % 9 else {}) for n, number in enumerate(numbers)
            ]
            await contacts.write(tx, company.id, found, source="manual", update=True, lists=[list_id], now=now)
            await optouts.opt_out(
                tx, company.id, numbers[::11], scope="marketing", source="manual", author="test", now=now
            )
    for text, company, named in zip(_TEXTS, (*companies, companies[0]), (False, False, True), strict=True):
        prefix = a_prefix()
        to = {"numbers": numbers} if named else {"lists": ["Clients"]}
        async with platform.database.transaction() as tx:
            campaign = await draft.draft(
                tx, company, draft.Draft(prefix, f"{prefix} {text}", plan=Plan(outside="refuse"), **to), now=now
            )
            await prepare.prepare(tx, company, campaign, routes=routes, limits=Limits(), links=None)
            await launch.launch(tx, company.id, campaign, now=now)
        launched.append(Campaign(company.id, campaign, prefix))
    return launched


async def act(gateway, do, campaign):
    """Do something to a campaign, again and again while the database is away; one that it is too late for is left as it is."""

    async def once():
        database = Database(gateway.url, pool=1)
        try:
            async with database.transaction() as tx:
                await do(tx, campaign.company_id, campaign.id, now=runtime.now())
        finally:
            await database.close()

    async def done():
        try:
            await once()
        except StateRefused:
            return True
        except Exception as error:
            # Between two starts there is not even the file that says where the database is, and in a power cut no disk.
            if not may_pass(error) and not isinstance(error, psycopg.errors.IoError):
                raise
            return False
        return True

    await until(done, f"{do.__name__} of a campaign")


@asynccontextmanager
async def pauses(gateway, campaigns, chance):
    """Pause one campaign after the other, each for a moment, for as long as the block lasts; then all may run."""
    ended = asyncio.Event()

    async def moment():
        with suppress(TimeoutError):
            await asyncio.wait_for(ended.wait(), chance.uniform(0.05, 1.0))

    async def go():
        while not ended.is_set():
            campaign = chance.choice(campaigns)
            await act(gateway, launch.pause, campaign)
            await moment()
            await act(gateway, launch.resume, campaign)
            await moment()

    going = asyncio.create_task(go())
    try:
        yield
    finally:
        ended.set()
        await going


async def strike_while_campaigns_run(gateway, smsc, strikes, *, chance, people=240):
    """Run three campaigns, do each of `strikes` at a random moment of theirs, and judge."""
    # With the window of the connector, some 130 SMS a second: time enough for everything to be struck.
    await smsc.behave(latency=0.15)
    # Before the launch: a busy machine is still here when the first campaign has ended.
    day, known = _day(), (await smsc.ask("stats"))["messages"]
    async with gateway.platform() as platform:
        campaigns = await a_launch(platform, people=people)
    moments = sorted(chance.sample(range(people // 10, 5 * people // 4), len(strikes)))
    async with pauses(gateway, campaigns, chance):
        for strike, at in zip(strikes, moments, strict=True):

            async def handed(at=at):
                return (await smsc.ask("stats"))["messages"] - known >= at

            await until(handed, f"{at} SMS at the operator", gateway.patience)
            await strike()
            await gateway.ready()
    await ended(gateway, campaigns)
    return await judge_campaigns(gateway, smsc, campaigns, kills=len(strikes), one_day=day == _day())


def _day():
    """Return the day of the platform's policy, by which the SMS of a day are counted."""
    return runtime.now().astimezone(ZoneInfo(TIMEZONE)).date()


def kills(gateway, victims):
    """Return what ends each of these by `kill -9`, and starts again what nobody else does."""

    def one(what):
        async def strike():
            gateway.kill(what)
            if what in {"all", "supervisor"}:
                await gateway.start()

        return strike

    return [one(what) for what in victims]


async def cut_the_power_while_campaigns_run(*, chance, cuts=1):
    """Cut the power of the data directory's file system at random moments of three campaigns, and judge; None where none can be mounted."""
    async with a_directory() as directory, a_disk(directory / "disk", megabytes=700) as disk:
        if disk is None:
            return None
        gateway, smsc = Gateway(disk.directory), Smsc(directory)

        async def cut():
            await asyncio.to_thread(disk.cut)
            gateway.kill("all")
            await disk.mount_again()
            await gateway.start()

        async with a_pair(gateway, smsc):
            return await strike_while_campaigns_run(gateway, smsc, [cut] * cuts, chance=chance)


async def ended(gateway, campaigns):
    """Wait until every campaign and every SMS of theirs has ended."""

    def finished():
        return all(state for (state,) in gateway.connect(_FINISHED, ([c.id for c in campaigns],)))

    await until(finished, "the end of every campaign", gateway.patience)
    await settled(gateway, campaigns)


_FINISHED = "SELECT state = 'finished' FROM campaign WHERE id = ANY(%s)"
_RECIPIENTS = """
SELECT r.number, r.message_id, r.reason, m.status, m.segments, m.charged, m.number
FROM campaign_recipient r LEFT JOIN message m ON m.id = r.message_id AND m.campaign_id = r.campaign_id
WHERE r.company_id = %s AND r.campaign_id = %s
"""
_RUN = """
SELECT r.accepted, r.refused, r.reserved, r.used, (SELECT count(*) FROM message m WHERE m.campaign_id = r.campaign_id)
FROM campaign_run r WHERE r.company_id = %s AND r.campaign_id = %s
"""
_COMPANY = """
SELECT c.balance, c.reserved, (SELECT coalesce(sum(charged), 0) FROM message m WHERE m.company_id = c.id) FROM company c WHERE id = %s
"""


async def judge_campaigns(gateway, smsc, campaigns, *, kills, one_day=True):
    """Return the counts; raise AssertionError with the first promise that was broken."""
    received = Counter((m["destination"].removeprefix("+"), m["text"].partition(" ")[0]) for m in await smsc.messages())
    counted, by_person = Count(kills=kills), Counter()
    for campaign in campaigns:
        of = (campaign.company_id, campaign.id)
        rows = gateway.connect(_RECIPIENTS, of)
        ((accepted, refused, reserved, used, messages),) = gateway.connect(_RUN, of)
        for number, message_id, reason, status, segments, charged, to in rows:
            times = received.pop((number.removeprefix("+"), campaign.prefix), 0)
            where = f"{number} of campaign {campaign.id}: message {message_id}, reason {reason}, status {status}, {times} times"
            assert (message_id is None) != (reason is None), f"neither written to nor refused, or both: {where}"
            assert times <= 1, f"written to twice: {where}"
            if reason is not None:
                assert times == 0, f"refused and written to: {where}"
                continue
            assert to == number, f"its message is another's, or gone: {where}, to {to}"
            if Status(status) is Status.UNKNOWN:
                counted.unknown += 1
            else:
                assert times == (Status(status) is Status.DELIVERED), f"its status is not what happened: {where}"
                counted.final += 1
            assert charged == (0 if Status(status) in _RETURNED else segments), f"charged {charged}: {where}"
            by_person[number] += 1
            counted.charged += charged
        wrong = f"campaign {campaign.id} says {accepted} accepted, {refused} refused, {reserved} reserved, {used} used"
        assert accepted == messages == sum(r[1] is not None for r in rows), f"{wrong}; {messages} messages"
        assert accepted + refused == len(rows), f"{wrong}; {len(rows)} recipients"
        assert (reserved, used) == (0, sum(r[4] for r in rows if r[4] is not None)), wrong
        counted.accepted += accepted
        counted.refused += refused
    strangers = {person for person in received if person[1] in {c.prefix for c in campaigns}}
    assert not strangers, f"written to though no recipient: {strangers}"
    assert not one_day or max(by_person.values()) == _PER_DAY, "the limit of a day was passed, or nobody reached it"
    for company_id in {c.company_id for c in campaigns}:
        ((balance, reserved, charged),) = gateway.connect(_COMPANY, (company_id,))
        assert (balance, reserved) == (CREDITS - charged, 0), f"company {company_id}: {balance} left, {charged} charged"
    broken = await ledger_breaks(gateway)
    assert not broken, f"the ledger does not add up: {broken}"
    return counted


_RETURNED = {Status.FAILED, Status.EXPIRED, Status.CANCELLED}
