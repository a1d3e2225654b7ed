"""Exports in the background: asked for, made from their first row to their last, kept for a week."""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from smsflow.errors import NotFound
from smsflow.services.exports.wanted import WantedFile
from smsflow.store import exports
from smsflow.store.postgres.transactions import Tx

Export = exports.Export
chunk = exports.chunk
add_chunk = exports.add_chunk

KEPT: Final = timedelta(days=7)
# Longer than the longest page of rows takes.
_LEFT_AFTER: Final = timedelta(minutes=2)
# The most rows that Excel opens in one sheet.
MOST_ROWS: Final = 1_000_000


async def ask(tx: Tx, company_id: int, wanted: WantedFile, *, author: str, now: datetime) -> int:
    """Have an export made in the background; return its id."""
    return await exports.add(tx, company_id, kind=wanted.kind, plan=msgspec.to_builtins(wanted), author=author, now=now)


def wanted_of(export: Export) -> WantedFile:
    """Return what an export was asked for."""
    return msgspec.convert(export.plan, WantedFile)


async def show(tx: Tx, company_id: int, export_id: int) -> Export:
    """Return an export of the company; raise NotFound."""
    found = await exports.find(tx, company_id, export_id)
    if found is None:
        raise NotFound(what="export", id=export_id)
    return found


async def latest(tx: Tx, company_id: int) -> list[Export]:
    """Return the company's exports, newest first."""
    return await exports.latest(tx, company_id, limit=50)


async def claim(tx: Tx, *, now: datetime) -> Export | None:
    """Return the next export to make, which nobody else makes meanwhile; one whose process died is made anew."""
    return await exports.claim(tx, before=now - _LEFT_AFTER, now=now)


async def advance(tx: Tx, export: Export, *, rows: int, now: datetime) -> bool:
    """Note how many rows were read; False when somebody has stopped the export."""
    if await exports.advance(tx, export.company_id, export.id, rows=rows, now=now):
        return True
    await exports.end(tx, export.company_id, export.id, "stopped", now=now)
    return False


async def end(tx: Tx, export: Export, state: str, *, size: int = 0, now: datetime) -> None:
    """End an export: it is finished, or failed."""
    await exports.end(tx, export.company_id, export.id, state, size=size, now=now)


async def stop(tx: Tx, company_id: int, export_id: int, *, now: datetime) -> Export:
    """Stop an export where it is; raise NotFound."""
    await exports.want_stop(tx, company_id, export_id, now=now)
    return await show(tx, company_id, export_id)


async def forget(tx: Tx, *, kept: timedelta, now: datetime) -> bool:
    """Remove some old exports with their files; tell whether there may be more."""
    return await exports.forget(tx, before=now - kept, limit=_AT_ONCE) == _AT_ONCE


_AT_ONCE = 20
