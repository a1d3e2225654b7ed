"""Routes: which SMS leaves by which connector."""

from dataclasses import dataclass

from smsflow.domain.message import Kind
from smsflow.domain.routing import ConnectorState, Route, Table
from smsflow.errors import NotFound
from smsflow.services.routing.connectors import find
from smsflow.store.postgres.transactions import Tx
from smsflow.store.routing import connectors, routes


@dataclass(frozen=True, slots=True)
class Conditions:
    """The SMS that a route is for; None is any."""

    country: str | None = None
    prefix: str | None = None
    company_id: int | None = None
    sender: str | None = None
    kind: Kind | None = None


async def table(tx: Tx) -> Table:
    """Return routes and connectors, in the order in which they are tried."""
    known = [ConnectorState(c.id, c.name, c.enabled) for c in await connectors.connectors(tx)]
    return Table(await routes.routes(tx), known)


async def add(tx: Tx, connector: str, conditions: Conditions, *, priority: int) -> Route:
    """Lead SMS to a connector; raise NotFound when there is none of that name."""
    connector_id = (await find(tx, connector)).connector.id
    route_id = await routes.add_route(
        tx,
        connector_id,
        priority=priority,
        country=conditions.country,
        prefix=conditions.prefix,
        company_id=conditions.company_id,
        sender=conditions.sender,
        kind=conditions.kind,
    )
    return next(r for r in await routes.routes(tx) if r.id == route_id)


async def remove(tx: Tx, route_id: int) -> None:
    """Remove a route; raise NotFound when there is none of that id."""
    if not await routes.remove_route(tx, route_id):
        raise NotFound(what="route", id=route_id)
