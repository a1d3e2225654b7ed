"""The queue: messages that have to leave, and their claims."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from msgspec import Struct

from smsflow.domain.message import Kind
from smsflow.store.messages import holding
from smsflow.store.postgres.arrays import ints, times
from smsflow.store.postgres.bounds import BLOCK, bounded
from smsflow.store.postgres.transactions import Tx, text


class Claimed(Struct, frozen=True):
    """A message that this instance may send while it is alive; (id, attempt) is the fence."""

    id: int
    attempt: int
    company_id: int
    kind: Kind
    segments: int
    number: str
    sender: str
    text: str
    sealed: bool
    valid_until: datetime


# How much of suspended companies one claim holds, so that it takes no longer than a tenth of a second.
_HOLDS = 5
_HOLD_MOST = 1000

# Walks queue_ready from its left end (connector, priority, turn), steps over the few rows already claimed, and updates in place.
# About 15 µs of server time a message. Messages that are not within the bounds, which are a guess, come without content.
# Messages of suspended companies are held instead of claimed; company_suspended is read once.
_CLAIM = bounded(f"""
WITH picked AS MATERIALIZED (
    SELECT message_id, company_id IN (SELECT id FROM company WHERE suspended) AS held FROM queue
    WHERE connector_id = :connector_id AND due_at IS NULL AND claimed_by IS NULL AND EXISTS (SELECT FROM instance WHERE id = :instance_id)
    ORDER BY priority, turn, message_id LIMIT :limit FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE queue q SET claimed_by = CASE WHEN NOT p.held THEN CAST(:instance_id AS integer) END, attempt = q.attempt + CASE WHEN p.held THEN 0 ELSE 1 END,
        due_at = CASE WHEN p.held THEN {holding.HELD} END
    FROM picked p WHERE q.message_id = p.message_id
    RETURNING q.message_id, q.attempt, q.priority, q.turn, p.held
), clock AS (
    INSERT INTO lane_clock AS l (connector_id, priority, turn) SELECT CAST(:connector_id AS bigint), priority, max(turn) FROM claimed WHERE NOT held GROUP BY priority ORDER BY priority
    ON CONFLICT (connector_id, priority) DO UPDATE SET turn = greatest(l.turn, excluded.turn)
)
SELECT c.message_id, c.attempt, c.held, m.company_id, m.kind, m.segments, m.number, m.sender, m.text, m.sealed, m.valid_until
FROM claimed c LEFT JOIN message m ON m.id = c.message_id AND WITHIN(m.id) AND NOT c.held ORDER BY c.priority, c.turn, c.message_id
""")
_CONTENT = bounded("""
SELECT id, company_id, kind, segments, number, sender, text, sealed, valid_until FROM message
WHERE id = ANY(CAST(:ids AS bigint[])) AND WITHIN(id)
""")


_KINDS = {int(kind): kind for kind in Kind}


async def claim(tx: Tx, connector_id: int, *, instance_id: int, limit: int, near: int = 0) -> list[Claimed]:
    """Claim up to `limit` messages that may leave by the connector now, in the order they have to leave.

    An instance that was declared dead gets none, and messages of suspended companies are passed over. The content is expected near
    the id `near`, that of the last claim; what is elsewhere takes a second statement.
    """
    statement = _CLAIM((near, near + BLOCK))
    claimed: list[Claimed] = []
    elsewhere: list[tuple[int, int]] = []
    for _ in range(_HOLDS):
        wanted = limit - len(claimed) - len(elsewhere)
        parameters = {"connector_id": connector_id, "instance_id": instance_id, "limit": wanted}
        met_held = False
        for (
            id_,
            attempt,
            held,
            company_id,
            kind,
            segments,
            number,
            sender,
            content,
            sealed,
            valid_until,
        ) in await tx.execute(statement, parameters):
            if held:
                met_held = True
            elif company_id is None:
                elsewhere.append((id_, attempt))
            else:
                claimed.append(
                    Claimed(
                        id_, attempt, company_id, _KINDS[kind], segments, number, sender, content, sealed, valid_until
                    )
                )
        if not met_held:
            break
        await holding.hold_ready(tx, connector_id, limit=_HOLD_MOST)
    return await _with_content(tx, claimed, elsewhere) if elsewhere else claimed


async def _with_content(tx: Tx, claimed: list[Claimed], elsewhere: Sequence[tuple[int, int]]) -> list[Claimed]:
    """Return claims with those whose messages were not where they were expected: these are many at once, and come first."""
    attempts = dict(elsewhere)
    rows = await tx.execute(_CONTENT(attempts), {"ids": ints(attempts)})
    found = {id_: Claimed(id_, attempts[id_], company_id, _KINDS[kind], *rest) for id_, company_id, kind, *rest in rows}
    return [*(found[id_] for id_ in attempts if id_ in found), *claimed]


@dataclass(frozen=True, slots=True)
class Held:
    """A claim, by its message and its attempt."""

    message_id: int
    attempt: int


# Also what is not held any more, and what is unknown: a late answer may speak of it, and locks are taken in one order. The counts have
# both locked.
_HOLD = text("""
WITH queued AS MATERIALIZED (
    SELECT message_id, attempt, claimed_by FROM queue WHERE message_id = ANY(CAST(:ids AS bigint[])) ORDER BY message_id FOR UPDATE
), unknown AS MATERIALIZED (
    SELECT FROM unknown_outcome WHERE message_id = ANY(CAST(:ids AS bigint[])) ORDER BY message_id FOR UPDATE
)
SELECT message_id, attempt FROM queued
WHERE claimed_by = :instance_id AND (SELECT count(*) FROM queued) + (SELECT count(*) FROM unknown) >= 0
""")


async def still_held(tx: Tx, claims: Sequence[Held], *, instance_id: int) -> set[tuple[int, int]]:
    """Lock the messages of claims, queued or unknown, and return the claims, as (message, attempt), that this instance still holds."""
    parameters = {"ids": ints(c.message_id for c in claims), "instance_id": instance_id}
    held = {(message_id, attempt) for message_id, attempt in await tx.execute(_HOLD, parameters)}
    return held & {(c.message_id, c.attempt) for c in claims}


# In the order of their ids, as every statement locks several queue rows, and all of them: the condition of a mere subquery would be
# moved below the lock. A claim meanwhile steps over them.
_KEEP_BACK = text("""
WITH here AS MATERIALIZED (
    SELECT message_id, claimed_by, losses FROM queue WHERE message_id = ANY(CAST(:ids AS bigint[])) ORDER BY message_id FOR UPDATE
)
SELECT message_id FROM here WHERE claimed_by IS NULL AND losses = 0
""")


async def keep_back(tx: Tx, ids: Sequence[int]) -> set[int]:
    """Lock the queue rows of messages; return those that have certainly not left: unclaimed, and never of unknown outcome."""
    return {message_id for (message_id,) in await tx.execute(_KEEP_BACK, {"ids": ints(ids)})}


async def claims_of(tx: Tx, instance_id: int) -> list[Held]:
    """Return everything that an instance has claimed (walks the whole queue: only after a claim whose answer was lost)."""
    query = text("SELECT message_id, attempt FROM queue WHERE claimed_by = :instance_id")
    return [Held(*row) for row in await tx.execute(query, {"instance_id": instance_id})]


_RELEASE = text("""
UPDATE queue q SET claimed_by = NULL, due_at = t.due_at
FROM unnest(CAST(:ids AS bigint[]), CAST(:attempts AS integer[]), CAST(:due AS timestamptz[])) AS t(message_id, attempt, due_at)
WHERE q.message_id = t.message_id AND q.attempt = t.attempt AND q.claimed_by = :instance_id
""")


async def release(tx: Tx, claims: Sequence[tuple[Held, datetime | None]], *, instance_id: int) -> None:
    """Give claims back, each to leave at its time (None: at once, in its old place)."""
    claims = sorted(claims, key=lambda claim: claim[0].message_id)
    await tx.execute(
        _RELEASE,
        {
            "ids": ints(c.message_id for c, _ in claims),
            "attempts": ints(c.attempt for c, _ in claims),
            "due": times(due for _, due in claims),
            "instance_id": instance_id,
        },
    )


@dataclass(frozen=True, slots=True)
class Depth:
    """How much waits for a connector, and since when."""

    connector_id: int
    waiting: int
    planned: int
    oldest: datetime | None


_DEPTH = text("""
SELECT q.connector_id, count(*) FILTER (WHERE q.due_at IS NULL), count(*) FILTER (WHERE q.due_at IS NOT NULL),
    (SELECT min(m.created_at) FROM message m WHERE m.id = min(q.message_id) FILTER (WHERE q.due_at IS NULL))
FROM queue q GROUP BY q.connector_id
""")


async def depths(tx: Tx) -> list[Depth]:
    """Return what waits for each connector (walks the whole queue: for reports, not for the hot path)."""
    return [Depth(*row) for row in await tx.execute(_DEPTH)]
