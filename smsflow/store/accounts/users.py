"""The people who may log in for a company."""

from dataclasses import dataclass

from smsflow.domain.account import User, folded
from smsflow.store.accounts import sessions, usernames
from smsflow.store.postgres.transactions import Tx, text


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user with what proving the password needs."""

    user: User
    password_hash: str
    disabled: bool


_CREDENTIALS = """
SELECT u.id, u.company_id, u.username, u.is_admin, c.name, u.password_hash, u.disabled
FROM account_user u JOIN company c ON c.id = u.company_id
"""


async def login(tx: Tx, username: str) -> Credentials | None:
    """Return the user of that name, or None."""
    # The same two statements for a name that nobody has: the time reveals nothing.
    user_id = await usernames.id_of(tx, username) or 0
    row = (await tx.execute(text(f"{_CREDENTIALS} WHERE u.id = :id"), {"id": user_id})).one_or_none()
    if row is None:
        return None
    *user, password_hash, disabled = row
    return Credentials(User(*user), password_hash, disabled)


async def users(tx: Tx, *, company_id: int | None) -> list[Credentials]:
    """Return every user, or those of one company, by id."""
    query = text(
        f"{_CREDENTIALS} WHERE CAST(:company_id AS bigint) IS NULL OR u.company_id = :company_id ORDER BY u.id"
    )
    rows = await tx.execute(query, {"company_id": company_id})
    return [Credentials(User(*user), password_hash, disabled) for *user, password_hash, disabled in rows]


async def add_user(tx: Tx, username: str, *, company_id: int, password_hash: str, is_admin: bool) -> int | None:
    """Add a user; return the id, or None when the name is taken."""
    await usernames.fold_all(tx)
    insert = text("""
        INSERT INTO account_user (company_id, username, folded, password_hash, is_admin)
        VALUES (:company_id, :username, :folded, :hash, :is_admin) ON CONFLICT DO NOTHING RETURNING id
    """)
    parameters = {
        "company_id": company_id,
        "username": username,
        "folded": folded(username),
        "hash": password_hash,
        "is_admin": is_admin,
    }
    return (await tx.execute(insert, parameters)).scalar_one_or_none()


async def set_password(tx: Tx, user_id: int, password_hash: str) -> None:
    """Change a user's password and end all tokens, sessions and links of that user."""
    await tx.execute(
        text("UPDATE account_user SET password_hash = :hash WHERE id = :id"), {"id": user_id, "hash": password_hash}
    )
    await _end_all(tx, user_id)


async def set_disabled(tx: Tx, user_id: int, *, disabled: bool) -> None:
    """Disable a user and end all tokens, sessions and links of that user, or enable the user again."""
    update = text("UPDATE account_user SET disabled = :disabled WHERE id = :id")
    await tx.execute(update, {"id": user_id, "disabled": disabled})
    if disabled:
        await _end_all(tx, user_id)


async def _end_all(tx: Tx, user_id: int) -> None:
    await sessions.end_all(tx, user_id)
    for table in ("token", "access_link"):
        await tx.execute(text(f"DELETE FROM {table} WHERE user_id = :id"), {"id": user_id})
