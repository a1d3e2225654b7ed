"""Requests for credits: kept until the platform has answered."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from smsflow.store.postgres.transactions import Tx, text

RequestState = Literal["pending", "sold", "declined", "withdrawn"]


@dataclass(frozen=True, slots=True)
class CreditRequest:
    """A request of a company for credits, and its answer."""

    company_id: int
    id: int
    amount: int
    note: str
    author: str
    created_at: datetime
    state: RequestState
    closed_at: datetime | None
    closed_by: str | None
    answer: str


_COLUMNS = "company_id, id, amount, note, author, created_at, state, closed_at, closed_by, answer"


async def add(tx: Tx, company_id: int, amount: int, *, note: str, author: str, now: datetime) -> int:
    """Keep a request; return its id."""
    insert = text("""
        INSERT INTO credit_request (company_id, amount, note, author, created_at)
        VALUES (:company_id, :amount, :note, :author, :now) RETURNING id
    """)
    parameters = {"company_id": company_id, "amount": amount, "note": note, "author": author, "now": now}
    return int((await tx.execute(insert, parameters)).scalar_one())


async def latest(tx: Tx, company_id: int, *, limit: int) -> list[CreditRequest]:
    """Return the last requests of a company, newest first (walks the primary key backwards)."""
    query = text(f"SELECT {_COLUMNS} FROM credit_request WHERE company_id = :company_id ORDER BY id DESC LIMIT :limit")
    return [CreditRequest(*row) for row in await tx.execute(query, {"company_id": company_id, "limit": limit})]


async def pending(tx: Tx, *, limit: int) -> list[CreditRequest]:
    """Return the requests of all companies that wait for an answer, oldest first (walks credit_request_pending)."""
    query = text(f"SELECT {_COLUMNS} FROM credit_request WHERE state = 'pending' ORDER BY created_at LIMIT :limit")
    return [CreditRequest(*row) for row in await tx.execute(query, {"limit": limit})]


async def close(
    tx: Tx, company_id: int, request_id: int, *, state: RequestState, by: str, answer: str, now: datetime
) -> CreditRequest | None:
    """Close a request that waits; return it, or None when it waits no more."""
    update = text(f"""
        UPDATE credit_request SET state = :state, closed_at = :now, closed_by = :by, answer = :answer
        WHERE company_id = :company_id AND id = :id AND state = 'pending' RETURNING {_COLUMNS}
    """)
    parameters = {"company_id": company_id, "id": request_id, "state": state, "by": by, "answer": answer, "now": now}
    row = (await tx.execute(update, parameters)).one_or_none()
    return None if row is None else CreditRequest(*row)
