"""Connectors and routes: read whole, kept in memory, read again when they change."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from smsflow.domain.message import Kind
from smsflow.domain.routing import Route
from smsflow.store.postgres.transactions import Tx, text


@dataclass(frozen=True, slots=True)
class Connector:
    """A way out to an operator by SMPP. `account_id` is one for all connectors with the same address and system_id."""

    id: int
    name: str
    enabled: bool
    host: str
    port: int
    system_id: str
    password_sealed: str = field(repr=False)
    system_type: str
    bind: str
    binds: int
    window: int
    rate: int | None
    tls: bool
    reference_base: str
    long_mode: str
    latin1: bool
    delivered_when: str
    response_timeout: int
    enquire_interval: int
    account_id: int


_COLUMNS = tuple(f.name for f in fields(Connector))[:-1]
_SELECT = ", ".join(f'c."{name}"' for name in _COLUMNS)
_CONNECTORS = text(f"""
SELECT {_SELECT}, (SELECT min(o.id) FROM connector o WHERE o.host = c.host AND o.port = c.port AND o.system_id = c.system_id)
FROM connector c ORDER BY c.id
""")


async def connectors(tx: Tx) -> list[Connector]:
    """Return every connector."""
    return [Connector(*row) for row in await tx.execute(_CONNECTORS)]


async def add_connector(tx: Tx, values: Mapping[str, Any]) -> int | None:
    """Add a connector from its columns; return its id, or None when the name is taken."""
    names = _checked(values)
    columns, places = ", ".join(f'"{n}"' for n in names), ", ".join(f":{n}" for n in names)
    insert = f"INSERT INTO connector ({columns}) VALUES ({places}) ON CONFLICT (name) DO NOTHING RETURNING id"
    return (await tx.execute(text(insert), dict(values))).scalar_one_or_none()


async def set_connector(tx: Tx, name: str, values: Mapping[str, Any]) -> bool:
    """Change columns of the connector of that name; False when there is none."""
    changes = ", ".join(f'"{n}" = :{n}' for n in _checked(values))
    update = f"UPDATE connector SET {changes} WHERE name = :_name RETURNING id"
    return (await tx.execute(text(update), {**values, "_name": name})).one_or_none() is not None


def _checked(values: Mapping[str, Any]) -> list[str]:
    unknown = set(values) - set(_COLUMNS) | ({"id"} & set(values))
    if unknown:
        raise ValueError(f"a connector has no {', '.join(sorted(unknown))}")
    return sorted(values)


async def routes(tx: Tx) -> list[Route]:
    """Return every route."""
    query = text("SELECT id, connector_id, priority, country, prefix, company_id, sender, kind FROM route ORDER BY id")
    return [
        Route(r[0], r[1], r[2], r[3], r[4], r[5], r[6], None if r[7] is None else Kind(r[7]))
        for r in await tx.execute(query)
    ]


async def add_route(
    tx: Tx,
    connector_id: int,
    *,
    priority: int,
    country: str | None,
    prefix: str | None,
    company_id: int | None,
    sender: str | None,
    kind: Kind | None,
) -> int:
    """Add a route; return its id."""
    insert = text("""
        INSERT INTO route (connector_id, priority, country, prefix, company_id, sender, kind)
        VALUES (:connector_id, :priority, :country, :prefix, :company_id, :sender, :kind) RETURNING id
    """)
    parameters = {
        "connector_id": connector_id,
        "priority": priority,
        "country": country,
        "prefix": prefix,
        "company_id": company_id,
        "sender": sender,
        "kind": None if kind is None else int(kind),
    }
    return int((await tx.execute(insert, parameters)).scalar_one())


async def remove_route(tx: Tx, route_id: int) -> bool:
    """Remove a route; False when there is none of that id."""
    delete = text("DELETE FROM route WHERE id = :id RETURNING id")
    return (await tx.execute(delete, {"id": route_id})).one_or_none() is not None


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
    place = {"priority": after[0], "turn": after[1], "message_id": after[2]}
    rows = await tx.execute(_STUCK, {**parameters, **place})
    return [Stuck(r[0], r[1], r[2], r[3], r[4], Kind(r[5]), r[6], (r[7], r[8], r[0])) for r in rows]


async def move(tx: Tx, ids: str, connectors: str) -> None:
    """Let messages (array literals of ids and connectors) wait for other connectors, and wake those."""
    moved = {row[1] for row in await tx.execute(_MOVE, {"ids": ids, "connectors": connectors})}
    for connector_id in sorted(moved):
        await tx.execute(text("SELECT pg_notify('smsflow_queue', :id)"), {"id": str(connector_id)})
