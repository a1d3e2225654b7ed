"""Messages that handsets send to us: stored before the operator hears that we have them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from smsflow.store.postgres.transactions import Tx, text


@dataclass(frozen=True, slots=True)
class Inbound:
    """A message from a handset, as its PDU brought it."""

    connector_id: int
    source: str
    destination: str
    data_coding: int
    body: bytes
    text: str


_KEEP = text("""
INSERT INTO inbound (connector_id, source, destination, data_coding, body, text, received_at)
VALUES (:connector_id, :source, :destination, :data_coding, :body, :text, :now)
""")


async def keep(tx: Tx, inbound: Sequence[Inbound], *, now: datetime) -> None:
    """Store inbound messages."""
    await tx.execute(
        _KEEP,
        [
            {
                "connector_id": i.connector_id,
                "source": i.source.replace("\x00", ""),
                "destination": i.destination.replace("\x00", ""),
                "data_coding": i.data_coding,
                "body": i.body,
                "text": i.text.replace("\x00", ""),
                "now": now,
            }
            for i in inbound
        ],
    )


@dataclass(frozen=True, slots=True)
class Received:
    """An inbound message as it is shown."""

    id: int
    received_at: datetime
    connector_id: int
    connector: str | None
    source: str
    destination: str
    text: str


async def latest(tx: Tx, *, since: datetime | None, limit: int) -> list[Received]:
    """Return the last inbound messages, newest first (walks the primary key backwards)."""
    query = text("""
        SELECT i.id, i.received_at, i.connector_id, c.name, i.source, i.destination, i.text
        FROM inbound i LEFT JOIN connector c ON c.id = i.connector_id
        WHERE CAST(:since AS timestamptz) IS NULL OR i.received_at >= :since ORDER BY i.id DESC LIMIT :limit
    """)
    return [Received(*row) for row in await tx.execute(query, {"since": since, "limit": limit})]
