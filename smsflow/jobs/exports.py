"""Exports: made in the background in memory that does not grow with them; one whose process dies is made anew by another."""

import asyncio
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

import msgspec
import structlog

from smsflow.services.accounts import companies
from smsflow.services.exports import making, rows
from smsflow.services.exports.making import Export
from smsflow.services.exports.wanted import WantedFile, write
from smsflow.sheets.export import Cell
from smsflow.store.postgres.outages import first_line, may_pass, named
from smsflow.store.postgres.revision import lacks_migration
from smsflow.store.postgres.transactions import Database

log = structlog.get_logger(__name__)

_LOOK_AGAIN = 1.0
_CHUNK = 1024 * 1024


async def keep_exporting(database: Database, clock: Callable[[], datetime]) -> None:
    """Make the exports that wait, one after the other, until cancelled."""
    while True:
        again = False
        try:
            again = await export_next(database, clock)
        except Exception as error:  # noqa: BLE001 - the database is away: say so and try again
            log.warning("exports_wait", reason=first_line(error))
        await asyncio.sleep(0 if again else _LOOK_AGAIN)


async def export_next(database: Database, clock: Callable[[], datetime]) -> bool:
    """Make the next export; False when none waits."""
    async with database.transaction() as tx:
        export = await making.claim(tx, now=clock())
    if export is None:
        return False
    try:
        await _make(database, export, clock)
    except Exception as error:
        if may_pass(error) or lacks_migration(error):
            raise
        # A filter that no longer means anything, as a list that was deleted, or a row that cannot be read: it would fail for ever.
        log.warning("export_failed", export_id=export.id, reason=named(error))
        async with database.transaction() as tx:
            await making.end(tx, export, "failed", now=clock())
    return True


async def _make(database: Database, export: Export, clock: Callable[[], datetime]) -> None:
    with tempfile.TemporaryDirectory(prefix="smsflow-export-") as folder:
        spool, file = Path(folder) / "rows", Path(folder) / "file"
        wanted = await _read(database, export, spool, clock)
        if wanted is None:
            return
        await asyncio.to_thread(_write, file, wanted, spool)
        async with database.transaction() as tx:
            with file.open("rb") as source:
                place = 0
                while body := source.read(_CHUNK):
                    await making.add_chunk(tx, export.company_id, export.id, place, body)
                    place += 1
            await making.end(tx, export, "finished", size=file.stat().st_size, now=clock())


async def _read(database: Database, export: Export, spool: Path, clock: Callable[[], datetime]) -> WantedFile | None:
    """Write all rows below one another into a file; None when the export was stopped."""
    async with database.autocommit() as tx:
        company = (await companies.account(tx, export.company_id)).company
        wanted = await rows.begun(tx, company, making.wanted_of(export))
    done, after = 0, ""
    with spool.open("wb") as file:
        following: str | None = after
        while following is not None and done < making.MOST_ROWS:
            async with database.transaction() as tx:
                found, following = await rows.page(tx, company, wanted, following, now=clock())
            for row in found:
                file.write(msgspec.json.encode(row) + b"\n")
            done += len(found)
            async with database.transaction() as tx:
                if not await making.advance(tx, export, rows=done, now=clock()):
                    return None
    return wanted


def _write(file: Path, wanted: WantedFile, spool: Path) -> None:
    with file.open("wb") as target:
        write(target, wanted, _spooled(spool))


def _spooled(spool: Path) -> Iterator[Sequence[Cell]]:
    with spool.open("rb") as lines:
        for line in lines:
            yield msgspec.json.decode(line)
