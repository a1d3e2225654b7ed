"""Sessions of the console: only the hash of a cookie is stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from smsflow.domain.access import Role
from smsflow.store.postgres.transactions import Tx, text


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may sign in to the console: one of a company's people, or of the platform's (then without a company)."""

    id: int
    username: str
    full_name: str
    email: str | None
    role: Role
    operator: bool
    company_id: int | None
    language: str | None
    second_factor: bool

    @property
    def name(self) -> str:
        """The name of the person on pages."""
        return self.full_name or self.username


PERSON = (
    "u.id, u.username, u.full_name, u.email, u.role, u.operator, u.company_id, u.language, u.totp_sealed IS NOT NULL"
)


def person(columns: Sequence[Any]) -> Person:
    """Return the person that the columns PERSON describe."""
    id_, username, full_name, email, role, *rest = columns
    values: tuple[Any, ...] = (id_, username, full_name, email, Role(role), *rest)
    return Person(*values)


@dataclass(frozen=True, slots=True)
class ConsoleSession:
    """A session as its person sees it in the list of their own."""

    hash: bytes
    created_at: datetime
    seen_at: datetime
    ends_at: datetime
    address: str
    agent: str


async def add(
    tx: Tx,
    digest: bytes,
    *,
    user_id: int,
    company_id: int | None,
    address: str,
    agent: str,
    now: datetime,
    ends_at: datetime,
) -> None:
    """Open a session."""
    insert = text("""
        INSERT INTO console_session (hash, user_id, company_id, created_at, seen_at, ends_at, address, agent)
        VALUES (:hash, :user_id, :company_id, :now, :now, :ends_at, :address, :agent)
    """)
    parameters = {
        "hash": digest,
        "user_id": user_id,
        "company_id": company_id,
        "now": now,
        "ends_at": ends_at,
        "address": address[:60],
        "agent": agent[:200],
    }
    await tx.execute(insert, parameters)


_FIND = text(f"""
SELECT s.seen_at, s.ends_at, {PERSON} FROM console_session s JOIN account_user u ON u.id = s.user_id
WHERE s.hash = :hash AND NOT u.disabled
""")


async def find(tx: Tx, digest: bytes) -> tuple[Person, datetime, datetime] | None:
    """Return whose session it is, when it was last seen and when it ends at the latest; None for one that is unknown."""
    row = (await tx.execute(_FIND, {"hash": digest})).one_or_none()
    if row is None:
        return None
    seen_at, ends_at, *columns = row
    return person(columns), seen_at, ends_at


async def alive(tx: Tx, digests: Sequence[bytes], *, now: datetime, seen_since: datetime) -> list[bytes]:
    """Return the hashes of those of these sessions that have not ended, and were used since a time."""
    query = text("""
        SELECT s.hash FROM console_session s JOIN account_user u ON u.id = s.user_id
        WHERE s.hash = ANY(CAST(:digests AS bytea[])) AND s.ends_at > :now AND s.seen_at > :seen_since AND NOT u.disabled
    """)
    parameters = {"digests": list(digests), "now": now, "seen_since": seen_since}
    return [digest for (digest,) in await tx.execute(query, parameters)]


async def seen(tx: Tx, digest: bytes, *, now: datetime) -> None:
    """Note that a session was used."""
    await tx.execute(text("UPDATE console_session SET seen_at = :now WHERE hash = :hash"), {"hash": digest, "now": now})


async def of_user(tx: Tx, user_id: int, *, now: datetime) -> list[ConsoleSession]:
    """Return the sessions of a person that have not ended, the one used last first."""
    query = text("""
        SELECT hash, created_at, seen_at, ends_at, address, agent FROM console_session
        WHERE user_id = :user_id AND ends_at > :now ORDER BY seen_at DESC
    """)
    return [ConsoleSession(*row) for row in await tx.execute(query, {"user_id": user_id, "now": now})]


async def is_known(tx: Tx, user_id: int, address: str) -> bool:
    """Tell whether a person has a session that was opened from this address (walks console_session_user)."""
    query = text(
        "SELECT 1 FROM console_session WHERE user_id = :user_id AND address = :address AND ends_at > seen_at LIMIT 1"
    )
    return (await tx.execute(query, {"user_id": user_id, "address": address})).one_or_none() is not None


# The row stays until it is forgotten: a form that somebody was typing is kept for the person whose session it was.
_END = "UPDATE console_session SET ends_at = seen_at WHERE user_id = :user_id AND ends_at > seen_at"


async def end(tx: Tx, digest: bytes, *, user_id: int) -> None:
    """End a session of this person."""
    await tx.execute(text(f"{_END} AND hash = :hash"), {"hash": digest, "user_id": user_id})


async def end_all(tx: Tx, user_id: int) -> None:
    """End the sessions of a person."""
    await tx.execute(text(_END), {"user_id": user_id})


async def forget(tx: Tx, *, before: datetime) -> None:
    """Drop sessions that ended, form keys that were used and forms that were kept, before this time."""
    for statement in (
        "DELETE FROM console_session WHERE ends_at < :before",
        "DELETE FROM form_key WHERE at < :before",
        "DELETE FROM kept_form WHERE until < :before",
    ):
        await tx.execute(text(statement), {"before": before})
