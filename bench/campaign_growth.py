"""The cost of the statements of contacts, opt-outs and campaigns as these grow: microseconds each, at some numbers of all three."""

import asyncio
import itertools
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import psycopg

from smsflow.domain.account import Company
from smsflow.domain.routing import Table
from smsflow.domain.schedule import ALWAYS, Policy
from smsflow.jobs.imports import run_import
from smsflow.runtime import Platform, now
from smsflow.services.accounts.companies import open_company
from smsflow.services.campaigns import draft, launch, prepare, run, turns
from smsflow.services.contacts import contacts as service
from smsflow.services.contacts import importing, lists, optouts
from smsflow.services.contacts.importing import ImportPlan
from smsflow.services.messages.prepare import Limits
from smsflow.sheets.layout import inspect
from smsflow.sheets.preview import preview
from smsflow.store.accounts import companies
from smsflow.store.contacts import contacts
from smsflow.store.contacts.contacts import NewContact
from smsflow.store.postgres import partitions
from smsflow.store.postgres.transactions import text
from smsflow.store.routing import connectors, routes

_FILL = 250_000
# Nobody has more campaigns than this, and the rows of a million take a gigabyte.
_MOST_CAMPAIGNS = 1_000_000
_ROUNDS = 10
_ROWS = 10_000
_CONTACTS = text("""
WITH made AS (
    INSERT INTO contact (company_id, number, country, attributes, source, created_at, updated_at)
    SELECT :company, '+237' || 670000000 + n, 'CM', jsonb_build_object('prenom', 'Client' || n, 'solde', CAST(n AS text)), 'import', now(), now()
    FROM generate_series(CAST(:low AS bigint), :high) AS n RETURNING id
)
INSERT INTO contact_in_list (company_id, list_id, contact_id) SELECT :company, :list, id FROM made
""")
_OPT_OUTS = text("""
WITH made AS (
    INSERT INTO opt_out (company_id, number, scope, source, since)
    SELECT :company, '+237' || 650000000 + n, 'marketing', 'sms', now() FROM generate_series(CAST(:low AS bigint), :high) AS n RETURNING number
)
INSERT INTO opt_out_change (company_id, number, scope, source, author, at)
SELECT :company, number, 'marketing', 'sms', 'bench', now() FROM made
""")
_CAMPAIGNS = text("""
WITH made AS (
    INSERT INTO campaign (company_id, name, kind, state, drafted, text, plan, created_at)
    SELECT :company, 'Old ' || n, 2, 'finished', true, 'x', '{}', now() FROM generate_series(CAST(:low AS bigint), :high) AS n RETURNING id
)
INSERT INTO campaign_run (company_id, campaign_id, place, last_place, accepted) SELECT :company, id, 1, 1, 1 FROM made
""")

_WAITS = text("""
SELECT m.number FROM queue q JOIN message m ON m.id = q.message_id WHERE q.company_id = :company AND q.campaign_id IS NOT NULL LIMIT 1
""")


class Growth:
    """A company that grows."""

    def __init__(self, here: Platform) -> None:
        """Measure on this platform."""
        self._here = here
        self._there = 0
        self._fresh = itertools.count()
        self._named = itertools.count()

    async def open(self) -> None:
        """Make the company, its list and its way out."""
        async with self._here.database.transaction() as tx:
            await partitions.ensure(tx)
            self._id = await open_company(
                tx, "Growth", country="CM", timezone="Africa/Douala", credits=10**9, sender="BENCH", now=now()
            )
            columns = {"name": "growth", "host": "127.0.0.1", "port": 1, "system_id": "x", "password_sealed": ""}
            connector = await connectors.add_connector(tx, columns)
            assert connector is not None
            self._connector = connector
            await routes.add_route(
                tx, connector, priority=1, country=None, prefix=None, company_id=None, sender=None, kind=None
            )
            await turns.set_policy(tx, Policy("CM", "Africa/Douala", ALWAYS, None))
            self._list = await lists.add_list(tx, self._id, "Clients", now=now())
            company = await companies.company(tx, self._id)
            assert company is not None
            self._company: Company = company
        self._routes: Table = (await self._here.directory.routing()).table

    async def fill(self, size: int) -> None:
        """Have so many contacts, opt-outs and campaigns."""
        while self._there < size:
            high = min(self._there + _FILL, size)
            given = {"company": self._id, "list": self._list, "low": self._there, "high": high - 1}
            for statement in (_CONTACTS, _OPT_OUTS, _CAMPAIGNS):
                if statement is _CAMPAIGNS and high > _MOST_CAMPAIGNS:
                    continue
                async with self._here.database.transaction() as tx:
                    await tx.execute("SET LOCAL statement_timeout = 0")
                    tx.patience = None
                    await tx.execute(statement, given)
            self._there = high

    async def cost(self) -> dict[str, float]:
        """Return the microseconds of each act: per contact or SMS where it takes many, else per call."""
        campaign = await self._campaign()
        acts: dict[str, tuple[Callable[[], Awaitable[None]], int]] = {
            "write 1,000": (self._write, 1000),
            "prepare 2,000": (lambda: self._prepare(campaign), prepare.BATCH),
            "opt out": (self._opt_out, 1),
            "draft": (self._draft, 1),
            "find, list": (self._look, 1),
        }
        spent = {name: await self._timed(act) / number for name, (act, number) in acts.items()}
        spent[f"import {_ROWS:,}"] = await self._timed(self._import) / _ROWS
        spent["accept 1,000"] = await self._timed(self._accept(await self._launched())) / 1000
        spent["STOP, 11,000 wait"] = await self._timed(self._stop)
        return spent

    async def _timed(self, act: Callable[[], Awaitable[None]]) -> float:
        """Return the median of some rounds."""
        await act()
        spent = []
        for _ in range(_ROUNDS):
            began = time.perf_counter()
            await act()
            spent.append(time.perf_counter() - began)
        return statistics.median(spent) * 1e6

    async def _write(self) -> None:
        found = [NewContact(n, f"+23769{next(self._fresh):07}", "CM", {"prenom": "Awa"}) for n in range(1000)]
        async with self._here.database.transaction() as tx:
            await contacts.write(tx, self._id, found, source="import", update=True, lists=(), now=now())

    async def _import(self) -> None:
        """Import a file of new people from its first octet to its report, as the background does."""
        plan, body = await asyncio.to_thread(self._file)
        async with self._here.database.transaction() as tx:
            import_id = await importing.begin(
                tx, self._id, file_name="clients.csv", size=len(body), plan=plan, now=now()
            )
            await importing.add_chunk(tx, self._id, import_id, 0, body)
        await run_import(self._here.database, self._id, import_id, now)
        async with self._here.database.transaction() as tx:
            found = await importing.show(tx, self._id, import_id)
        assert (found.state, found.new) == ("finished", _ROWS), found

    def _file(self) -> tuple[ImportPlan, bytes]:
        with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
            file.write("Téléphone;Prénom;Ville\n")
            file.writelines(f"+23762{next(self._fresh):07};Awa;Douala\n" for _ in range(_ROWS))
            file.flush()
            path = Path(file.name)
            seen = preview(path, inspect(path))
            return ImportPlan(seen.layout, seen.mapping, True, False, (self._list,)), path.read_bytes()

    async def _opt_out(self) -> None:
        async with self._here.database.transaction() as tx:
            number = f"+23768{next(self._fresh):07}"
            await optouts.opt_out(tx, self._id, [number], scope="marketing", source="sms", author="x", now=now())

    async def _stop(self) -> None:
        """Opt somebody out whose SMS waits for its lane."""
        async with self._here.database.transaction() as tx:
            number = (await tx.execute(_WAITS, {"company": self._id})).scalar_one()
            await optouts.opt_out(tx, self._id, [number], scope="marketing", source="sms", author="x", now=now())

    async def _draft(self) -> None:
        await self._campaign()

    async def _campaign(self) -> int:
        async with self._here.database.transaction() as tx:
            wanted = draft.Draft(
                f"New {next(self._named)}", "{prenom}, votre solde est de {solde} F.", lists=["Clients"]
            )
            return await draft.draft(tx, self._company, wanted, now=now())

    async def _look(self) -> None:
        async with self._here.database.transaction() as tx:
            await service.find(tx, self._company, "+237670000007")
            await optouts.show_opt_outs(tx, self._id, after="+237650000007", limit=100)
            await draft.latest(tx, self._id, limit=50)
            await turns.due(tx)

    async def _prepare(self, campaign: int) -> None:
        """Prepare the first recipients of a campaign anew, up to the step that is measured."""
        async with self._here.database.transaction() as tx:
            walk = await prepare.begin(tx, self._id, campaign)
            await prepare.step(tx, self._company, campaign, walk, routes=self._routes, limits=Limits(), links=None)

    async def _launched(self) -> int:
        campaign = await self._campaign()
        async with self._here.database.transaction() as tx:
            walk = await prepare.begin(tx, self._id, campaign)
            while not walk.done and walk.place < (_ROUNDS + 1) * 1000:
                walk = await prepare.step(
                    tx, self._company, campaign, walk, routes=self._routes, limits=Limits(), links=None
                )
            if not walk.done:
                await tx.execute(text("UPDATE campaign SET state = 'prepared' WHERE id = :id"), {"id": campaign})
            await launch.launch(tx, self._id, campaign, now=self._here.clock())
        return campaign

    def _accept(self, campaign: int) -> Callable[[], Awaitable[None]]:
        async def turn() -> None:
            async with self._here.database.transaction() as tx:
                await run.run_batch(
                    tx, self._company, campaign, routes=self._routes, policies=await turns.policies(tx),
                    room={self._connector: 1000}, validity=timedelta(hours=48), fingerprint=self._here.vault.fingerprint,
                    now=self._here.clock(), batch=1000, links=None,
                )  # fmt: skip

        return turn


async def measure_growth(here: Platform, admin_url: str, sizes: list[int]) -> None:
    """Print a line for each size; the first one is measured twice, so that its caches are as warm as those of the others."""
    growth = Growth(here)
    await growth.open()
    with psycopg.connect(admin_url, autocommit=True) as connection:
        # It would work on what was filled just before; what it does is done by hand.
        connection.execute("ALTER SYSTEM SET autovacuum = off")
        connection.execute("SELECT pg_reload_conf()")
    await growth.fill(sizes[0])
    await growth.cost()
    for size in sizes:
        await growth.fill(size)
        with psycopg.connect(admin_url, autocommit=True) as connection:
            # A lane would have sent what the smaller size has accepted.
            connection.execute("DELETE FROM queue")
            connection.execute("VACUUM (ANALYZE, PARALLEL 0)")
            connection.execute("CHECKPOINT")
        spent = await growth.cost()
        shown = "  ".join(f"{name} {microseconds:.1f}" for name, microseconds in spent.items())
        print(f"{size:>11,} contacts, opt-outs and campaigns: {shown} µs", flush=True)
