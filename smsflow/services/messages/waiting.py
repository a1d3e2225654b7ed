"""Messages that have not left: how many, since when, and for which reason."""

from collections.abc import Sequence
from dataclasses import dataclass

from smsflow.services.routing import connectors
from smsflow.services.routing.connectors import ConnectorWithBinds
from smsflow.store.messages import waiting
from smsflow.store.messages.waiting import QueueBacklog, Queued
from smsflow.store.postgres.transactions import Tx
from smsflow.store.routing import dispatchers


@dataclass(frozen=True, slots=True)
class ConnectorBacklog:
    """The messages that wait for one connector, and the reason."""

    connector: str
    backlog: QueueBacklog
    why: str


@dataclass(frozen=True, slots=True)
class QueueSummary:
    """The messages that wait for each connector, and the oldest of all."""

    lanes: tuple[ConnectorBacklog, ...]
    oldest: tuple[Queued, ...]


async def waiting_now(tx: Tx, *, company_id: int | None, limit: int) -> QueueSummary:
    """Return what waits, of one company or of all, with the oldest `limit` messages (walks the queue)."""
    known = {c.connector.id: c for c in await connectors.every(tx)}
    running = bool(await dispatchers.others(tx, 0))
    lanes = [
        ConnectorBacklog(
            _name(known.get(b.connector_id), b.connector_id), b, _why(b, known.get(b.connector_id), running=running)
        )
        for b in await waiting.backlogs(tx, company_id=company_id)
    ]
    return QueueSummary(tuple(lanes), tuple(await waiting.oldest(tx, company_id=company_id, limit=limit)))


async def count(tx: Tx, company_id: int) -> int:
    """Return how many SMS of a company have not left, held or not (walks the queue)."""
    lanes = await waiting.backlogs(tx, company_id=company_id)
    return sum(lane.waiting + lane.planned + lane.held for lane in lanes)


def _name(connector: ConnectorWithBinds | None, connector_id: int) -> str:
    return f"connector {connector_id}" if connector is None else connector.connector.name


def _why(backlog: QueueBacklog, connector: ConnectorWithBinds | None, *, running: bool) -> str:
    reasons = []
    if backlog.waiting:
        reasons.append(_why_waiting(connector, running=running))
    if backlog.planned:
        reasons.append(f"planned for later: {backlog.planned}")
    if backlog.held:
        reasons.append(f"held for a suspended company or a paused campaign: {backlog.held}")
    return "; ".join(reasons)


def _why_waiting(connector: ConnectorWithBinds | None, *, running: bool) -> str:
    if connector is None:
        return "the connector was removed"
    if not connector.connector.enabled:
        return "the connector is disabled"
    if not running:
        return "no dispatcher is running"
    if not any(b.state == "bound" for b in connector.binds):
        return _unbound(connector.binds)
    rate = connector.connector.rate
    limit = "as fast as the operator answers" if rate is None else f"at {rate} segments a second at most"
    return f"it is leaving, {limit}"


def _unbound(binds: Sequence[connectors.BindState]) -> str:
    told = next((f"bind {b.slot} is {b.state}: {b.detail}" for b in binds), "no dispatcher has tried to bind")
    return f"the connector is not bound ({told})"
