"""The audit log: appended in the transaction of the act, never changed."""

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


# Walks the primary key backwards; a filter reads past the lines of others, `within` at most.
_LATEST = text("""
SELECT id, at, author, address, act, subject, before, after FROM (
    SELECT * FROM audit WHERE company_id = :company_id AND (CAST(:before AS bigint) IS NULL OR id < :before)
    ORDER BY id DESC LIMIT :within
) a
WHERE (CAST(:author AS text) IS NULL OR author = :author) AND (CAST(:act AS text) IS NULL OR act = :act)
ORDER BY id DESC LIMIT :limit
""")


async def latest(
    tx: Tx, company_id: int | None, *, before: int | None, author: str | None, act: str | None, limit: int, within: int
) -> list[AuditLine]:
    """Return the last acts, newest first, older than the line `before`: of one author, or of one kind."""
    parameters = {
        "company_id": PLATFORM if company_id is None else company_id,
        "before": before,
        "author": author,
        "act": act,
        "limit": limit,
        "within": within,
    }
    return [AuditLine(*row) for row in await tx.execute(_LATEST, parameters)]
