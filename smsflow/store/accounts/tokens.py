"""API tokens: only their hashes are stored."""

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
    """Return who a token stands for, expired or not, or None; a disabled user's tokens are none."""
    query = text("""
        SELECT t.user_id, t.company_id, t.expires_at FROM token t JOIN account_user u ON u.id = t.user_id
        WHERE t.hash = :hash AND NOT u.disabled
    """)
    row = (await tx.execute(query, {"hash": digest})).one_or_none()
    return Caller(row[0], row[1], row[2].timestamp()) if row else None


async def revoke_token(tx: Tx, digest: bytes) -> bool:
    """Revoke a token everywhere; False when there was none."""
    return (
        await tx.execute(text("DELETE FROM token WHERE hash = :hash RETURNING 1"), {"hash": digest})
    ).one_or_none() is not None


async def forget_tokens(tx: Tx, *, before: datetime) -> None:
    """Drop the tokens that had expired before this time."""
    await tx.execute(text("DELETE FROM token WHERE expires_at < :before"), {"before": before})
