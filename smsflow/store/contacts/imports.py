"""Imports of contacts: the file, how far it was read, what each row did, and which rows were refused."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from smsflow.store.postgres.arrays import texts
from smsflow.store.postgres.transactions import Tx, text

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class ContactImport:
    """An import and what it has come to; `rows` are rows of data that were read."""

    id: int
    company_id: int
    file_name: str
    plan: Mapping[str, Any]
    state: str
    why: str
    wanted_stop: bool
    next_row: int
    size: int
    rows: int
    new: int
    updated: int
    unchanged: int
    duplicate: int
    invalid: int
    opted_out: int
    reasons: Mapping[str, int]
    created_at: datetime
    finished_at: datetime | None
    begun_at: datetime | None
    last_row: int | None
    """The number of the last row, as far as the file tells."""
    removed: int
    restored: int
    kept: int
    """The contacts that its undoing removed, gave their former values, and left as they are."""


_SELECT = """
SELECT id, company_id, file_name, plan, state, why, wanted_stop, next_row, size, rows, new, updated, unchanged, duplicate, invalid,
    opted_out, reasons, created_at, finished_at, begun_at, last_row, removed, restored,
    kept FROM contact_import
"""
_FIND = text(f"{_SELECT} WHERE company_id = :company_id AND id = :id")
_LOCK = text(f"{_SELECT} WHERE company_id = :company_id AND id = :id FOR NO KEY UPDATE")
_LATEST = text(f"{_SELECT} WHERE company_id = :company_id ORDER BY id DESC LIMIT :limit")
_OPEN = text(f"{_SELECT} WHERE state IN ('waiting', 'running') ORDER BY id")


async def add(
    tx: Tx, company_id: int, *, file_name: str, plan: Mapping[str, Any], state: str, size: int, now: datetime
) -> int:
    """Add an import; return its id."""
    insert = text("""
        INSERT INTO contact_import (company_id, file_name, plan, state, size, created_at)
        VALUES (:company_id, :file_name, CAST(:plan AS jsonb), :state, :size, :now) RETURNING id
    """)
    parameters = {
        "company_id": company_id,
        "file_name": file_name[:200],
        "plan": _encode(plan).decode(),
        "state": state,
        "size": size,
        "now": now,
    }
    return int((await tx.execute(insert, parameters)).scalar_one())


async def add_chunk(tx: Tx, company_id: int, import_id: int, place: int, body: bytes) -> None:
    """Keep one piece of the file."""
    insert = text("""
        INSERT INTO contact_import_chunk (company_id, import_id, place, body) VALUES (:company_id, :import_id, :place, :body)
    """)
    await tx.execute(insert, {"company_id": company_id, "import_id": import_id, "place": place, "body": body})


async def chunk(tx: Tx, company_id: int, import_id: int, place: int) -> bytes | None:
    """Return one piece of the file, None behind its end."""
    query = text("""
        SELECT body FROM contact_import_chunk WHERE company_id = :company_id AND import_id = :import_id AND place = :place
    """)
    found = (
        await tx.execute(query, {"company_id": company_id, "import_id": import_id, "place": place})
    ).scalar_one_or_none()
    return None if found is None else bytes(found)


async def drop_file(tx: Tx, company_id: int, import_id: int) -> None:
    """Drop the file of an import that has ended."""
    statement = text("DELETE FROM contact_import_chunk WHERE company_id = :company_id AND import_id = :import_id")
    await tx.execute(statement, {"company_id": company_id, "import_id": import_id})


async def find(tx: Tx, company_id: int, import_id: int) -> ContactImport | None:
    """Return an import of the company, or None."""
    row = (await tx.execute(_FIND, {"company_id": company_id, "id": import_id})).one_or_none()
    return ContactImport(*row) if row else None


async def lock(tx: Tx, company_id: int, import_id: int) -> ContactImport | None:
    """Lock an import of the company until the transaction ends, and return it, or None."""
    row = (await tx.execute(_LOCK, {"company_id": company_id, "id": import_id})).one_or_none()
    return ContactImport(*row) if row else None


async def latest(tx: Tx, company_id: int, *, limit: int) -> list[ContactImport]:
    """Return the company's imports, newest first."""
    return [ContactImport(*row) for row in await tx.execute(_LATEST, {"company_id": company_id, "limit": limit})]


async def open_imports(tx: Tx) -> list[ContactImport]:
    """Return the imports that wait or run, oldest first (walks contact_import_open)."""
    return [ContactImport(*row) for row in await tx.execute(_OPEN)]


async def company_of(tx: Tx, import_id: int) -> int | None:
    """Return the company of an import; for the platform's own administrator only."""
    query = text("SELECT company_id FROM contact_import WHERE id = :id")
    return (await tx.execute(query, {"id": import_id})).scalar_one_or_none()


async def seen(tx: Tx, company_id: int, import_id: int, numbers: Sequence[str]) -> set[str]:
    """Return those of `numbers` that an earlier row of the import had."""
    query = text("""
        SELECT number FROM contact_import_row
        WHERE company_id = :company_id AND import_id = :import_id AND number = ANY(CAST(:numbers AS text[]))
    """)
    rows = await tx.execute(query, {"company_id": company_id, "import_id": import_id, "numbers": texts(numbers)})
    return {number for (number,) in rows}


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that became no contact, and why."""

    row: int
    reason: str
    cells: Sequence[str]


async def refuse(tx: Tx, company_id: int, import_id: int, refused: Iterable[RefusedRow]) -> None:
    """Keep the rows that became no contact."""
    insert = text("""
        INSERT INTO contact_import_refusal (company_id, import_id, row, reason, cells)
        VALUES (:company_id, :import_id, :row, :reason, :cells)
    """)
    rows = [
        {"company_id": company_id, "import_id": import_id, "row": r.row, "reason": r.reason, "cells": list(r.cells)}
        for r in refused
    ]
    if rows:
        await tx.execute(insert, rows)


async def refusals(tx: Tx, company_id: int, import_id: int, *, after: int, limit: int) -> list[RefusedRow]:
    """Return the refused rows behind a row, in their order."""
    query = text("""
        SELECT row, reason, cells FROM contact_import_refusal
        WHERE company_id = :company_id AND import_id = :import_id AND row > :after ORDER BY row LIMIT :limit
    """)
    parameters = {"company_id": company_id, "import_id": import_id, "after": after, "limit": limit}
    return [RefusedRow(*row) for row in await tx.execute(query, parameters)]


@dataclass(frozen=True, slots=True)
class Counted:
    """The result of a batch of rows."""

    rows: int = 0
    new: int = 0
    updated: int = 0
    unchanged: int = 0
    duplicate: int = 0
    invalid: int = 0
    opted_out: int = 0


async def move(
    tx: Tx, company_id: int, import_id: int, *, next_row: int, counted: Counted, reasons: Mapping[str, int]
) -> None:
    """Note how far an import has come; `reasons` are those of all refused rows so far."""
    update = text("""
        UPDATE contact_import SET state = 'running', next_row = :next_row, rows = rows + :rows, new = new + :new,
            updated = updated + :updated, unchanged = unchanged + :unchanged, duplicate = duplicate + :duplicate,
            invalid = invalid + :invalid, opted_out = opted_out + :opted_out, reasons = CAST(:reasons AS jsonb)
        WHERE company_id = :company_id AND id = :id
    """)
    parameters = {
        "company_id": company_id,
        "id": import_id,
        "next_row": next_row,
        "reasons": _encode(reasons).decode(),
        "rows": counted.rows,
        "new": counted.new,
        "updated": counted.updated,
        "unchanged": counted.unchanged,
        "duplicate": counted.duplicate,
        "invalid": counted.invalid,
        "opted_out": counted.opted_out,
    }
    await tx.execute(update, parameters)


async def set_state(
    tx: Tx, company_id: int, import_id: int, state: str, *, why: str = "", finished_at: datetime | None = None
) -> None:
    """Give an import its state."""
    update = text("""
        UPDATE contact_import SET state = :state, why = :why, finished_at = coalesce(:finished_at, finished_at)
        WHERE company_id = :company_id AND id = :id
    """)
    parameters = {"company_id": company_id, "id": import_id, "state": state, "why": why, "finished_at": finished_at}
    await tx.execute(update, parameters)


async def set_plan(tx: Tx, company_id: int, import_id: int, plan: Mapping[str, Any]) -> None:
    """Change how the file of an import is read."""
    update = text("UPDATE contact_import SET plan = CAST(:plan AS jsonb) WHERE company_id = :company_id AND id = :id")
    await tx.execute(update, {"company_id": company_id, "id": import_id, "plan": _encode(plan).decode()})


async def note_begun(tx: Tx, company_id: int, import_id: int, *, last_row: int | None, now: datetime) -> None:
    """Note when an import began, and the last row of its file, once."""
    update = text("""
        UPDATE contact_import SET begun_at = :now, last_row = :last_row
        WHERE company_id = :company_id AND id = :id AND begun_at IS NULL
    """)
    await tx.execute(update, {"company_id": company_id, "id": import_id, "last_row": last_row, "now": now})


async def want_stop(tx: Tx, company_id: int, import_id: int) -> None:
    """Ask an import to stop where it is."""
    update = text("UPDATE contact_import SET wanted_stop = true WHERE company_id = :company_id AND id = :id")
    await tx.execute(update, {"company_id": company_id, "id": import_id})
