"""Messages that wait for a time, planned or to be tried again, and their release when it has come."""

from dataclasses import dataclass
from datetime import datetime

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


async def release_due(tx: Tx, *, now: datetime, limit: int) -> int:
    """Let up to `limit` messages leave whose time has come, each company in its fair turn; return how many there were.

    A message that was tried before keeps its turn: behind all that its company sent meanwhile it might never leave.
    """
    found = [Due(*row) for row in await tx.execute(_DUE, {"now": now, "limit": limit})]
    due = [d for d in found if not d.held]
    if len(due) < len(found):
        await holding.hold(tx, [d.message_id for d in found if d.held])
    if not due:
        return len(found)
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
    return len(found)
