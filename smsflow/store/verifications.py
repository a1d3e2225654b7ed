"""Verification codes, sealed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import replace as replaced
from datetime import datetime

from smsflow.domain.message import Status
from smsflow.domain.verification import CodeState
from smsflow.store.postgres.arrays import ints
from smsflow.store.postgres.bounds import bounded
from smsflow.store.postgres.transactions import Tx, text


@dataclass(frozen=True, slots=True)
class Verification:
    """A code that was sent to a number."""

    id: int
    number: str
    code_sealed: str
    timeout: int
    state: CodeState
    tries: int
    created_at: datetime
    expires_at: datetime
    message_id: int


_COLUMNS = "id, number, code_sealed, timeout, state, tries, created_at, expires_at, message_id"
_SHOWN = f"SELECT {_COLUMNS} FROM verification WHERE company_id = :company_id"
_FAILED = bounded("""
SELECT id FROM message WHERE id = ANY(CAST(:ids AS bigint[])) AND WITHIN(id) AND status IN (:failed, :cancelled)
""")


async def hold_number(tx: Tx, company_id: int, number: str) -> None:
    """Let one request at a time decide about the codes of a number, until the transaction ends."""
    await tx.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 7303))"), {"key": f"{company_id}:{number}"}
    )


async def sent_since(tx: Tx, company_id: int, number: str, since: datetime) -> list[datetime]:
    """Return when codes were sent to this number since that time, oldest first."""
    query = text("""
        SELECT created_at FROM verification WHERE company_id = :company_id AND number = :number AND created_at > :since ORDER BY id
    """)
    rows = await tx.execute(query, {"company_id": company_id, "number": number, "since": since})
    return [created_at for (created_at,) in rows]


async def replace(tx: Tx, company_id: int, number: str) -> list[int]:
    """End the codes of a number that were still open, as a new one takes their place; return their messages."""
    update = text("""
        UPDATE verification SET state = :replaced WHERE company_id = :company_id AND number = :number AND state = :sent
        RETURNING message_id
    """)
    parameters = {
        "company_id": company_id,
        "number": number,
        "replaced": int(CodeState.REPLACED),
        "sent": int(CodeState.SENT),
    }
    return [message_id for (message_id,) in await tx.execute(update, parameters)]


async def add(
    tx: Tx,
    company_id: int,
    *,
    message_id: int,
    number: str,
    code_sealed: str,
    timeout: int,
    now: datetime,
    expires_at: datetime,
) -> int:
    """Keep a code that is being sent; return its id."""
    insert = text("""
        INSERT INTO verification (company_id, message_id, number, code_sealed, timeout, state, created_at, expires_at)
        VALUES (:company_id, :message_id, :number, :code_sealed, :timeout, :state, :now, :expires_at) RETURNING id
    """)
    parameters = {
        "company_id": company_id,
        "message_id": message_id,
        "number": number,
        "code_sealed": code_sealed,
        "timeout": timeout,
        "state": int(CodeState.SENT),
        "now": now,
        "expires_at": expires_at,
    }
    return int((await tx.execute(insert, parameters)).scalar_one())


async def last(tx: Tx, company_id: int, number: str) -> Verification | None:
    """Return the newest code of a number, or None."""
    query = text(f"{_SHOWN} AND number = :number ORDER BY id DESC LIMIT 1")
    return next(iter(await _read(tx, query, {"company_id": company_id, "number": number})), None)


async def over(tx: Tx, message_ids: Sequence[int]) -> set[int]:
    """Return those of these messages whose code counts no more: used, replaced or blocked (walks verification_message).

    The codes stay as they are until the transaction ends.
    """
    if not message_ids:
        return set()
    query = text("""
        SELECT message_id, state FROM verification WHERE message_id = ANY(CAST(:ids AS bigint[])) ORDER BY id FOR SHARE
    """)
    rows = await tx.execute(query, {"ids": ints(message_ids)})
    return {message_id for message_id, state in rows if state != CodeState.SENT}


async def judged(tx: Tx, verification_id: int, *, state: CodeState, tries: int) -> None:
    """Keep what became of a code."""
    update = text("UPDATE verification SET state = :state, tries = :tries WHERE id = :id")
    await tx.execute(update, {"id": verification_id, "state": int(state), "tries": tries})


async def find(tx: Tx, company_id: int, verification_id: int) -> Verification | None:
    """Return one code of the company, or None."""
    query = text(f"{_SHOWN} AND id = :id")
    return next(iter(await _read(tx, query, {"company_id": company_id, "id": verification_id})), None)


async def latest(tx: Tx, company_id: int, *, before: int | None = None, limit: int) -> list[Verification]:
    """Return the company's last codes, or those before an id, newest first."""
    query = text(f"{_SHOWN} AND (CAST(:before AS bigint) IS NULL OR id < :before) ORDER BY id DESC LIMIT :limit")
    return await _read(tx, query, {"company_id": company_id, "before": before, "limit": limit})


async def _read(tx: Tx, query: str, parameters: Mapping[str, object]) -> list[Verification]:
    """Return codes; one whose SMS failed was never received, whatever its row says."""
    found = [
        Verification(id_, number, code, timeout, CodeState(state), *rest)
        for id_, number, code, timeout, state, *rest in await tx.execute(query, parameters)
    ]
    open_ids = {code.message_id for code in found if code.state is CodeState.SENT}
    named = {"ids": ints(open_ids), "failed": int(Status.FAILED), "cancelled": int(Status.CANCELLED)}
    failed = {message_id for (message_id,) in await tx.execute(_FAILED(open_ids), named)} if open_ids else set()
    return [
        replaced(code, state=CodeState.FAILED) if code.state is CodeState.SENT and code.message_id in failed else code
        for code in found
    ]


# Ids grow with time: the oldest are at the left end of the primary key, and no index by time is needed.
_FORGET = text("""
DELETE FROM verification WHERE id IN (
    SELECT id FROM (SELECT id, expires_at FROM verification ORDER BY id LIMIT :limit) AS oldest WHERE expires_at < :before
) RETURNING id
""")
_FORGET_OWN = text("""
DELETE FROM verification WHERE id IN (
    SELECT id FROM (SELECT id, expires_at FROM verification WHERE company_id = :company_id ORDER BY id LIMIT :limit) AS oldest WHERE expires_at < :before
) RETURNING id
""")


async def forget(tx: Tx, *, before: datetime, limit: int, company_id: int | None = None) -> int:
    """Remove up to `limit` of the oldest codes, of all companies or of one, as far as they had expired before then; return how many."""
    if company_id is None:
        return len(await tx.execute(_FORGET, {"before": before, "limit": limit}))
    return len(await tx.execute(_FORGET_OWN, {"before": before, "limit": limit, "company_id": company_id}))
