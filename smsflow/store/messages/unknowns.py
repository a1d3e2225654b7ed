"""Messages whose outcome is unknown: they may have left, and nobody said so (ADR 1)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from smsflow.domain.message import Kind
from smsflow.store.messages.tallies import appended
from smsflow.store.postgres.arrays import ints, times
from smsflow.store.postgres.bounds import bounded
from smsflow.store.postgres.transactions import Tx, text


@dataclass(frozen=True, slots=True)
class Unsure:
    """A message that may have left; `resend_at` is None for one that must never be sent twice."""

    message_id: int
    resend_at: datetime | None
    give_up_at: datetime


@dataclass(frozen=True, slots=True)
class Orphan:
    """A claim whose message may have left, with what deciding on it needs."""

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
_CLAIMS = bounded("""
SELECT q.message_id, q.attempt, m.kind, c.resend, m.valid_until, q.losses
FROM unnest(CAST(:ids AS bigint[]), CAST(:attempts AS integer[])) AS t(message_id, attempt)
JOIN queue q ON q.message_id = t.message_id AND q.attempt = t.attempt AND q.claimed_by = :instance_id
JOIN message m ON m.id = q.message_id AND WITHIN(m.id) JOIN company c ON c.id = m.company_id
ORDER BY q.message_id FOR UPDATE OF q
""")


async def orphans(tx: Tx, instance_id: int, *, limit: int) -> list[Orphan]:
    """Lock and return claims of a dead dispatcher (walks the queue: only when one has died)."""
    return _orphans(await tx.execute(_ORPHANS, {"instance_id": instance_id, "limit": limit}))


async def claims(tx: Tx, held: Sequence[tuple[int, int]], *, instance_id: int) -> list[Orphan]:
    """Lock and return those of our own claims, given as (message, attempt), that we still hold."""
    parameters = {
        "ids": ints(message_id for message_id, _ in held),
        "attempts": ints(attempt for _, attempt in held),
        "instance_id": instance_id,
    }
    return _orphans(await tx.execute(_CLAIMS(message_id for message_id, _ in held), parameters))


def _orphans(rows: Iterable[Any]) -> list[Orphan]:
    return [Orphan(message_id, attempt, Kind(kind), *rest) for message_id, attempt, kind, *rest in rows]


_SETTLED = bounded("""
WITH gone AS (
    DELETE FROM unknown_outcome u USING unnest(CAST(:ids AS bigint[]), CAST(:attempts AS integer[])) AS t(message_id, attempt)
    WHERE u.message_id = t.message_id AND u.attempt = t.attempt
    RETURNING u.message_id, u.attempt, u.company_id, u.connector_id, u.priority, u.segments, u.losses
), known AS (
    UPDATE message m SET losses = greatest(coalesce(m.losses, 0) - 1, 0) FROM gone WHERE m.id = gone.message_id AND WITHIN(m.id)
)
SELECT g.message_id, g.attempt, g.company_id, g.connector_id, g.priority, g.segments, g.losses, c.resend
FROM gone g JOIN company c ON c.id = g.company_id
""")


@dataclass(frozen=True, slots=True)
class Settled:
    """An unknown message that the operator did not take after all, with what queueing it again needs."""

    message_id: int
    attempt: int
    company_id: int
    connector_id: int
    kind: Kind
    segments: int
    losses: int
    resend: str | None


async def settled(tx: Tx, attempts: Sequence[tuple[int, int]]) -> list[Settled]:
    """Take out and return the messages that are unknown from these very attempts, given as (message, attempt).

    The operator said that it did not take this attempt: it counts no more as one that may have reached the handset.
    """
    parameters = {
        "ids": ints(message_id for message_id, _ in attempts),
        "attempts": ints(attempt for _, attempt in attempts),
    }
    return [
        Settled(message_id, attempt, company_id, connector_id, Kind(kind), *rest)
        for message_id, attempt, company_id, connector_id, kind, *rest in await tx.execute(
            _SETTLED(message_id for message_id, _ in attempts), parameters
        )
    ]


_AGAIN = bounded(f"""
WITH back AS (
    UPDATE message m SET status = 1 FROM unnest(CAST(:ids AS bigint[])) AS t(id) WHERE m.id = t.id AND WITHIN(m.id) AND m.status = 8
    RETURNING m.id, m.company_id, m.campaign_id, m.created_at, m.connector_id, m.kind
), tallied AS ({appended("back", unknown="-count(*)")}
)
INSERT INTO queue (message_id, company_id, connector_id, campaign_id, priority, segments, turn, due_at, attempt, losses)
SELECT t.message_id, t.company_id, t.connector_id, back.campaign_id, t.priority, t.segments, 0, t.due_at, t.attempt, t.losses
FROM unnest(CAST(:ids AS bigint[]), CAST(:companies AS bigint[]), CAST(:connectors AS bigint[]), CAST(:priorities AS smallint[]),
    CAST(:segments AS smallint[]), CAST(:due AS timestamptz[]), CAST(:attempts AS integer[]), CAST(:losses AS smallint[]))
    AS t(message_id, company_id, connector_id, priority, segments, due_at, attempt, losses)
JOIN back ON back.id = t.message_id
""")


async def queue_again(tx: Tx, again: Sequence[tuple[Settled, datetime]]) -> None:
    """Put messages that were settled as not taken back into the queue, each to leave at its time."""
    settled = [s for s, _ in again]
    parameters = {
        "ids": ints(s.message_id for s in settled),
        "companies": ints(s.company_id for s in settled),
        "connectors": ints(s.connector_id for s in settled),
        "priorities": ints(int(s.kind) for s in settled),
        "segments": ints(s.segments for s in settled),
        "due": times(due for _, due in again),
        "attempts": ints(s.attempt for s in settled),
        "losses": ints(max(0, s.losses - 1) for s in settled),
    }
    await tx.execute(_AGAIN(s.message_id for s in settled), parameters)


_MARK = bounded(f"""
WITH t AS MATERIALIZED (
    SELECT * FROM unnest(CAST(:ids AS bigint[]), CAST(:resend AS timestamptz[]), CAST(:give_up AS timestamptz[]))
        AS t(message_id, resend_at, give_up_at)
), gone AS (
    DELETE FROM queue q USING t WHERE q.message_id = t.message_id
    RETURNING q.message_id, q.company_id, q.connector_id, q.priority, q.segments, q.attempt, q.losses, t.resend_at, t.give_up_at
), marked AS (
    UPDATE message m SET status = 8, sent_at = :now, connector_id = g.connector_id, losses = coalesce(m.losses, 0) + 1
    FROM gone g WHERE m.id = g.message_id AND WITHIN(m.id)
    RETURNING m.id, m.number, m.sender, m.company_id, m.campaign_id, m.created_at, m.connector_id, m.kind
), tallied AS ({appended("marked", unknown="count(*)")}
)
INSERT INTO unknown_outcome (message_id, company_id, connector_id, account_id, number, sender, priority, segments, attempt, since,
    resend_at, give_up_at, losses)
SELECT g.message_id, g.company_id, g.connector_id, a.account_id, m.number, m.sender, g.priority, g.segments, g.attempt, :now,
    g.resend_at, g.give_up_at, g.losses + 1
FROM gone g JOIN marked m ON m.id = g.message_id
JOIN connector a ON a.id = g.connector_id
""")


async def mark(tx: Tx, unsure: Sequence[Unsure], *, now: datetime) -> None:
    """Take these messages from the queue and keep them as unknown; their queue rows must be locked."""
    parameters = {
        "ids": ints(u.message_id for u in unsure),
        "resend": times(u.resend_at for u in unsure),
        "give_up": times(u.give_up_at for u in unsure),
        "now": now,
    }
    await tx.execute(_MARK(u.message_id for u in unsure), parameters)


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


_DUE = text(
    "SELECT message_id FROM unknown_outcome WHERE resend_at <= :now ORDER BY resend_at, message_id LIMIT :limit"
)
_RESEND = bounded("""
SELECT u.message_id, u.connector_id, u.company_id, u.number, m.country, u.sender, u.priority, m.valid_until
FROM unnest(CAST(:ids AS bigint[])) AS t(id) JOIN unknown_outcome u ON u.message_id = t.id JOIN message m ON m.id = t.id AND WITHIN(m.id)
WHERE u.resend_at <= :now ORDER BY u.resend_at, u.message_id
FOR UPDATE OF u SKIP LOCKED FOR NO KEY UPDATE OF m SKIP LOCKED
""")


async def due(tx: Tx, *, now: datetime, limit: int) -> list[int]:
    """Return unknown messages that have to be sent again now."""
    return [message_id for (message_id,) in await tx.execute(_DUE, {"now": now, "limit": limit})]


async def to_resend(tx: Tx, ids: Sequence[int], *, now: datetime) -> list[Waiting]:
    """Lock and return those of these messages that still have to be sent again now."""
    return [
        Waiting(message_id, connector_id, company_id, number, country, sender, Kind(kind), valid_until)
        for message_id, connector_id, company_id, number, country, sender, kind, valid_until in await tx.execute(
            _RESEND(ids), {"ids": ints(ids), "now": now}
        )
    ]


_REQUEUE = bounded(f"""
WITH t AS MATERIALIZED (
    SELECT * FROM unnest(CAST(:ids AS bigint[]), CAST(:connectors AS bigint[])) AS t(message_id, connector_id)
), gone AS (
    DELETE FROM unknown_outcome u USING t WHERE u.message_id = t.message_id
    RETURNING u.message_id, u.company_id, t.connector_id, u.connector_id AS former, u.priority, u.segments, u.attempt, u.losses
), back AS (
    UPDATE message m SET status = 1, connector_id = g.connector_id FROM gone g WHERE m.id = g.message_id AND WITHIN(m.id) AND m.status = 8
    RETURNING m.id, m.company_id, m.campaign_id, m.created_at, g.former AS connector_id, m.kind
), tallied AS ({appended("back", unknown="-count(*)")}
)
INSERT INTO queue (message_id, company_id, connector_id, campaign_id, priority, segments, turn, due_at, attempt, losses)
SELECT g.message_id, g.company_id, g.connector_id, b.campaign_id, g.priority, g.segments, 0, :now, g.attempt, g.losses FROM gone g JOIN back b ON b.id = g.message_id
""")


async def requeue(tx: Tx, again: Sequence[tuple[int, int]], *, now: datetime) -> None:
    """Put unknown messages, given as (message, connector), back into the queue; the attempt goes on counting, so old news is fenced."""
    ids = [message_id for message_id, _ in again]
    parameters = {"ids": ints(ids), "connectors": ints(connector_id for _, connector_id in again), "now": now}
    await tx.execute(_REQUEUE(ids), parameters)


async def keep(tx: Tx, ids: Iterable[int]) -> None:
    """Let unknown messages stay so until news comes or they are given up: they are not sent again."""
    statement = text("UPDATE unknown_outcome SET resend_at = NULL WHERE message_id = ANY(CAST(:ids AS bigint[]))")
    await tx.execute(statement, {"ids": ints(ids)})


async def give_up(tx: Tx, *, now: datetime, limit: int) -> int:
    """Stop waiting for news of old unknown messages: they stay unknown; return how many there were."""
    statement = text("""
        DELETE FROM unknown_outcome WHERE message_id IN (
            SELECT message_id FROM unknown_outcome WHERE give_up_at <= :now AND resend_at IS NULL LIMIT :limit FOR UPDATE SKIP LOCKED
        ) RETURNING message_id
    """)
    return len((await tx.execute(statement, {"now": now, "limit": limit})).all())
