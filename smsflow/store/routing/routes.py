"""Routes: which message leaves by which connector."""

from smsflow.domain.message import Kind
from smsflow.domain.routing import Route
from smsflow.store.postgres.transactions import Tx, text


async def routes(tx: Tx) -> list[Route]:
    """Return every route."""
    query = text("SELECT id, connector_id, priority, country, prefix, company_id, sender, kind FROM route ORDER BY id")
    return [
        Route(id_, connector_id, priority, country, prefix, company_id, sender, None if kind is None else Kind(kind))
        for id_, connector_id, priority, country, prefix, company_id, sender, kind in await tx.execute(query)
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
