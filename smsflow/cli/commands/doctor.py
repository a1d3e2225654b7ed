"""`smsflow doctor`: what is configured, reachable and bound, and what to do about what is not."""

import asyncio
import os
from collections.abc import Iterator
from dataclasses import asdict

import typer

from smsflow import datadir
from smsflow.cli import output
from smsflow.cli.failures import sentence
from smsflow.cli.output import Json
from smsflow.cli.work import vault
from smsflow.runtime import now
from smsflow.services.upkeep.findings import Finding, judge, look
from smsflow.settings import Settings, SettingsError, load
from smsflow.store.postgres.revision import is_migrated
from smsflow.store.postgres.transactions import Database, Tx, text

# PostgreSQL 15 is the oldest that the schema was written for; the number is that of `server_version_num`.
_OLDEST = 150_000


def add_to(app: typer.Typer) -> None:
    """Give `app` this command."""
    app.command("doctor")(doctor)


def doctor(*, as_json: Json = False) -> None:
    """Look at everything, and say what is wrong and what to do about it."""
    findings = list(_findings())
    healthy = all(f.state != "wrong" for f in findings)
    if as_json:
        output.document({"healthy": healthy, "findings": [asdict(f) for f in findings]})
    else:
        output.table(
            ("", "what", "how it is", "what to do"), [(f.state, f.what, f.says, f.do) for f in findings], none=""
        )
        print("\nAll is well." if healthy else "\nSomething is wrong: see above.")
    if not healthy:
        raise typer.Exit(1)


def _findings() -> Iterator[Finding]:
    try:
        settings = load()
    except SettingsError as error:
        for line in str(error).splitlines():
            yield Finding("settings", "wrong", line, "change it in the environment or the file of SMSFLOW_CONFIG")
        return
    yield Finding("settings", "ok", "they can be read")
    writable = _data_dir(settings)
    yield writable
    if writable.state == "wrong" and settings.database_url is None:
        return
    try:
        with datadir.database(settings) as url:
            yield from asyncio.run(_database(settings, url))
    except Exception as error:
        said = sentence(error)
        if said is None:
            raise
        yield Finding("database", "wrong", said, "without it nothing else can be looked at")


def _data_dir(settings: Settings) -> Finding:
    directory = settings.data_dir
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        return Finding("data directory", "wrong", f"{directory}: {error.strerror}", "set SMSFLOW_DATA_DIR to another")
    if not os.access(directory, os.R_OK | os.W_OK | os.X_OK):
        return Finding("data directory", "wrong", f"{directory} cannot be written", "give it to the user who runs this")
    return Finding("data directory", "ok", f"{directory} can be written")


async def _database(settings: Settings, url: str) -> list[Finding]:
    database = Database(url, pool=1)
    try:
        async with database.transaction() as tx:
            findings = await _server(tx)
            if any(f.state == "wrong" for f in findings):
                return findings
            seen = await look(tx)
    finally:
        await database.close()
    return [*findings, *judge(seen, vault(settings), now=now())]


async def _server(tx: Tx) -> list[Finding]:
    row = (
        await tx.execute(text("SELECT current_setting('server_version_num')::int, current_setting('server_version')"))
    ).one()
    told = f"PostgreSQL {row[1]} answers"
    if row[0] < _OLDEST:
        return [Finding("database", "wrong", told, "use PostgreSQL 15 or newer")]
    if not await is_migrated(tx):
        return [Finding("database", "wrong", f"{told}, but its schema is not up to date", "smsflow migrate")]
    return [Finding("database", "ok", f"{told}, and its schema is up to date")]
