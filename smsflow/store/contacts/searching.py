"""Contacts found by the beginning of one of their values, a bounded number of them at a time; a whole number is found by `contacts.find`."""

from dataclasses import dataclass

from smsflow.store.contacts.contacts import COLUMNS, LARGEST_ID, WITHIN, Contact
from smsflow.store.postgres.transactions import Tx, text

# Walks contacts of the company backwards.
_WALKED = "SELECT * FROM contact WHERE company_id = :company_id AND id < :before ORDER BY id DESC"
_BEGINNING = text(f"""
SELECT {COLUMNS} FROM ({_WALKED} LIMIT {WITHIN}) AS c WHERE EXISTS (SELECT FROM jsonb_each_text(c.attributes) AS a(name, value) WHERE lower(a.value) LIKE lower(:wanted))
ORDER BY c.id DESC LIMIT :limit
""")
_LAST_WALKED = text(f"SELECT id FROM ({_WALKED} LIMIT 1 OFFSET {WITHIN - 1}) AS c")


@dataclass(frozen=True, slots=True)
class SearchedContacts:
    """Contacts that were looked for, the newest first; `older` is the id before which there may be more, None at the end."""

    contacts: list[Contact]
    older: int | None


async def beginning(tx: Tx, company_id: int, wanted: str, *, before: int | None, limit: int) -> SearchedContacts:
    """Return contacts of whom a value begins with `wanted`, out of the next `WITHIN` older than an id."""
    escaped = wanted.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    bounds = {"company_id": company_id, "before": LARGEST_ID if before is None else before}
    rows = await tx.execute(_BEGINNING, {**bounds, "wanted": f"{escaped}%", "limit": limit + 1})
    found = [Contact(*row) for row in rows]
    if len(found) > limit:
        return SearchedContacts(found[:limit], found[limit - 1].id)
    return SearchedContacts(found, (await tx.execute(_LAST_WALKED, bounds)).scalar_one_or_none())
