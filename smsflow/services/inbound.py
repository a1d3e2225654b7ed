"""SMS that handsets send to us."""

from datetime import datetime

from smsflow.store import inbound
from smsflow.store.postgres.transactions import Tx

Received = inbound.Received


async def latest(tx: Tx, *, since: datetime | None, limit: int) -> list[Received]:
    """Return the last SMS that handsets sent, newest first."""
    return await inbound.latest(tx, since=since, limit=limit)
