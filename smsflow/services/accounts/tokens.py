"""API tokens."""

import hashlib

from smsflow.errors import NotFound
from smsflow.store.accounts import tokens
from smsflow.store.postgres.transactions import Tx

Issued = tokens.Issued


def digest(token: str) -> bytes:
    """Return the hash of a token: all that is stored of it."""
    return hashlib.sha256(token.encode()).digest()


async def revoke(tx: Tx, token: str) -> None:
    """Revoke a token everywhere; raise NotFound when there was none."""
    if not await tokens.revoke_token(tx, digest(token)):
        raise NotFound(what="such", id="token")


async def issued(tx: Tx, *, company_id: int | None, limit: int) -> list[Issued]:
    """Return the last tokens that were given out, of one company or of all, newest first."""
    return await tokens.issued(tx, company_id=company_id, limit=limit)
