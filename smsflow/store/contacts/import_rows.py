"""The rows that imports keep: to undo them, to show the refused ones, and until they are removed."""

from dataclasses import dataclass
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


# In the order of the numbers, as every statement that writes several contacts. A contact that was written to, opted out or
# changed since the import stays as it is; one that gets its former values back is as if that import had never been. Contacts that
# existed leave the lists that they joined by it in any case: nobody may be written to for a list that was taken back.
_UNDO = text("""
WITH undone AS MATERIALIZED (
    SELECT number, contact_id, outcome, former, former_at, joined FROM contact_import_row
    WHERE company_id = :company_id AND import_id = :import_id AND number > :after ORDER BY number LIMIT :limit
), kept AS MATERIALIZED (
    SELECT c.id, u.outcome, u.former, u.former_at FROM undone u JOIN contact c ON c.company_id = :company_id AND c.id = u.contact_id
    WHERE u.outcome < 2 AND c.updated_at <= :finished_at AND (c.written_at IS NULL OR c.written_at <= :finished_at)
        AND NOT EXISTS (SELECT FROM opt_out o WHERE o.company_id = :company_id AND o.number = c.number AND o.since > :finished_at)
    FOR UPDATE OF c
), removed AS (
    DELETE FROM contact c USING kept k WHERE c.company_id = :company_id AND c.id = k.id AND k.outcome = 0 RETURNING c.id
), restored AS (
    UPDATE contact c SET attributes = k.former, updated_at = coalesce(k.former_at, :now) FROM kept k
    WHERE c.company_id = :company_id AND c.id = k.id AND k.outcome = 1 RETURNING c.id
), left_lists AS (
    DELETE FROM contact_in_list m USING (SELECT contact_id, unnest(joined) AS list_id FROM undone) AS j
    WHERE m.company_id = :company_id AND m.list_id = j.list_id AND m.contact_id = j.contact_id
)
SELECT (SELECT max(number) FROM undone), (SELECT count(*) FROM undone WHERE outcome < 2), (SELECT count(*) FROM removed),
    (SELECT count(*) FROM restored), (SELECT count(*) FROM undone)
""")


@dataclass(frozen=True, slots=True)
class Undone:
    """The effect of undoing a page of rows: contacts removed, given their former values, and left as they are."""

    last: str | None
    removed: int
    restored: int
    left: int
    rows: int


async def note_undone(tx: Tx, company_id: int, import_id: int, undone: Undone) -> None:
    """Add the effect of undoing a page of rows to that of those before."""
    update = text("""
        UPDATE contact_import SET removed = removed + :removed, restored = restored + :restored, kept = kept + :kept
        WHERE company_id = :company_id AND id = :id
    """)
    counts = {"removed": undone.removed, "restored": undone.restored, "kept": undone.left}
    await tx.execute(update, {"company_id": company_id, "id": import_id, **counts})


async def undo(
    tx: Tx, company_id: int, import_id: int, *, after: str, finished_at: datetime, limit: int, now: datetime
) -> Undone:
    """Undo what an import did to the contacts with the next numbers."""
    parameters = {
        "company_id": company_id,
        "import_id": import_id,
        "after": after,
        "finished_at": finished_at,
        "limit": limit,
        "now": now,
    }
    last, touched, removed, restored, rows = (await tx.execute(_UNDO, parameters)).one()
    return Undone(last, removed, restored, touched - removed - restored, rows)
