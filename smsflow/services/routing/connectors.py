"""Connectors and the state of their binds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from smsflow.errors import AlreadyExists, InUse, NotFound
from smsflow.store.messages import queue
from smsflow.store.postgres.transactions import Tx
from smsflow.store.routing import connectors, dispatchers, routes
from smsflow.store.routing.connectors import Connector

BindState = dispatchers.BindState


@dataclass(frozen=True, slots=True)
class ConnectorWithBinds:
    """A connector and the state of its binds."""

    connector: Connector
    binds: tuple[BindState, ...]


async def every(tx: Tx) -> list[ConnectorWithBinds]:
    """Return every connector with its binds, by id."""
    binds = await dispatchers.binds(tx)
    return [
        ConnectorWithBinds(c, tuple(b for b in binds if b.connector_id == c.id))
        for c in await connectors.connectors(tx)
    ]


async def find(tx: Tx, name: str) -> ConnectorWithBinds:
    """Return the connector of that name; raise NotFound when there is none."""
    found = next((c for c in await every(tx) if c.connector.name == name), None)
    if found is None:
        raise NotFound(what="connector", id=name)
    return found


async def add(tx: Tx, name: str, values: Mapping[str, Any]) -> ConnectorWithBinds:
    """Add a connector from its columns; raise AlreadyExists when the name is taken."""
    if await connectors.add_connector(tx, {"name": name, **values}) is None:
        raise AlreadyExists(what="connector", name=name)
    return await find(tx, name)


async def change(tx: Tx, name: str, values: Mapping[str, Any]) -> ConnectorWithBinds:
    """Change columns of a connector; raise NotFound when there is none of that name."""
    if not await connectors.set_connector(tx, name, values):
        raise NotFound(what="connector", id=name)
    return await find(tx, name)


async def remove(tx: Tx, name: str) -> None:
    """Remove a connector that is disabled, that no route leads to and that no SMS waits for; raise InUse otherwise."""
    connector = (await find(tx, name)).connector
    leading = [r.id for r in await routes.routes(tx) if r.connector_id == connector.id]
    if connector.enabled:
        raise InUse(what="connector", name=name, reason=f"disable it first with `smsflow connector disable {name}`")
    if leading:
        named = ", ".join(str(i) for i in leading)
        raise InUse(what="connector", name=name, reason=f"these routes lead to it: {named}")
    if any(depth.connector_id == connector.id for depth in await queue.depths(tx)):
        raise InUse(what="connector", name=name, reason="SMS wait for it; `smsflow queue show` tells which")
    await connectors.remove_connector(tx, connector.id)
