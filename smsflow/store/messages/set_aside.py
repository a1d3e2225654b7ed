"""What the database refused as it came, set aside so that somebody looks at it."""

from dataclasses import dataclass
from datetime import datetime

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


async def forget(tx: Tx, *, before: datetime) -> None:
    """Drop what was set aside before this time."""
    await tx.execute(text("DELETE FROM set_aside WHERE created_at < :before"), {"before": before})
