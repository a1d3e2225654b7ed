"""Texts that a company keeps."""

from dataclasses import dataclass
from datetime import datetime

from smsflow.store.postgres.transactions import Tx, text


@dataclass(frozen=True, slots=True)
class StoredTemplate:
    """A text with its name; `purpose` is campaign or code."""

    id: int
    name: str
    purpose: str
    text: str
    updated_at: datetime


_COLUMNS = "id, name, purpose, text, updated_at"


async def of_company(tx: Tx, company_id: int) -> list[StoredTemplate]:
    """Return a company's templates, by name."""
    query = text(f"SELECT {_COLUMNS} FROM template WHERE company_id = :company_id ORDER BY lower(name)")
    return [StoredTemplate(*row) for row in await tx.execute(query, {"company_id": company_id})]


async def find(tx: Tx, company_id: int, template_id: int) -> StoredTemplate | None:
    """Return a template of the company, or None."""
    query = text(f"SELECT {_COLUMNS} FROM template WHERE company_id = :company_id AND id = :id")
    row = (await tx.execute(query, {"company_id": company_id, "id": template_id})).one_or_none()
    return StoredTemplate(*row) if row else None


async def add(tx: Tx, company_id: int, name: str, *, purpose: str, body: str, now: datetime) -> int | None:
    """Add a template; return its id, or None when the company has one of that name."""
    insert = text("""
        INSERT INTO template (company_id, name, purpose, text, updated_at) VALUES (:company_id, :name, :purpose, :text, :now)
        ON CONFLICT (company_id, lower(name)) DO NOTHING RETURNING id
    """)
    parameters = {"company_id": company_id, "name": name, "purpose": purpose, "text": body, "now": now}
    return (await tx.execute(insert, parameters)).scalar_one_or_none()


async def change(
    tx: Tx, company_id: int, template_id: int, name: str, *, purpose: str, body: str, now: datetime
) -> bool:
    """Change a template; tell whether its name is free."""
    update = text("""
        UPDATE template SET name = :name, purpose = :purpose, text = :text, updated_at = :now
        WHERE company_id = :company_id AND id = :id AND NOT EXISTS (
            SELECT FROM template WHERE company_id = :company_id AND lower(name) = lower(:name) AND id <> :id)
        RETURNING id
    """)
    parameters = {
        "company_id": company_id,
        "id": template_id,
        "name": name,
        "purpose": purpose,
        "text": body,
        "now": now,
    }
    return (await tx.execute(update, parameters)).one_or_none() is not None


async def remove(tx: Tx, company_id: int, template_id: int) -> bool:
    """Remove a template; tell whether there was one."""
    delete = text("DELETE FROM template WHERE company_id = :company_id AND id = :id RETURNING id")
    return (await tx.execute(delete, {"company_id": company_id, "id": template_id})).one_or_none() is not None
