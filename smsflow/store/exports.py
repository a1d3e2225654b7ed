"""Exports that are made in the background: what is wanted, how far it is, and the file in pieces."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from smsflow.store.postgres.transactions import Tx, text

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Export:
    """An export and how far it is; `rows` are those that were read."""

    id: int
    company_id: int
    kind: str
    plan: Mapping[str, Any]
    author: str
    state: str
    wanted_stop: bool
    rows: int
    size: int
    created_at: datetime
    finished_at: datetime | None


_COLUMNS = "id, company_id, kind, plan, author, state, wanted_stop, rows, size, created_at, finished_at"


async def add(tx: Tx, company_id: int, *, kind: str, plan: Mapping[str, Any], author: str, now: datetime) -> int:
    """Add an export that waits; return its id."""
    insert = text("""
        INSERT INTO export (company_id, kind, plan, author, state, created_at, touched_at)
        VALUES (:company_id, :kind, CAST(:plan AS jsonb), :author, 'waiting', :now, :now) RETURNING id
    """)
    parameters = {
        "company_id": company_id,
        "kind": kind,
        "plan": _encode(plan).decode(),
        "author": author,
        "now": now,
    }
    return int((await tx.execute(insert, parameters)).scalar_one())


async def find(tx: Tx, company_id: int, export_id: int) -> Export | None:
    """Return an export of the company, or None."""
    query = text(f"SELECT {_COLUMNS} FROM export WHERE company_id = :company_id AND id = :id")
    row = (await tx.execute(query, {"company_id": company_id, "id": export_id})).one_or_none()
    return Export(*row) if row else None


async def latest(tx: Tx, company_id: int, *, limit: int) -> list[Export]:
    """Return the company's exports, newest first."""
    query = text(f"SELECT {_COLUMNS} FROM export WHERE company_id = :company_id ORDER BY id DESC LIMIT :limit")
    return [Export(*row) for row in await tx.execute(query, {"company_id": company_id, "limit": limit})]


# One that runs and was not touched for a while belonged to a process that died: it is made anew (walks export_open).
_CLAIM = text(f"""
UPDATE export SET state = 'running', rows = 0, touched_at = :now WHERE (company_id, id) = (
    SELECT company_id, id FROM export
    WHERE state IN ('waiting', 'running') AND (state = 'waiting' OR touched_at < :before)
    ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
) RETURNING {_COLUMNS}
""")


async def claim(tx: Tx, *, before: datetime, now: datetime) -> Export | None:
    """Return the next export to make, which this process has now; one that was not touched since `before` counts as left."""
    row = (await tx.execute(_CLAIM, {"before": before, "now": now})).one_or_none()
    return Export(*row) if row else None


async def advance(tx: Tx, company_id: int, export_id: int, *, rows: int, now: datetime) -> bool:
    """Note how many rows were read; False when the export is to stop, or is not running any more."""
    update = text("""
        UPDATE export SET rows = :rows, touched_at = :now
        WHERE company_id = :company_id AND id = :id AND state = 'running' RETURNING wanted_stop
    """)
    parameters = {"company_id": company_id, "id": export_id, "rows": rows, "now": now}
    return (await tx.execute(update, parameters)).scalar_one_or_none() is False


async def add_chunk(tx: Tx, company_id: int, export_id: int, place: int, body: bytes) -> None:
    """Keep one piece of the file; one that an earlier try has kept is replaced."""
    insert = text("""
        INSERT INTO export_chunk (company_id, export_id, place, body) VALUES (:company_id, :export_id, :place, :body)
        ON CONFLICT (company_id, export_id, place) DO UPDATE SET body = excluded.body
    """)
    await tx.execute(insert, {"company_id": company_id, "export_id": export_id, "place": place, "body": body})


async def chunk(tx: Tx, company_id: int, export_id: int, place: int) -> bytes | None:
    """Return one piece of the file, None behind its end."""
    query = text("""
        SELECT body FROM export_chunk WHERE company_id = :company_id AND export_id = :export_id AND place = :place
    """)
    parameters = {"company_id": company_id, "export_id": export_id, "place": place}
    found = (await tx.execute(query, parameters)).scalar_one_or_none()
    return None if found is None else bytes(found)


async def end(tx: Tx, company_id: int, export_id: int, state: str, *, size: int = 0, now: datetime) -> None:
    """Give an export that is open its last state."""
    update = text("""
        UPDATE export SET state = :state, size = :size, finished_at = :now
        WHERE company_id = :company_id AND id = :id AND state IN ('waiting', 'running')
    """)
    parameters = {"company_id": company_id, "id": export_id, "state": state, "size": size, "now": now}
    await tx.execute(update, parameters)


async def want_stop(tx: Tx, company_id: int, export_id: int, *, now: datetime) -> None:
    """Stop an export that waits, and ask one that runs to stop where it is."""
    update = text("""
        UPDATE export SET wanted_stop = true, state = CASE WHEN state = 'waiting' THEN 'stopped' ELSE state END,
            finished_at = CASE WHEN state = 'waiting' THEN :now END
        WHERE company_id = :company_id AND id = :id AND state IN ('waiting', 'running')
    """)
    await tx.execute(update, {"company_id": company_id, "id": export_id, "now": now})


async def forget(tx: Tx, *, before: datetime, limit: int) -> int:
    """Remove exports that were asked for before a moment, with their files; return how many (walks export_created)."""
    statement = text("""
        WITH old AS MATERIALIZED (
            SELECT company_id, id FROM export WHERE created_at < :before ORDER BY created_at LIMIT :limit
        ), files AS (
            DELETE FROM export_chunk c USING old o WHERE c.company_id = o.company_id AND c.export_id = o.id
        )
        DELETE FROM export e USING old o WHERE e.company_id = o.company_id AND e.id = o.id RETURNING e.id
    """)
    return len(await tx.execute(statement, {"before": before, "limit": limit}))
