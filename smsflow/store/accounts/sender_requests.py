"""The requests of companies for a sender, each with the document that they join."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from smsflow.store.postgres.transactions import Tx, text


@dataclass(frozen=True, slots=True)
class SenderRequest:
    """Why a sender was asked for, and what was decided."""

    sender_id: int
    use: str
    sample: str
    author: str
    asked_at: datetime
    document_name: str | None
    document_type: str | None
    reason: str
    decided_by: str | None
    decided_at: datetime | None


_COLUMNS = "sender_id, use, sample, author, asked_at, document_name, document_type, reason, decided_by, decided_at"


async def keep(tx: Tx, company_id: int, sender_id: int, *, use: str, sample: str, author: str, now: datetime) -> None:
    """Keep what a company says about a sender; asked for again, this takes the place of what it said before."""
    upsert = text("""
        INSERT INTO sender_request (company_id, sender_id, use, sample, author, asked_at)
        VALUES (:company_id, :sender_id, :use, :sample, :author, :now)
        ON CONFLICT (company_id, sender_id) DO UPDATE SET use = excluded.use, sample = excluded.sample, author = excluded.author,
            asked_at = excluded.asked_at, document_name = NULL, document_type = NULL, reason = '', decided_by = NULL, decided_at = NULL
    """)
    parameters = {
        "company_id": company_id,
        "sender_id": sender_id,
        "use": use,
        "sample": sample,
        "author": author,
        "now": now,
    }
    await tx.execute(upsert, parameters)


async def join(tx: Tx, company_id: int, sender_id: int, *, name: str, media_type: str, body: bytes) -> None:
    """Join a document to a request."""
    key = {"company_id": company_id, "sender_id": sender_id}
    upsert = text("""
        INSERT INTO sender_document (company_id, sender_id, body) VALUES (:company_id, :sender_id, :body)
        ON CONFLICT (company_id, sender_id) DO UPDATE SET body = excluded.body
    """)
    await tx.execute(upsert, {**key, "body": body})
    update = text("""
        UPDATE sender_request SET document_name = :name, document_type = :type WHERE company_id = :company_id AND sender_id = :sender_id
    """)
    await tx.execute(update, {**key, "name": name, "type": media_type})


async def of_company(tx: Tx, company_id: int) -> Mapping[int, SenderRequest]:
    """Return what a company has said, by sender."""
    query = text(f"SELECT {_COLUMNS} FROM sender_request WHERE company_id = :company_id")
    requests = [SenderRequest(*row) for row in await tx.execute(query, {"company_id": company_id})]
    return {request.sender_id: request for request in requests}


async def document(tx: Tx, company_id: int, sender_id: int) -> tuple[str, str, bytes] | None:
    """Return the name, the type and the octets of a document, or None."""
    query = text("""
        SELECT r.document_name, r.document_type, d.body FROM sender_request r
        JOIN sender_document d ON d.company_id = r.company_id AND d.sender_id = r.sender_id
        WHERE r.company_id = :company_id AND r.sender_id = :sender_id AND r.document_name IS NOT NULL
    """)
    row = (await tx.execute(query, {"company_id": company_id, "sender_id": sender_id})).one_or_none()
    if row is None:
        return None
    name, media_type, body = row
    return name, media_type, bytes(body)


async def decide(
    tx: Tx, company_id: int, sender_id: int, *, state: str, reason: str, by: str, now: datetime
) -> str | None:
    """Approve or refuse a sender, with the reason; return its name, or None when the company has none of that id."""
    key = {"company_id": company_id, "sender_id": sender_id}
    update = text("UPDATE sender SET state = :state WHERE company_id = :company_id AND id = :sender_id RETURNING name")
    name = (await tx.execute(update, {**key, "state": state})).scalar_one_or_none()
    if name is not None:
        upsert = text("""
            INSERT INTO sender_request (company_id, sender_id, use, sample, author, asked_at, reason, decided_by, decided_at)
            VALUES (:company_id, :sender_id, '', '', '', :now, :reason, :by, :now)
            ON CONFLICT (company_id, sender_id) DO UPDATE
            SET reason = excluded.reason, decided_by = excluded.decided_by, decided_at = excluded.decided_at
        """)
        await tx.execute(upsert, {**key, "reason": reason, "by": by, "now": now})
    return name


# Walks sender_document, which has a row for each sender at most and is not read. A sender that is asked for again now is passed over.
_FORGET = text("""
WITH old AS MATERIALIZED (
    SELECT d.company_id, d.sender_id FROM sender_document d
    JOIN sender s ON s.company_id = d.company_id AND s.id = d.sender_id AND s.state = 'refused'
    JOIN sender_request r ON r.company_id = d.company_id AND r.sender_id = d.sender_id AND r.decided_at < :before
    LIMIT :limit FOR UPDATE OF s SKIP LOCKED
), named AS (
    UPDATE sender_request r SET document_name = NULL, document_type = NULL
    FROM old o WHERE r.company_id = o.company_id AND r.sender_id = o.sender_id
)
DELETE FROM sender_document d USING old o WHERE d.company_id = o.company_id AND d.sender_id = o.sender_id RETURNING d.sender_id
""")


async def forget_documents(tx: Tx, *, before: datetime, limit: int) -> int:
    """Remove at most `limit` documents of senders that were refused before then; return how many. The request and its answer stay."""
    return len((await tx.execute(_FORGET, {"before": before, "limit": limit})).all())
