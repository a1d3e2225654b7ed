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
