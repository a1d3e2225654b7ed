"""API tokens: only their hashes are stored."""

from dataclasses import dataclass
from datetime import datetime

from smsflow.domain.account import Caller, User
from smsflow.store.postgres.transactions import Tx, text


async def add_token(tx: Tx, digest: bytes, user: User, *, now: datetime, expires_at: datetime) -> None:
    """Keep the hash of a new token."""
    insert = text("""
        INSERT INTO token (hash, user_id, company_id, created_at, expires_at) VALUES (:hash, :user_id, :company_id, :now, :expires_at)
    """)
    parameters = {
        "hash": digest,
        "user_id": user.id,
        "company_id": user.company_id,
        "now": now,
        "expires_at": expires_at,
    }
    await tx.execute(insert, parameters)


async def caller(tx: Tx, digest: bytes) -> Caller | None:
    """Return the caller of a token, expired or not, or None; a disabled user's tokens are none."""
    query = text("""
        SELECT t.user_id, t.company_id, t.expires_at FROM token t JOIN account_user u ON u.id = t.user_id
        WHERE t.hash = :hash AND NOT u.disabled
    """)
    row = (await tx.execute(query, {"hash": digest})).one_or_none()
    if row is None:
        return None
    user_id, company_id, expires_at = row
    return Caller(user_id, company_id, expires_at.timestamp())


async def revoke_token(tx: Tx, digest: bytes) -> bool:
    """Revoke a token everywhere; False when there was none."""
    return (
        await tx.execute(text("DELETE FROM token WHERE hash = :hash RETURNING 1"), {"hash": digest})
    ).one_or_none() is not None


@dataclass(frozen=True, slots=True)
class Issued:
    """A token that was given out: whose it is, and the first digits of its hash, as the token itself is not stored."""

    fingerprint: str
    user_id: int
    username: str
    company_id: int
    created_at: datetime
    expires_at: datetime


async def issued(tx: Tx, *, company_id: int | None, limit: int) -> list[Issued]:
    """Return the last tokens that were given out, of one company or of all, newest first (walks `token`: for commands)."""
    query = text("""
        SELECT left(encode(t.hash, 'hex'), 12), t.user_id, u.username, t.company_id, t.created_at, t.expires_at
        FROM token t JOIN account_user u ON u.id = t.user_id
        WHERE CAST(:company_id AS bigint) IS NULL OR t.company_id = :company_id
        ORDER BY t.created_at DESC, t.hash LIMIT :limit
    """)
    return [Issued(*row) for row in await tx.execute(query, {"company_id": company_id, "limit": limit})]


async def forget_tokens(tx: Tx, *, before: datetime) -> None:
    """Drop the tokens that had expired before this time."""
    await tx.execute(text("DELETE FROM token WHERE expires_at < :before"), {"before": before})
