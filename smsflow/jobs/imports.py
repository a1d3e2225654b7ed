"""Imports of contacts: read in the background, from where they were after a restart, in memory that does not grow with the file."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncGenerator, Callable, Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path

import structlog

from smsflow.services.accounts import companies
from smsflow.services.contacts import importing
from smsflow.sheets.columns import records
from smsflow.sheets.errors import SheetUnreadable
from smsflow.sheets.extent import last_row
from smsflow.sheets.layout import rows
from smsflow.sheets.row import Record
from smsflow.store.postgres.outages import first_line, may_pass, named
from smsflow.store.postgres.revision import lacks_migration
from smsflow.store.postgres.transactions import Database

log = structlog.get_logger(__name__)

_LOOK_AGAIN = 1.0


async def keep_importing(database: Database, clock: Callable[[], datetime]) -> None:
    """Read the files of imports that wait, one after the other, until cancelled."""
    while True:
        try:
            async with database.autocommit() as tx:
                waiting = await importing.waiting(tx)
        except Exception as error:  # noqa: BLE001 - the database is away: say so and try again
            log.warning("imports_wait", reason=first_line(error))
            waiting = []
        for found in waiting:
            try:
                await run_import(database, found.company_id, found.id, clock)
            except Exception as error:  # noqa: BLE001 - one import that fails must not stop the others
                log.warning("import_waits", import_id=found.id, reason=first_line(error))
        await asyncio.sleep(_LOOK_AGAIN)


async def run_import(
    database: Database,
    company_id: int,
    import_id: int,
    clock: Callable[[], datetime],
    *,
    progress: Callable[[importing.ContactImport], None] = lambda _: None,
) -> None:
    """Read the file of an import to its end, or until it is stopped; several that read it do each batch once."""
    with tempfile.TemporaryDirectory(prefix="smsflow-import-") as folder:
        path = Path(folder) / "file"
        await _fetch(database, company_id, import_id, path)
        async with database.autocommit() as tx:
            found = await importing.show(tx, company_id, import_id)
            company = (await companies.account(tx, company_id)).company
        plan = importing.plan_of(found)
        try:
            if found.begun_at is None:
                ends = await asyncio.to_thread(last_row, path, plan.layout)
                async with database.transaction() as tx:
                    await importing.note_begun(tx, company_id, import_id, last_row=ends, now=clock())
            source = records(rows(path, plan.layout, after=found.next_row), plan.columns)
            after = found.next_row
            async with contextlib.aclosing(_batches(source)) as batches:
                async for batch in batches:
                    last = len(batch) < importing.BATCH
                    async with database.transaction() as tx:
                        now = await importing.step(tx, company, import_id, batch, after=after, last=last, now=clock())
                    if now is None or now.state != "running":
                        return
                    after = now.next_row
                    progress(now)
        except Exception as error:
            why = _why(error)
            if why is None:
                raise
            async with database.transaction() as tx:
                await importing.fail(tx, company_id, import_id, why=why, now=clock())


def _why(error: Exception) -> str | None:
    """Return why an import ends that cannot be read any further, None where it may go on when it is tried again."""
    if isinstance(error, SheetUnreadable):
        return str(error)
    if may_pass(error) or lacks_migration(error):
        return None
    return f"A row cannot be read or stored ({named(error)}): save the file again as CSV, or ask the platform."


async def _batches(source: Iterator[Record]) -> AsyncGenerator[list[Record], None]:
    """Yield the batches of a file, each while the next one is read; the last is short."""
    batch = await asyncio.to_thread(_take, source)
    while len(batch) == importing.BATCH:
        following = asyncio.create_task(asyncio.to_thread(_take, source))
        try:
            yield batch
        finally:
            # Also when nobody wants it any more: its file is there until then.
            batch = await following
    yield batch


def _take(source: Iterator[Record]) -> list[Record]:
    return list(islice(source, importing.BATCH))


async def _fetch(database: Database, company_id: int, import_id: int, path: Path) -> None:
    with contextlib.closing(path.open("wb")) as file:
        place = 0
        while True:
            async with database.autocommit() as tx:
                body = await importing.chunk(tx, company_id, import_id, place)
            if body is None:
                return
            file.write(body)
            place += 1
