"""Lists of contacts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from smsflow.store.postgres.transactions import Tx, text


@dataclass(frozen=True, slots=True)
class ContactList:
    """A list and how many contacts are in it."""

    id: int
    name: str
    contacts: int


async def add(tx: Tx, company_id: int, name: str, *, now: datetime) -> int | None:
    """Add a list; return its id, or None when the name is taken."""
    insert = text("""
        INSERT INTO contact_list (company_id, name, created_at) VALUES (:company_id, :name, :now)
        ON CONFLICT (company_id, lower(name)) DO NOTHING RETURNING id
    """)
    parameters = {"company_id": company_id, "name": name, "now": now}
    return (await tx.execute(insert, parameters)).scalar_one_or_none()


async def named(tx: Tx, company_id: int, name: str) -> int | None:
    """Return the id of the list of that name, or None."""
    query = text("SELECT id FROM contact_list WHERE company_id = :company_id AND lower(name) = lower(:name)")
    return (await tx.execute(query, {"company_id": company_id, "name": name})).scalar_one_or_none()


async def every(tx: Tx, company_id: int) -> Sequence[ContactList]:
    """Return the company's lists by name (counts their members: for a page of lists, not for the hot path)."""
    query = text("""
        SELECT l.id, l.name, (SELECT count(*) FROM contact_in_list m WHERE m.company_id = l.company_id AND m.list_id = l.id)
        FROM contact_list l WHERE l.company_id = :company_id ORDER BY lower(l.name)
    """)
    return [ContactList(*row) for row in await tx.execute(query, {"company_id": company_id})]


async def delete(tx: Tx, company_id: int, list_id: int) -> None:
    """Delete a list; its contacts stay."""
    statement = text("DELETE FROM contact_list WHERE company_id = :company_id AND id = :id")
    await tx.execute(statement, {"company_id": company_id, "id": list_id})
