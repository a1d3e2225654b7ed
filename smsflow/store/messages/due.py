"""Messages that wait for a time, planned or to be tried again, and their release when it has come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from smsflow.domain.message import Kind
from smsflow.store.messages import holding
from smsflow.store.postgres.arrays import ints
from smsflow.store.postgres.bounds import bounded
from smsflow.store.postgres.transactions import Tx, text


@dataclass(frozen=True, slots=True)
class Due:
    """A message whose time has come."""

    message_id: int
    company_id: int
    connector_id: int
    priority: int
    segments: int
    attempt: int
    held: bool
    """Its company is suspended."""


# Walks queue_due from its left end.
_DUE = text("""
SELECT message_id, company_id, connector_id, priority, segments, attempt, company_id IN (SELECT id FROM company WHERE suspended) FROM queue WHERE due_at <= :now
ORDER BY due_at, message_id LIMIT :limit FOR UPDATE SKIP LOCKED
""")
_GO = bounded("""
WITH incoming AS MATERIALIZED (
    SELECT * FROM unnest(CAST(:ids AS bigint[]), CAST(:companies AS bigint[]), CAST(:connectors AS bigint[]), CAST(:priorities AS smallint[]),
        CAST(:segments AS smallint[]), CAST(:steps AS bigint[])) AS t(message_id, company_id, connector_id, priority, segments, step)
), queued AS (
    UPDATE queue q SET due_at = NULL, turn = CASE WHEN q.attempt > 0 THEN q.turn ELSE greatest(s.turn, l.turn, 0) + i.step END
    FROM incoming i
    LEFT JOIN share s ON s.company_id = i.company_id AND s.connector_id = i.connector_id AND s.priority = i.priority
    LEFT JOIN lane_clock l ON l.connector_id = i.connector_id AND l.priority = i.priority
    WHERE q.message_id = i.message_id
), moved AS (
    INSERT INTO share AS s (company_id, connector_id, priority, turn)
    SELECT i.company_id, i.connector_id, i.priority, greatest(max(o.turn), max(l.turn), 0) + max(i.step + i.segments)
    FROM incoming i
    LEFT JOIN share o ON o.company_id = i.company_id AND o.connector_id = i.connector_id AND o.priority = i.priority
    LEFT JOIN lane_clock l ON l.connector_id = i.connector_id AND l.priority = i.priority
    WHERE i.step IS NOT NULL
    GROUP BY i.company_id, i.connector_id, i.priority ORDER BY 1, 2, 3
    ON CONFLICT (company_id, connector_id, priority) DO UPDATE SET turn = greatest(s.turn, excluded.turn)
), received AS (
    UPDATE message m SET status = 1 FROM incoming i WHERE m.id = i.message_id AND WITHIN(m.id) AND m.status = 5
)
SELECT count(pg_notify('smsflow_queue', CAST(connector_id AS text))) FROM (SELECT DISTINCT connector_id FROM incoming) AS c
""")


async def take(tx: Tx, *, now: datetime, limit: int) -> list[Due]:
    """Lock and return up to `limit` messages whose time has come."""
    return [Due(*row) for row in await tx.execute(_DUE, {"now": now, "limit": limit})]


# By the primary keys of each. The answer to a STOP is free, and leaves.
_OPTED_OUT = bounded("""
SELECT m.id FROM message m JOIN company c ON c.id = m.company_id AND c.opted_out_of_all
JOIN opt_out o ON o.company_id = m.company_id AND o.number = m.number AND o.scope = 'all'
WHERE m.id = ANY(CAST(:ids AS bigint[])) AND WITHIN(m.id) AND m.charged > 0
""")


async def opted_out(tx: Tx, taken: Sequence[Due]) -> list[int]:
    """Return the transactional ones whose readers have opted out of all since they were accepted."""
    ids = [d.message_id for d in taken if d.priority == Kind.TRANSACTIONAL]
    return [i for (i,) in await tx.execute(_OPTED_OUT(ids), {"ids": ints(ids)})] if ids else []


async def let_go(tx: Tx, taken: Sequence[Due]) -> None:
    """Let messages leave whose time has come, each company in its fair turn.

    A message that was tried before keeps its turn: behind all that its company sent meanwhile it might never leave.
    """
    due = [d for d in taken if not d.held]
    if len(due) < len(taken):
        await holding.hold(tx, [d.message_id for d in taken if d.held])
    if not due:
        return
    steps: dict[tuple[int, int, int], int] = {}
    step_of: list[int | None] = []
    for d in due:
        if d.attempt:
            step_of.append(None)
            continue
        lane = (d.company_id, d.connector_id, d.priority)
        step = steps.get(lane, 0)
        step_of.append(step)
        steps[lane] = step + d.segments
    await tx.execute(
        _GO(d.message_id for d in due),
        {
            "ids": ints(d.message_id for d in due),
            "companies": ints(d.company_id for d in due),
            "connectors": ints(d.connector_id for d in due),
            "priorities": ints(d.priority for d in due),
            "segments": ints(d.segments for d in due),
            "steps": ints(step_of),
        },
    )
