"""Refusals that came after their time: each takes its attempt, once, from those that may have reached the handset (ADR 1)."""

from collections.abc import Collection
from datetime import datetime

from smsflow.store.postgres.arrays import ints
from smsflow.store.postgres.bounds import bounded
from smsflow.store.postgres.transactions import Tx, text

Attempt = tuple[int, int]
"""A message and the number of an attempt."""

_ATTEMPTS = """
WITH t AS MATERIALIZED (SELECT * FROM unnest(CAST(:ids AS bigint[]), CAST(:attempts AS integer[])) AS t(message_id, attempt))
"""
_KEEP = bounded(f"""
{_ATTEMPTS}
INSERT INTO late_refusal (company_id, message_id, attempt, received_at)
SELECT m.company_id, m.id, t.attempt, :now FROM t JOIN message m ON m.id = t.message_id AND WITHIN(m.id)
WHERE m.status IN (1, 8) AND m.losses > 0
ON CONFLICT DO NOTHING RETURNING message_id, attempt
""")
# The message waits again, is on its way once more, or is unknown from a later attempt: the count stands in its row, too.
_UNCOUNT = bounded(f"""
{_ATTEMPTS}, n AS MATERIALIZED (
    SELECT message_id, CAST(count(*) AS smallint) AS noes FROM t
    WHERE NOT EXISTS (SELECT FROM unknown_outcome u WHERE u.message_id = t.message_id AND u.attempt = t.attempt) GROUP BY message_id
), waiting AS (
    UPDATE queue q SET losses = greatest(q.losses - n.noes, 0) FROM n WHERE q.message_id = n.message_id
    RETURNING q.message_id, q.attempt, q.claimed_by
), unknown AS (
    UPDATE unknown_outcome u SET losses = greatest(u.losses - n.noes, 0) FROM n WHERE u.message_id = n.message_id
), known AS (
    UPDATE message m SET losses = nullif(greatest(m.losses - n.noes, 0), 0) FROM n WHERE m.id = n.message_id AND WITHIN(m.id)
)
SELECT w.message_id FROM waiting w JOIN t USING (message_id, attempt) WHERE w.claimed_by IS NULL
""")


def _parameters(attempts: Collection[Attempt]) -> dict[str, str]:
    return {"ids": ints(message_id for message_id, _ in attempts), "attempts": ints(attempt for _, attempt in attempts)}


async def keep(tx: Tx, attempts: Collection[Attempt], *, now: datetime) -> set[Attempt]:
    """Keep these refusals; return those that are new, of messages which have not ended and may be on a handset."""
    rows = await tx.execute(_KEEP(i for i, _ in attempts), {**_parameters(attempts), "now": now})
    return {(message_id, attempt) for message_id, attempt in rows}


async def uncount(tx: Tx, attempts: Collection[Attempt]) -> set[int]:
    """Count attempts no more as ones that may have reached the handset; return the messages that wait again after just these.

    A message that is unknown from such an attempt is left to `unknowns.settled`.
    """
    return {message_id for (message_id,) in await tx.execute(_UNCOUNT(i for i, _ in attempts), _parameters(attempts))}


async def forget(tx: Tx, *, before: datetime) -> None:
    """Remove refusals that came before then: nobody reports them again (few or none, at any time)."""
    await tx.execute(text("DELETE FROM late_refusal WHERE received_at < :before"), {"before": before})
