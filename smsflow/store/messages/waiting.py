"""Reports about the queue; each walks it."""

from dataclasses import dataclass
from datetime import datetime

from smsflow.domain.message import Kind
from smsflow.store.postgres.transactions import Tx, text

# A suspension and a pause hold a message by a due date that never comes (`holding`, `queue`); a suspension takes effect before it has.
_NEVER = "timestamptz '9999-12-31 00:00:00+00'"
_HELD = f"(c.suspended OR coalesce(q.due_at >= {_NEVER}, false))"


@dataclass(frozen=True, slots=True)
class QueueBacklog:
    """The messages of a connector's queue, counted; `held` are those of suspended companies and paused campaigns."""

    connector_id: int
    waiting: int
    claimed: int
    planned: int
    held: int
    oldest: datetime | None


async def backlogs(tx: Tx, *, company_id: int | None) -> list[QueueBacklog]:
    """Return what waits for each connector, of one company or of all."""
    query = text(f"""
        WITH counted AS (
            SELECT q.connector_id, count(*) FILTER (WHERE q.due_at IS NULL AND NOT {_HELD}) AS waiting,
                count(*) FILTER (WHERE q.claimed_by IS NOT NULL) AS claimed,
                count(*) FILTER (WHERE q.due_at IS NOT NULL AND NOT {_HELD}) AS planned,
                count(*) FILTER (WHERE {_HELD}) AS held,
                min(q.message_id) FILTER (WHERE q.due_at IS NULL AND NOT {_HELD}) AS first
            FROM queue q JOIN company c ON c.id = q.company_id
            WHERE CAST(:company_id AS bigint) IS NULL OR q.company_id = :company_id GROUP BY q.connector_id
        )
        SELECT connector_id, waiting, claimed, planned, held, (SELECT m.created_at FROM message m WHERE m.id = first)
        FROM counted ORDER BY connector_id
    """)
    return [QueueBacklog(*row) for row in await tx.execute(query, {"company_id": company_id})]


@dataclass(frozen=True, slots=True)
class Queued:
    """A message in the queue; it may be held, and a dispatcher may have claimed it."""

    id: int
    company_id: int
    held: bool
    connector_id: int
    kind: Kind
    created_at: datetime
    due_at: datetime | None
    attempt: int
    claimed: bool


async def oldest(tx: Tx, *, company_id: int | None, limit: int) -> list[Queued]:
    """Return the oldest messages that wait, of one company or of all."""
    query = text(f"""
        SELECT q.message_id, q.company_id, {_HELD}, q.connector_id, m.kind, m.created_at,
            CASE WHEN q.due_at < {_NEVER} THEN q.due_at END, q.attempt, q.claimed_by IS NOT NULL
        FROM (
            SELECT * FROM queue WHERE CAST(:company_id AS bigint) IS NULL OR company_id = :company_id ORDER BY message_id LIMIT :limit
        ) q JOIN message m ON m.id = q.message_id JOIN company c ON c.id = q.company_id ORDER BY q.message_id
    """)
    return [
        Queued(message_id, company, held, connector, Kind(kind), created_at, due_at, attempt, claimed)
        for message_id, company, held, connector, kind, created_at, due_at, attempt, claimed in await tx.execute(
            query, {"company_id": company_id, "limit": limit}
        )
    ]
