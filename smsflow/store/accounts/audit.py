"""The audit log: appended in the transaction of the act, never changed, and removed when it is old."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from smsflow.store.postgres.transactions import Tx, text

# The company of the platform's own acts.
PLATFORM = 0

_encode = msgspec.json.Encoder(enc_hook=str).encode


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One act: who, from where, what, and the values before and after."""

    id: int
    at: datetime
    author: str
    address: str
    act: str
    subject: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


async def append(
    tx: Tx,
    company_id: int | None,
    *,
    author: str,
    address: str,
    act: str,
    subject: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    now: datetime,
) -> None:
    """Append a line."""
    insert = text("""
        INSERT INTO audit (company_id, at, author, address, act, subject, before, after)
        VALUES (:company_id, :now, :author, :address, :act, :subject, CAST(:before AS jsonb), CAST(:after AS jsonb))
    """)
    parameters = {
        "company_id": PLATFORM if company_id is None else company_id,
        "now": now,
        "author": author,
        "address": address,
        "act": act,
        "subject": subject[:500],
        "before": None if before is None else _encode(before).decode(),
        "after": None if after is None else _encode(after).decode(),
    }
    await tx.execute(insert, parameters)


# Beyond every id.
_NEWEST = 2**62


def _latest(condition: str) -> str:
    return text(f"""
    SELECT id, at, author, address, act, subject, before, after FROM audit
    WHERE company_id = :company_id AND id < :older {condition} ORDER BY id DESC LIMIT :limit
    """)


# Each walks its index backwards (the primary key, audit_author, audit_act); with both filters, that of the author.
_LATEST = _latest("")
_OF_AUTHOR = _latest("AND author = :author AND (CAST(:act AS text) IS NULL OR act = :act)")
_OF_KIND = _latest("AND act = :act")


async def latest(
    tx: Tx, company_id: int | None, *, before: int | None, author: str | None, act: str | None, limit: int
) -> list[AuditLine]:
    """Return the last acts, newest first, older than the line `before`: of one author, or of one kind."""
    parameters = {
        "company_id": PLATFORM if company_id is None else company_id,
        "older": before or _NEWEST,
        "author": author,
        "act": act,
        "limit": limit,
    }
    query = _OF_AUTHOR if author else _OF_KIND if act else _LATEST
    return [AuditLine(*row) for row in await tx.execute(query, parameters)]


# Steps along the primary key from company to company; of each, the oldest lines are the first.
_FORGET = text("""
WITH RECURSIVE companies(id) AS (
    (SELECT company_id FROM audit ORDER BY company_id LIMIT 1)
    UNION ALL
    SELECT (SELECT a.company_id FROM audit a WHERE a.company_id > c.id ORDER BY a.company_id LIMIT 1)
    FROM companies c WHERE c.id IS NOT NULL
), old AS MATERIALIZED (
    SELECT l.company_id, l.id FROM companies c
    CROSS JOIN LATERAL (SELECT at FROM audit WHERE company_id = c.id ORDER BY id LIMIT 1) AS first
    CROSS JOIN LATERAL (SELECT company_id, id, at FROM audit WHERE company_id = c.id ORDER BY id LIMIT :limit) AS l
    WHERE first.at < :before AND l.at < :before LIMIT :limit
)
DELETE FROM audit a USING old o WHERE a.company_id = o.company_id AND a.id = o.id RETURNING a.id
""")


async def forget(tx: Tx, *, before: datetime, limit: int) -> int:
    """Remove at most `limit` lines that are older; return how many."""
    return len((await tx.execute(_FORGET, {"before": before, "limit": limit})).all())
