"""Messages that wait for a connector that is down, and their move to another."""

from dataclasses import dataclass
from datetime import datetime

from smsflow.domain.message import Kind
from smsflow.store.postgres.transactions import Tx, text

_MOVE = text("""
UPDATE queue q SET connector_id = t.connector_id FROM unnest(CAST(:ids AS bigint[]), CAST(:connectors AS bigint[])) AS t(message_id, connector_id)
WHERE q.message_id = t.message_id AND q.claimed_by IS NULL RETURNING q.message_id, q.connector_id
""")


_STUCK = text("""
SELECT q.message_id, q.company_id, m.number, m.country, m.sender, m.kind, m.valid_until, q.priority, q.turn FROM queue q JOIN message m ON m.id = q.message_id
WHERE q.connector_id = :connector_id AND q.due_at IS NULL AND q.claimed_by IS NULL AND m.created_at < :before
    AND (q.priority, q.turn, q.message_id) > (:priority, :turn, :message_id)
ORDER BY q.priority, q.turn, q.message_id LIMIT :limit FOR UPDATE OF q SKIP LOCKED
""")


# Where a message stands in a connector's queue: priority, turn and id.
Place = tuple[int, int, int]


FRONT: Place = (-1, 0, 0)


@dataclass(frozen=True, slots=True)
class Stuck:
    """A message that waits for a connector that is down, with what routing it again needs."""

    message_id: int
    company_id: int
    number: str
    country: str
    sender: str
    kind: Kind
    valid_until: datetime
    place: Place


async def stuck(tx: Tx, connector_id: int, *, after: Place, before: datetime, limit: int) -> list[Stuck]:
    """Lock and return messages behind a place that have waited for a connector since before this time, in their order."""
    parameters = {"connector_id": connector_id, "before": before, "limit": limit}
    priority, turn, message_id = after
    place = {"priority": priority, "turn": turn, "message_id": message_id}
    return [
        Stuck(id_, company_id, number, country, sender, Kind(kind), valid_until, (priority, turn, id_))
        for id_, company_id, number, country, sender, kind, valid_until, priority, turn in await tx.execute(
            _STUCK, {**parameters, **place}
        )
    ]


async def move(tx: Tx, ids: str, connectors: str) -> None:
    """Let messages (array literals of ids and connectors) wait for other connectors, and wake those."""
    moved = await tx.execute(_MOVE, {"ids": ids, "connectors": connectors})
    for connector_id in sorted({connector_id for _, connector_id in moved}):
        await tx.execute(text("SELECT pg_notify('smsflow_queue', :id)"), {"id": str(connector_id)})
