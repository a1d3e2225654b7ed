"""Entries that the database refused as they came, set aside so that somebody looks at them."""

from dataclasses import dataclass
from datetime import datetime

from smsflow.store.postgres.arrays import ints
from smsflow.store.postgres.bounds import bounded
from smsflow.store.postgres.transactions import Tx, text


@dataclass(frozen=True, slots=True)
class SetAside:
    """An entry that could not be written: what it was about, without texts and whole numbers."""

    path: str
    connector_id: int
    message_id: int | None
    detail: str
    error: str


_KEEP = text("""
INSERT INTO set_aside (path, connector_id, message_id, detail, error, created_at)
VALUES (:path, :connector_id, :message_id, :detail, :error, :now)
""")


async def keep(tx: Tx, entry: SetAside, *, now: datetime) -> None:
    """Keep an entry."""
    parameters = {
        "path": entry.path,
        "connector_id": entry.connector_id,
        "message_id": entry.message_id,
        "detail": entry.detail,
        "error": entry.error,
        "now": now,
    }
    await tx.execute(_KEEP, parameters)


@dataclass(frozen=True, slots=True)
class SetAsideCount:
    """How many entries of a path were set aside, and when the last was."""

    path: str
    entries: int
    last_at: datetime
    last_error: str


async def counted(tx: Tx, *, since: datetime) -> list[SetAsideCount]:
    """Return what was set aside since then, by path (walks the table: it should be empty)."""
    query = text("""
        SELECT path, count(*), max(created_at), (array_agg(error ORDER BY id DESC))[1] FROM set_aside
        WHERE created_at >= :since GROUP BY path ORDER BY path
    """)
    return [SetAsideCount(*row) for row in await tx.execute(query, {"since": since})]


# Walks the primary key; the table should be empty.
_PAGE = text(
    "SELECT id, message_id, created_at FROM set_aside WHERE created_at < :before AND id > :after ORDER BY id LIMIT :limit"
)
_OPEN = bounded("""
SELECT m.id FROM message m WHERE m.id = ANY(CAST(:ids AS bigint[])) AND WITHIN(m.id) AND m.status IN (1, 2, 5, 8)
""")


async def forget(tx: Tx, *, old: datetime, ended: datetime, after: int, limit: int) -> int | None:
    """Drop, among the next `limit` entries, those set aside before `old`, and those before `ended` whose message has ended in another way.

    Return the entry to go on after, None at the end.
    """
    rows = list(await tx.execute(_PAGE, {"before": max(old, ended), "after": after, "limit": limit}))
    ids = [message_id for _, message_id, _ in rows if message_id is not None]
    waiting = {m for (m,) in await tx.execute(_OPEN(ids), {"ids": ints(ids)})} if ids else set()
    over = [
        id_
        for id_, message_id, created_at in rows
        if created_at < old or (created_at < ended and message_id is not None and message_id not in waiting)
    ]
    if over:
        await tx.execute(text("DELETE FROM set_aside WHERE id = ANY(CAST(:ids AS bigint[]))"), {"ids": ints(over)})
    return max(id_ for id_, _, _ in rows) if len(rows) == limit else None
