"""`smsflow doctor`: what is configured, reachable and bound, and what to do about what is not."""

import asyncio
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import typer

from smsflow import datadir
from smsflow.cli import output
from smsflow.cli.failures import failure
from smsflow.cli.output import Json
from smsflow.cli.streams import say
from smsflow.cli.work import database_name, keep_time, now, vault
from smsflow.services.upkeep import connections
from smsflow.services.upkeep.findings import State, judge, look
from smsflow.settings import Settings, SettingsError, load
from smsflow.store.postgres.revision import is_migrated
from smsflow.store.postgres.transactions import Database, Tx, text

# PostgreSQL 15 is the oldest that the schema was written for; the number is that of `server_version_num`.
_OLDEST = 150_000


@dataclass(frozen=True, slots=True)
class DoctorLine:
    """One thing that was looked at: how it is, and what to do when it is wrong."""

    what: str
    state: State
    says: str
    do: str = ""


def add_to(app: typer.Typer) -> None:
    """Give `app` this command."""
    app.command("doctor")(doctor)


def doctor(*, as_json: Json = False) -> None:
    """Look at everything, and say what is wrong and what to do about it."""
    try:
        settings = load()
    except SettingsError as error:
        do = "change it in the environment or the file of SMSFLOW_CONFIG"
        _report([DoctorLine("settings", "wrong", line, do) for line in str(error).splitlines()], None, as_json=as_json)
        return
    _report([DoctorLine("settings", "ok", "they can be read"), *_findings(settings)], settings, as_json=as_json)


def _report(findings: list[DoctorLine], settings: Settings | None, *, as_json: bool) -> None:
    healthy = all(f.state != "wrong" for f in findings)
    database = "none" if settings is None else database_name(settings)
    document = {"healthy": healthy, "findings": [asdict(f) for f in findings]}
    if not output.reading(document, database=database, as_json=as_json):
        output.table(
            ("", "what", "how it is", "what to do"), [(f.state, f.what, f.says, f.do) for f in findings], none=""
        )
        say("\nAll is well." if healthy else "\nSomething is wrong: see above.")
    if not healthy:
        raise typer.Exit(1)


def _findings(settings: Settings) -> Iterator[DoctorLine]:
    directory = _data_dir(settings)
    yield directory
    if directory.state == "wrong" and settings.database_url is None:
        return
    try:
        with datadir.database(settings) as url:
            yield from asyncio.run(_database(settings, url))
    except Exception as error:
        told = failure(error)
        if told is None:
            raise
        yield DoctorLine("database", "wrong", told.sentence, "without it nothing else can be looked at")


def _data_dir(settings: Settings) -> DoctorLine:
    directory = settings.data_dir
    if not directory.exists():
        says = f"{directory.absolute()} is not there"
        if settings.database_url is None:
            return DoctorLine("data directory", "wrong", says, "set SMSFLOW_DATA_DIR, or start smsflow run to make it")
        if settings.secret_key is not None:
            return DoctorLine("data directory", "ok", f"{says}, and is not needed")
        return DoctorLine(
            "data directory", "note", says, "set SMSFLOW_SECRET_KEY, or a key is made there at the first start"
        )
    if not os.access(directory, os.R_OK | os.W_OK | os.X_OK):
        return DoctorLine(
            "data directory", "wrong", f"{directory} cannot be written", "give it to the user who runs this"
        )
    return DoctorLine("data directory", "ok", f"{directory} can be written")


async def _database(settings: Settings, url: str) -> list[DoctorLine]:
    database = Database(url, pool=1)
    try:
        await keep_time(database)
        async with database.transaction() as tx:
            findings = await _server(tx)
            if any(f.state == "wrong" for f in findings):
                return findings
            seen = await look(tx, now=now())
            try:
                await connections.check_all(tx, settings)
            except SettingsError as error:
                findings.append(
                    DoctorLine("connections", "wrong", str(error), "see SMSFLOW_DATABASE_POOL in docs/settings.md")
                )
    finally:
        await database.close()
    found = judge(seen, vault(settings), now=now())
    return [*findings, *(DoctorLine(f.english.what, f.state, f.english.says, f.english.do) for f in found)]


async def _server(tx: Tx) -> list[DoctorLine]:
    number, version = (
        await tx.execute(text("SELECT current_setting('server_version_num')::int, current_setting('server_version')"))
    ).one()
    told = f"PostgreSQL {version} answers"
    if number < _OLDEST:
        return [DoctorLine("database", "wrong", told, "use PostgreSQL 15 or newer")]
    if not await is_migrated(tx):
        return [DoctorLine("database", "wrong", f"{told}, but its schema is not up to date", "smsflow migrate")]
    return [DoctorLine("database", "ok", f"{told}, and its schema is up to date")]
