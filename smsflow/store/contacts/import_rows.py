"""The rows that imports keep, for their undo and to show the refused ones, and their removal."""

from datetime import datetime

from smsflow.store.postgres.transactions import Tx, text

_TABLES = ("contact_import_row", "contact_import_refusal")
# `contact_import` is small; each of its old imports costs two looks into primary keys.
_WITH_ROWS = text(f"""
SELECT i.company_id, i.id FROM contact_import i WHERE i.finished_at < :before AND ({
    " OR ".join(f"EXISTS (SELECT FROM {t} r WHERE r.company_id = i.company_id AND r.import_id = i.id)" for t in _TABLES)
}) ORDER BY i.id
""")
_UNCONFIRMED = text(
    "SELECT company_id, id FROM contact_import WHERE state = 'checking' AND created_at < :before ORDER BY id"
)


async def with_rows(tx: Tx, *, before: datetime) -> list[tuple[int, int]]:
    """Return the company and the id of each import that ended before then and has rows still."""
    return [(company_id, import_id) for company_id, import_id in await tx.execute(_WITH_ROWS, {"before": before})]


async def unconfirmed(tx: Tx, *, before: datetime) -> list[tuple[int, int]]:
    """Return the company and the id of each import that was uploaded before then and that nobody has begun."""
    return [(company_id, import_id) for company_id, import_id in await tx.execute(_UNCONFIRMED, {"before": before})]


async def forget(tx: Tx, company_id: int, import_id: int, *, limit: int) -> bool:
    """Remove up to `limit` rows of each kind; tell whether there may be more."""
    counts = []
    for table in _TABLES:
        statement = text(f"""
            DELETE FROM {table} WHERE ctid = ANY(ARRAY(
                SELECT ctid FROM {table} WHERE company_id = :company_id AND import_id = :import_id LIMIT :limit)) RETURNING 1
        """)
        parameters = {"company_id": company_id, "import_id": import_id, "limit": limit}
        counts.append(len((await tx.execute(statement, parameters)).all()))
    return limit in counts
