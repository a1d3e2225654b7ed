"""What waits in the queue, for people who ask: these walk it."""

from dataclasses import dataclass
from datetime import datetime

from smsflow.domain.message import Kind
from smsflow.store.postgres.transactions import Tx, text


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits for a connector; `held` belongs to suspended companies, and `oldest` is of what may leave now."""

    connector_id: int
    waiting: int
    claimed: int
    planned: int
    held: int
    oldest: datetime | None


async def backlogs(tx: Tx, *, company_id: int | None) -> list[Backlog]:
    """Return what waits for each connector, of one company or of all."""
    query = text("""
        WITH counted AS (
            SELECT q.connector_id, count(*) FILTER (WHERE q.due_at IS NULL AND NOT c.suspended) AS waiting,
                count(*) FILTER (WHERE q.claimed_by IS NOT NULL) AS claimed,
                count(*) FILTER (WHERE q.due_at IS NOT NULL AND NOT c.suspended) AS planned,
                count(*) FILTER (WHERE c.suspended) AS held,
                min(q.message_id) FILTER (WHERE q.due_at IS NULL AND NOT c.suspended) AS first
            FROM queue q JOIN company c ON c.id = q.company_id
            WHERE CAST(:company_id AS bigint) IS NULL OR q.company_id = :company_id GROUP BY q.connector_id
        )
        SELECT connector_id, waiting, claimed, planned, held, (SELECT m.created_at FROM message m WHERE m.id = first)
        FROM counted ORDER BY connector_id
    """)
    return [Backlog(*row) for row in await tx.execute(query, {"company_id": company_id})]


@dataclass(frozen=True, slots=True)
class Queued:
    """A message in the queue; its company may be suspended, and a dispatcher may have claimed it."""

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
    query = text("""
        SELECT q.message_id, q.company_id, c.suspended, q.connector_id, m.kind, m.created_at, q.due_at, q.attempt, q.claimed_by IS NOT NULL
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
