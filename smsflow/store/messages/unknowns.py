"""Messages whose outcome is unknown: they may have left, and nobody said so (ADR 1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from smsflow.domain.message import Kind
from smsflow.store.postgres.arrays import ints, times
from smsflow.store.postgres.transactions import Tx, text


@dataclass(frozen=True, slots=True)
class Unsure:
    """A message that may have left; `resend_at` is None for one that must never be sent twice."""

    message_id: int
    resend_at: datetime | None
    give_up_at: datetime


@dataclass(frozen=True, slots=True)
class Orphan:
    """A claim of a dispatcher that died, with what deciding on it needs."""

    message_id: int
    attempt: int
    kind: Kind
    resend: str | None
    valid_until: datetime
    losses: int
    """How often it has been unknown before."""


_ORPHANS = text("""
SELECT q.message_id, q.attempt, m.kind, c.resend, m.valid_until, q.losses FROM queue q
JOIN message m ON m.id = q.message_id JOIN company c ON c.id = m.company_id
WHERE q.claimed_by = :instance_id ORDER BY q.message_id LIMIT :limit FOR UPDATE OF q
""")
_CLAIMS = text("""
SELECT q.message_id, q.attempt, m.kind, c.resend, m.valid_until, q.losses
FROM unnest(CAST(:ids AS bigint[]), CAST(:attempts AS integer[])) AS t(message_id, attempt)
JOIN queue q ON q.message_id = t.message_id AND q.attempt = t.attempt AND q.claimed_by = :instance_id
JOIN message m ON m.id = q.message_id JOIN company c ON c.id = m.company_id
ORDER BY q.message_id FOR UPDATE OF q
""")


async def orphans(tx: Tx, instance_id: int, *, limit: int) -> list[Orphan]:
    """Lock and return claims of a dead dispatcher (walks the queue: only when one has died)."""
    rows = await tx.execute(_ORPHANS, {"instance_id": instance_id, "limit": limit})
    return [Orphan(r[0], r[1], Kind(r[2]), r[3], r[4], r[5]) for r in rows]


async def claims(tx: Tx, held: Sequence[tuple[int, int]], *, instance_id: int) -> list[Orphan]:
    """Lock and return those of our own claims, given as (message, attempt), that we still hold."""
    parameters = {"ids": ints(h[0] for h in held), "attempts": ints(h[1] for h in held), "instance_id": instance_id}
    return [Orphan(r[0], r[1], Kind(r[2]), r[3], r[4], r[5]) for r in await tx.execute(_CLAIMS, parameters)]


async def settled(tx: Tx, attempts: Sequence[tuple[int, int]]) -> set[tuple[int, int]]:
    """Take out the unknown messages that are so from these very attempts, given as (message, attempt), and return them."""
    statement = text("""
        DELETE FROM unknown_outcome u USING unnest(CAST(:ids AS bigint[]), CAST(:attempts AS integer[])) AS t(message_id, attempt)
        WHERE u.message_id = t.message_id AND u.attempt = t.attempt RETURNING u.message_id, u.attempt
    """)
    parameters = {"ids": ints(a[0] for a in attempts), "attempts": ints(a[1] for a in attempts)}
    return {(row[0], row[1]) for row in await tx.execute(statement, parameters)}


_MARK = text("""
WITH t AS MATERIALIZED (
    SELECT * FROM unnest(CAST(:ids AS bigint[]), CAST(:resend AS timestamptz[]), CAST(:give_up AS timestamptz[]))
        AS t(message_id, resend_at, give_up_at)
), gone AS (
    DELETE FROM queue q USING t WHERE q.message_id = t.message_id
    RETURNING q.message_id, q.company_id, q.connector_id, q.priority, q.segments, q.attempt, q.losses, t.resend_at, t.give_up_at
), marked AS (
    UPDATE message m SET status = 8, sent_at = :now FROM gone g WHERE m.id = g.message_id RETURNING m.id, m.number, m.sender
)
INSERT INTO unknown_outcome (message_id, company_id, connector_id, account_id, number, sender, priority, segments, attempt, since,
    resend_at, give_up_at, losses)
SELECT g.message_id, g.company_id, g.connector_id, a.account_id, m.number, m.sender, g.priority, g.segments, g.attempt, :now,
    g.resend_at, g.give_up_at, g.losses + 1
FROM gone g JOIN marked m ON m.id = g.message_id
JOIN (SELECT c.id, (SELECT min(o.id) FROM connector o WHERE o.host = c.host AND o.port = c.port AND o.system_id = c.system_id) AS account_id
      FROM connector c) AS a ON a.id = g.connector_id
""")


async def mark(tx: Tx, unsure: Sequence[Unsure], *, now: datetime) -> None:
    """Take these messages from the queue and keep them as unknown; their queue rows must be locked."""
    parameters = {
        "ids": ints(u.message_id for u in unsure),
        "resend": times(u.resend_at for u in unsure),
        "give_up": times(u.give_up_at for u in unsure),
        "now": now,
    }
    await tx.execute(_MARK, parameters)


@dataclass(frozen=True, slots=True)
class Waiting:
    """An unknown message whose grace has passed, with what routing it again needs."""

    message_id: int
    connector_id: int
    company_id: int
    number: str
    country: str
    sender: str
    kind: Kind
    valid_until: datetime


_RESEND = text("""
SELECT u.message_id, u.connector_id, u.company_id, u.number, m.country, u.sender, u.priority, m.valid_until
FROM unknown_outcome u JOIN message m ON m.id = u.message_id
WHERE u.resend_at <= :now ORDER BY u.resend_at, u.message_id LIMIT :limit FOR NO KEY UPDATE OF m SKIP LOCKED FOR UPDATE OF u SKIP LOCKED
""")


async def to_resend(tx: Tx, *, now: datetime, limit: int) -> list[Waiting]:
    """Lock and return unknown messages that have to be sent again now."""
    rows = await tx.execute(_RESEND, {"now": now, "limit": limit})
    return [Waiting(r[0], r[1], r[2], r[3], r[4], r[5], Kind(r[6]), r[7]) for r in rows]


_REQUEUE = text("""
WITH t AS MATERIALIZED (
    SELECT * FROM unnest(CAST(:ids AS bigint[]), CAST(:connectors AS bigint[])) AS t(message_id, connector_id)
), gone AS (
    DELETE FROM unknown_outcome u USING t WHERE u.message_id = t.message_id
    RETURNING u.message_id, u.company_id, t.connector_id, u.priority, u.segments, u.attempt, u.losses
), back AS (
    UPDATE message m SET status = 1, connector_id = g.connector_id FROM gone g WHERE m.id = g.message_id AND m.status = 8 RETURNING m.id
)
INSERT INTO queue (message_id, company_id, connector_id, priority, segments, turn, due_at, attempt, losses)
SELECT g.message_id, g.company_id, g.connector_id, g.priority, g.segments, 0, :now, g.attempt, g.losses FROM gone g JOIN back b ON b.id = g.message_id
""")


async def requeue(tx: Tx, again: Sequence[tuple[int, int]], *, now: datetime) -> None:
    """Put unknown messages, given as (message, connector), back into the queue; the attempt goes on counting, so old news is fenced."""
    await tx.execute(_REQUEUE, {"ids": ints(a[0] for a in again), "connectors": ints(a[1] for a in again), "now": now})


async def give_up(tx: Tx, *, now: datetime, limit: int) -> int:
    """Stop waiting for news of old unknown messages: they stay unknown; return how many there were."""
    statement = text("""
        DELETE FROM unknown_outcome WHERE message_id IN (
            SELECT message_id FROM unknown_outcome WHERE give_up_at <= :now AND resend_at IS NULL LIMIT :limit FOR UPDATE SKIP LOCKED
        ) RETURNING message_id
    """)
    return len((await tx.execute(statement, {"now": now, "limit": limit})).all())
