"""Lists of contacts: those that contacts are put into, and those that hold whoever fulfils their rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from smsflow.domain.selection import Operator, Rule, rule
from smsflow.store.contacts.selections import Members
from smsflow.store.postgres.arrays import ints
from smsflow.store.postgres.transactions import Tx, text

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class ContactList:
    """A list and how many contacts are in it; of a list by rule, how many there were when they were counted."""

    id: int
    name: str
    contacts: int
    rules: Sequence[Rule] | None
    counted_at: datetime | None


async def add(
    tx: Tx, company_id: int, name: str, *, rules: Sequence[Rule] | None = None, counted: int = 0, now: datetime
) -> int | None:
    """Add a list; return its id, or None when the name is taken."""
    insert = text("""
        INSERT INTO contact_list (company_id, name, rules, counted, counted_at, created_at)
        VALUES (:company_id, :name, CAST(:rules AS jsonb), :counted, :now, :now)
        ON CONFLICT (company_id, lower(name)) DO NOTHING RETURNING id
    """)
    parameters = {"company_id": company_id, "name": name, "rules": _stored(rules), "counted": counted, "now": now}
    return (await tx.execute(insert, parameters)).scalar_one_or_none()


async def change(
    tx: Tx, company_id: int, list_id: int, name: str, *, rules: Sequence[Rule] | None, counted: int, now: datetime
) -> bool:
    """Change a list; False when another has the name."""
    update = text("""
        UPDATE contact_list l SET name = :name, rules = CAST(:rules AS jsonb), counted_at = :now,
            counted = CASE WHEN CAST(:rules AS jsonb) IS NULL THEN l.counted ELSE :counted END
        WHERE l.company_id = :company_id AND l.id = :id AND NOT EXISTS (SELECT FROM contact_list o
            WHERE o.company_id = l.company_id AND lower(o.name) = lower(:name) AND o.id <> l.id)
        RETURNING l.id
    """)
    parameters = {
        "company_id": company_id,
        "id": list_id,
        "name": name,
        "rules": _stored(rules),
        "counted": counted,
        "now": now,
    }
    return (await tx.execute(update, parameters)).one_or_none() is not None


def _stored(rules: Sequence[Rule] | None) -> str | None:
    if rules is None:
        return None
    return _encode([{"attribute": r.attribute, "operator": r.operator, "value": r.written} for r in rules]).decode()


def _read(stored: Sequence[Any] | None) -> tuple[Rule, ...] | None:
    if stored is None:
        return None
    return tuple(rule(one["attribute"], Operator(one["operator"]), one["value"]) for one in stored)


async def named(tx: Tx, company_id: int, name: str) -> int | None:
    """Return the id of the list of that name, or None."""
    query = text("SELECT id FROM contact_list WHERE company_id = :company_id AND lower(name) = lower(:name)")
    return (await tx.execute(query, {"company_id": company_id, "name": name})).scalar_one_or_none()


# `counted` is kept by triggers of contact_in_list, and of a list by rule by whoever counts it.
_SELECT = """
SELECT l.id, l.name, coalesce(l.counted, 0), l.rules, CASE WHEN l.rules IS NOT NULL THEN l.counted_at END
FROM contact_list l WHERE l.company_id = :company_id
"""


async def every(tx: Tx, company_id: int) -> Sequence[ContactList]:
    """Return the company's lists by name."""
    rows = await tx.execute(text(f"{_SELECT} ORDER BY lower(l.name)"), {"company_id": company_id})
    return [_list(*row) for row in rows]


async def find(tx: Tx, company_id: int, list_id: int) -> ContactList | None:
    """Return a list of the company, or None."""
    row = (await tx.execute(text(f"{_SELECT} AND l.id = :id"), {"company_id": company_id, "id": list_id})).one_or_none()
    return _list(*row) if row else None


def _list(list_id: int, name: str, contacts: int, rules: Any, counted_at: datetime | None) -> ContactList:
    return ContactList(list_id, name, contacts, _read(rules), counted_at)


async def members(tx: Tx, company_id: int, lists: Sequence[int]) -> Members:
    """Return who is in one of some lists of the company."""
    query = text("""
        SELECT id, rules FROM contact_list WHERE company_id = :company_id AND id = ANY(CAST(:lists AS bigint[])) ORDER BY id
    """)
    rows = await tx.execute(query, {"company_id": company_id, "lists": ints(lists)})
    found = [(list_id, _read(rules)) for list_id, rules in rows]
    return Members([i for i, rules in found if rules is None], [rules for _, rules in found if rules is not None])


async def are_there(tx: Tx, company_id: int, lists: Sequence[int]) -> bool:
    """Tell whether all of some lists of the company are still there."""
    query = text("""
        SELECT count(*) FROM contact_list WHERE company_id = :company_id AND id = ANY(CAST(:lists AS bigint[]))
    """)
    found = (await tx.execute(query, {"company_id": company_id, "lists": ints(lists)})).scalar_one()
    return int(found) == len(set(lists))


# Taking contacts out of lists locks the lists first, as deleting a list does: two of them never wait in a circle.
# The weakest lock: counting a list's contacts does not wait for it.
_KEEP = text("SELECT id FROM contact_list WHERE company_id = :company_id AND rules IS NULL ORDER BY id FOR KEY SHARE")


async def keep(tx: Tx, company_id: int) -> set[int]:
    """Keep the lists that contacts are put into from being deleted until the transaction ends; return their ids."""
    return {list_id for (list_id,) in await tx.execute(_KEEP, {"company_id": company_id})}


async def put_in(tx: Tx, company_id: int, list_id: int, contact_id: int) -> None:
    """Put a contact into a list."""
    insert = text("""
        INSERT INTO contact_in_list (company_id, list_id, contact_id) VALUES (:company_id, :list_id, :contact_id)
        ON CONFLICT DO NOTHING
    """)
    await tx.execute(insert, {"company_id": company_id, "list_id": list_id, "contact_id": contact_id})


async def take_out(tx: Tx, company_id: int, list_id: int, contact_id: int) -> None:
    """Take a contact out of a list."""
    statement = text("""
        DELETE FROM contact_in_list WHERE company_id = :company_id AND list_id = :list_id AND contact_id = :contact_id
    """)
    await tx.execute(statement, {"company_id": company_id, "list_id": list_id, "contact_id": contact_id})


async def of_contact(tx: Tx, company_id: int, contact_id: int) -> set[int]:
    """Return the ids of the lists that a contact was put into (walks contact_in_list_contact)."""
    query = text("SELECT list_id FROM contact_in_list WHERE company_id = :company_id AND contact_id = :contact_id")
    rows = await tx.execute(query, {"company_id": company_id, "contact_id": contact_id})
    return {list_id for (list_id,) in rows}


async def delete(tx: Tx, company_id: int, list_id: int) -> None:
    """Delete a list; its contacts stay."""
    statement = text("DELETE FROM contact_list WHERE company_id = :company_id AND id = :id")
    await tx.execute(statement, {"company_id": company_id, "id": list_id})
