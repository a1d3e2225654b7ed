"""The costs of contacts and campaigns, as ratios of one run: importing, preparing, accepting, sends beside a campaign, and growth."""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
import uvloop
from beside import measure_beside
from campaign_growth import measure_growth
from meter import Meter, peak

from smsflow import observe
from smsflow.cli.processes.roles import collect_seldom
from smsflow.datadir import prepare as migrate
from smsflow.domain.message import Kind, NewMessage
from smsflow.domain.schedule import ALWAYS, Policy
from smsflow.runtime import Platform, now, platform
from smsflow.services.accounts.companies import open_company
from smsflow.services.campaigns import draft, launch, prepare, run, turns
from smsflow.services.contacts import lists
from smsflow.services.messages.prepare import Limits
from smsflow.settings import Settings
from smsflow.store.accounts import companies
from smsflow.store.messages import accept
from smsflow.store.postgres import embedded, partitions
from smsflow.store.routing import connectors, routes

_ROOT = Path(__file__).resolve().parent.parent
_BATCH = 1000
_SECRET = "the key of a benchmark that is long enough to be one"
_HEADINGS = "Téléphone;Prénom;Nom;Ville;Solde\n"
_TEXT = "Bonjour {prenom}, votre solde est de {solde} F. Passez nous voir avant samedi, la maison vous offre le café."
_CREDITS = 10**9
# Behind every id that the import gives.
_COPIED = 10**9


def people(number: int) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield the rows of a file: number, first name, name, town, balance."""
    towns = ("Douala", "Yaoundé", "Garoua", "Bafoussam", "Kribi")
    for n in range(number):
        yield str(670_000_000 + n), f"Prénom{n % 997}", f"Nom{n % 9973}", towns[n % 5], str(n * 37 % 50_000)


class Bench:
    """A database, and a company with its way out."""

    def __init__(self, here: Platform, server: embedded.Embedded, folder: Path, number: int) -> None:
        """Measure with `number` contacts; files go to `folder`."""
        self.here, self.url, self.admin_url, self.folder, self.number = (
            here,
            server.url,
            server.admin_url,
            folder,
            number,
        )
        self._postgres = server.process.pid

    def meter(self) -> Meter:
        """Return a meter of what a stage takes."""
        return Meter(self._postgres)

    async def open(self) -> None:
        """Make the company that imports, the one that COPY is measured with, and a way out."""
        async with self.here.database.transaction() as tx:
            await partitions.ensure(tx)
            moment = now()
            self.company, self.copied = [
                await open_company(
                    tx, name, country="CM", timezone="Africa/Douala", credits=_CREDITS, sender="BENCH", now=moment
                )
                for name in ("Imports", "Copies")
            ]
            columns = {"name": "bench", "host": "127.0.0.1", "port": 1, "system_id": "x", "password_sealed": ""}
            connector = await connectors.add_connector(tx, columns)
            assert connector is not None
            self.connector = connector
            await routes.add_route(
                tx, connector, priority=1, country=None, prefix=None, company_id=None, sender=None, kind=None
            )
            # The limit of a day costs, and is left on.
            await turns.set_policy(tx, Policy("CM", "Africa/Douala", ALWAYS, 3))
            self.copied_list = await lists.add_list(tx, self.copied, "Clients", now=moment)

    def copy(self) -> Meter:
        """Return what COPY takes for the rows that an import writes, into the same tables."""
        stamp = now().isoformat()
        rows = list(people(self.number))
        files = {
            "contact (company_id, id, number, country, attributes, source, created_at, updated_at)": (
                f'{self.copied}\t{_COPIED + n}\t+237{number}\tCM\t{{"prenom": "{first}", "nom": "{last}", "ville": "{town}", '
                f'"solde": "{balance}"}}\timport\t{stamp}\t{stamp}\n'
                for n, (number, first, last, town, balance) in enumerate(rows)
            ),
            "contact_import_row (company_id, import_id, number, contact_id, outcome)": (
                f"{self.copied}\t{_COPIED}\t+237{number}\t{_COPIED + n}\t0\n" for n, (number, *_) in enumerate(rows)
            ),
            "contact_in_list (company_id, list_id, contact_id)": (
                f"{self.copied}\t{self.copied_list}\t{_COPIED + n}\n" for n in range(self.number)
            ),
        }
        meter = self.meter()
        with psycopg.connect(self.url, autocommit=True) as connection:
            for columns, lines in files.items():
                body = "".join(lines).encode()
                with meter, connection.cursor().copy(f"COPY {columns} FROM STDIN") as stream:
                    for place in range(0, len(body), 1 << 20):
                        stream.write(body[place : place + (1 << 20)])
        return meter

    def import_file(self) -> tuple[Meter, float]:
        """Import a file by the command, as a process of its own; return what that takes, and the most megabytes it had."""
        file = self.folder / "clients.csv"
        with file.open("w", encoding="utf-8") as stream:
            stream.write(_HEADINGS)
            stream.writelines(";".join(row) + "\n" for row in people(self.number))
        environment = {
            **os.environ,
            "SMSFLOW_DATABASE_URL": self.url,
            "SMSFLOW_DATA_DIR": str(self.folder / "data"),
            "SMSFLOW_SECRET_KEY": _SECRET,
            "SMSFLOW_LOG_LEVEL": "warning",
        }
        command = [sys.executable, "-m", "smsflow", "contact", "import", str(file)]
        with self.meter() as meter:
            process = subprocess.Popen(
                [*command, "--company", str(self.company), "--list", "Clients", "--json"],
                env=environment, cwd=_ROOT, stdout=subprocess.DEVNULL,
            )  # fmt: skip
            megabytes = 0.0
            while process.poll() is None:
                megabytes = max(megabytes, peak(process.pid))
                time.sleep(0.1)
        assert process.returncode == 0, "the import failed"
        with psycopg.connect(self.url) as connection:
            ((new,),) = connection.execute("SELECT new FROM contact_import ORDER BY id DESC LIMIT 1")
        assert new == self.number, f"{new} of {self.number} were imported"
        return meter, megabytes

    def tidy(self) -> None:
        """Have nothing left over from what was measured before."""
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            connection.execute("VACUUM (ANALYZE, PARALLEL 0)")
            connection.execute("CHECKPOINT")

    async def prepare(self) -> tuple[int, Meter]:
        """Prepare a campaign with two variables for everybody; return its id and what that takes."""
        here = self.here
        routing = (await here.directory.routing()).table
        async with here.database.transaction() as tx:
            company = await companies.company(tx, self.company)
            assert company is not None
            wanted = draft.Draft("Everybody", _TEXT, lists=["Clients"])
            campaign = await draft.draft(tx, company, wanted, now=here.clock())
            walk = await prepare.begin(tx, self.company, campaign)
        with self.meter() as meter:
            while not walk.done:
                async with here.database.transaction() as tx:
                    walk = await prepare.step(tx, company, campaign, walk, routes=routing, limits=Limits(), links=None)
        return campaign, meter

    async def accept_plain(self) -> Meter:
        """Return what accepting takes alone, in batches of 1,000, as `bench/growth` measures it."""
        moment = now()
        one = NewMessage(
            self.copied, "+237690000001", "CM", "x" * 100, "BENCH", Kind.TRANSACTIONAL, 1, self.connector,
            moment + timedelta(hours=1),
        )  # fmt: skip
        with self.meter() as meter:
            for _ in range(self.number // _BATCH):
                async with self.here.database.transaction() as tx:
                    await accept.accept(tx, [one] * _BATCH, now=moment)
        return meter

    async def accept_campaign(self, campaign: int) -> Meter:
        """Launch a campaign, and return what it takes until its last SMS is accepted."""
        here = self.here
        routing = (await here.directory.routing()).table
        async with here.database.transaction() as tx:
            await launch.launch(tx, self.company, campaign, now=here.clock())
            company = await companies.company(tx, self.company)
            rules = await turns.policies(tx)
        assert company is not None
        accepted, again = 0, True
        with self.meter() as meter:
            while again:
                async with here.database.transaction() as tx:
                    ran = await run.run_batch(
                        tx, company, campaign, routes=routing, policies=rules, room={self.connector: _BATCH},
                        validity=timedelta(hours=48), fingerprint=here.vault.fingerprint, now=here.clock(), batch=_BATCH,
                        links=None,
                    )  # fmt: skip
                accepted += sum(ran.accepted.values())
                again = bool(ran.accepted)
        assert accepted == self.number, f"{accepted} of {self.number} were accepted"
        return meter


def told(
    what: str, shown: str, found: float, *, most: float | None = None, least: float = 0, cpu: float | None = None
) -> None:
    """Print a line: what was measured, its figure, what was asked, and the same ratio of CPU."""
    asked = f"at least {least:g}" if most is None else f"at most {most:g}"
    missed = found < least or (most is not None and found > most)
    by_cpu = "" if cpu is None else f", by CPU {cpu:.2f}"
    print(f"{what:<78} {shown:>8} (asked {asked}{by_cpu}) {'MISSED' if missed else ''}", flush=True)


async def measure(bench: Bench) -> None:
    """Import, prepare and accept, and print the ratios."""
    number = bench.number
    collect_seldom()
    await bench.open()
    copied = await asyncio.to_thread(bench.copy)
    bench.tidy()
    imported, megabytes = await asyncio.to_thread(bench.import_file)
    ratio = imported.seconds / copied.seconds
    what = f"import of {number:,} rows: {imported.seconds:.1f} s, COPY {copied.seconds:.1f} s"
    told(what, f"{ratio:.2f} x", ratio, most=4, cpu=imported.cpu / copied.cpu)
    told("memory of that import", f"{megabytes:.0f} MB", megabytes, most=200)
    bench.tidy()
    campaign, prepared = await bench.prepare()
    ratio = imported.seconds / prepared.seconds
    what = f"preparing: {number / prepared.seconds:,.0f}/s, the import {number / imported.seconds:,.0f}/s"
    told(what, f"{ratio:.2f} x", ratio, least=0.5, cpu=imported.cpu / prepared.cpu)
    bench.tidy()
    plain = await bench.accept_plain()
    bench.tidy()
    ran = await bench.accept_campaign(campaign)
    ratio = plain.seconds / ran.seconds
    what = f"accepting: {number / ran.seconds:,.0f}/s, without a campaign {number / plain.seconds:,.0f}/s"
    told(what, f"{ratio:.2f} x", ratio, least=0.4, cpu=plain.cpu / ran.cpu)


@asynccontextmanager
async def a_platform(folder: Path) -> AsyncIterator[tuple[Platform, embedded.Embedded]]:
    """A database of our own, migrated, and the platform on it."""
    server = embedded.start(folder)
    try:
        await migrate(server.url)
        settings = Settings(data_dir=folder / "data", database_url=server.url, secret_key=_SECRET)
        async with platform(settings, server.url) as here:
            yield here, server
    finally:
        server.stop()


async def main(given: argparse.Namespace, folder: Path) -> None:
    """Measure what was asked for."""
    if "ratios" in given.only:
        (folder / "ratios").mkdir()
        async with a_platform(folder / "ratios") as (here, server):
            await measure(Bench(here, server, folder, given.number))
    if "growth" in given.only:
        (folder / "growth").mkdir()
        async with a_platform(folder / "growth") as (here, server):
            await measure_growth(here, server.admin_url, [int(s) for s in given.sizes.split(",")])
    if "beside" in given.only:
        (folder / "beside").mkdir()
        await measure_beside(folder / "beside", number=given.number, seconds=given.seconds)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="script/bench campaigns", description=__doc__)
    parser.add_argument("-n", "--number", type=int, default=100_000, help="contacts, and SMS of the campaign")
    parser.add_argument(
        "--only", nargs="+", choices=("ratios", "growth", "beside"), default=("ratios", "growth", "beside")
    )
    parser.add_argument(
        "--sizes", default="10000,1000000", help="contacts, opt-outs and campaigns that exist, for `growth`"
    )
    parser.add_argument("--seconds", type=float, default=20, help="how long sends are measured beside a campaign")
    observe.configure("warning")
    with tempfile.TemporaryDirectory(prefix="smsflow-bench-") as name:
        Path(name).chmod(0o755)  # PostgreSQL does not run as root
        uvloop.run(main(parser.parse_args(), Path(name)))
