"""Messages of suspended companies: held out of the lanes' sight, and let go when their company may send again."""

from collections.abc import Sequence
from datetime import datetime

from smsflow.store.postgres.arrays import ints
from smsflow.store.postgres.transactions import Tx, text

# The due date of what a suspension holds; a paused campaign holds by 'infinity', so that each hold is ended by what began it.
# Held rows stand in no index that a claim walks, so that a million of them cost the others nothing.
HELD = "timestamptz '9999-12-31 00:00:00+00'"

_HOLD = text(f"UPDATE queue SET due_at = {HELD} WHERE message_id = ANY(CAST(:ids AS bigint[])) AND claimed_by IS NULL")

# Walks queue_ready of one connector until it has found enough: only after a claim has met such a message.
_HOLD_READY = text(f"""
UPDATE queue SET due_at = {HELD} WHERE message_id IN (
    SELECT message_id FROM queue
    WHERE connector_id = :connector_id AND due_at IS NULL AND claimed_by IS NULL AND company_id IN (SELECT id FROM company WHERE suspended)
    ORDER BY priority, turn, message_id LIMIT :limit FOR UPDATE SKIP LOCKED
)
""")


async def hold(tx: Tx, ids: Sequence[int]) -> None:
    """Hold these messages; their queue rows must be locked."""
    await tx.execute(_HOLD, {"ids": ints(ids)})


async def hold_ready(tx: Tx, connector_id: int, *, limit: int) -> None:
    """Hold up to `limit` messages of suspended companies that a connector would claim next."""
    await tx.execute(_HOLD_READY, {"connector_id": connector_id, "limit": limit})


# Steps through queue_held from company to company, so that what stays held is not read again and again.
_FREE = text(f"""
WITH RECURSIVE holding(company_id) AS (
    (SELECT company_id FROM queue WHERE due_at = {HELD} ORDER BY company_id LIMIT 1)
    UNION ALL
    SELECT (SELECT q.company_id FROM queue q WHERE q.due_at = {HELD} AND q.company_id > h.company_id ORDER BY q.company_id LIMIT 1)
    FROM holding h WHERE h.company_id IS NOT NULL
), resumed AS MATERIALIZED (
    SELECT h.company_id FROM holding h JOIN company c ON c.id = h.company_id WHERE NOT c.suspended
), free AS MATERIALIZED (
    SELECT q.message_id FROM resumed r CROSS JOIN LATERAL (
        SELECT message_id FROM queue WHERE due_at = {HELD} AND company_id = r.company_id ORDER BY message_id LIMIT :limit FOR UPDATE SKIP LOCKED
    ) q LIMIT :limit
)
UPDATE queue q SET due_at = :now FROM free WHERE q.message_id = free.message_id RETURNING q.message_id
""")


async def free(tx: Tx, *, limit: int, now: datetime) -> int:
    """Let up to `limit` held messages go whose company is no longer suspended, each in its fair turn; return how many there were."""
    return len((await tx.execute(_FREE, {"limit": limit, "now": now})).all())
