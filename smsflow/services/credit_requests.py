"""Requests for credits: a company cannot pay here, it asks the platform, which sells or declines."""

from datetime import datetime

from smsflow.domain.account import Company
from smsflow.errors import NotFound, ParameterInvalid
from smsflow.services.mail.letters import letter
from smsflow.services.mail.outbox import Mail
from smsflow.store.credits import requests
from smsflow.store.credits.requests import CreditRequest, RequestState
from smsflow.store.postgres.transactions import Tx

__all__ = ["CreditRequest", "RequestState", "ask", "close", "latest", "pending", "withdraw"]

MOST = 10**9
LONGEST_NOTE = 500


async def ask(
    tx: Tx, company: Company, amount: int, *, note: str, author: str, mail: Mail, contact: str | None, now: datetime
) -> int:
    """Keep what a company asks for, and write to the platform's contact; return the request's id."""
    if not 0 < amount <= MOST:
        raise ParameterInvalid(parameter="amount", expected=f"a number of credits from 1 to {MOST}")
    if len(note) > LONGEST_NOTE:
        raise ParameterInvalid(parameter="note", expected=f"at most {LONGEST_NOTE} characters")
    request_id = await requests.add(tx, company.id, amount, note=note, author=author, now=now)
    if contact is not None:
        written = letter(
            "credits_asked", "fr", company=company.name, amount=str(amount), author=author, note=note or "—"
        )
        await mail.post(tx, written, to=contact, company_id=company.id, now=now)
    return request_id


async def latest(tx: Tx, company_id: int, *, limit: int = 5) -> list[CreditRequest]:
    """Return the last requests of a company, newest first."""
    return await requests.latest(tx, company_id, limit=limit)


async def pending(tx: Tx, *, limit: int = 200) -> list[CreditRequest]:
    """Return the requests of all companies that wait for the platform, oldest first."""
    return await requests.pending(tx, limit=limit)


async def close(
    tx: Tx, company_id: int, request_id: int, *, state: RequestState, by: str, answer: str = "", now: datetime
) -> CreditRequest:
    """Close a request: sold (the sale is `credits.add_credit`), or declined with a reason; raise NotFound when it waits no more."""
    closed = await requests.close(tx, company_id, request_id, state=state, by=by, answer=answer, now=now)
    if closed is None:
        raise NotFound(what="request for credits", id=request_id)
    return closed


async def withdraw(tx: Tx, company_id: int, request_id: int, *, by: str, now: datetime) -> CreditRequest:
    """Take back a request of one's own company that waits; raise NotFound."""
    return await close(tx, company_id, request_id, state="withdrawn", by=by, now=now)
