"""Connectors: read whole, kept in memory, read again when they change."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from smsflow.store.postgres.transactions import Tx, text


@dataclass(frozen=True, slots=True)
class Connector:
    """A way out to an operator by SMPP.

    `account_id` is given when it is added, one for all with the same address and system_id, and stays: ids of sent SMS belong to it.
    """

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


_SELECT = ", ".join(f'"{f.name}"' for f in fields(Connector))


_CONNECTORS = text(f"SELECT {_SELECT} FROM connector ORDER BY id")


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


async def remove_connector(tx: Tx, connector_id: int) -> None:
    """Remove a connector and the states of its binds; no route may lead to it."""
    await tx.execute(text("DELETE FROM bind_state WHERE connector_id = :id"), {"id": connector_id})
    await tx.execute(text("DELETE FROM connector WHERE id = :id"), {"id": connector_id})


def _checked(values: Mapping[str, Any]) -> list[str]:
    unknown = set(values) - set(_COLUMNS) | ({"id"} & set(values))
    if unknown:
        raise ValueError(f"a connector has no {', '.join(sorted(unknown))}")
    return sorted(values)
