"""Links that let somebody in, to an account of their own or to a new password: only the hash is stored, each works once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from smsflow.domain.access import Role
from smsflow.store.postgres.transactions import Tx, text

Purpose = Literal["invitation", "reset"]


@dataclass(frozen=True, slots=True)
class AccessLink:
    """A link: whose it is (an invitation is nobody's yet), and until when it works."""

    hash: bytes
    company_id: int | None
    user_id: int | None
    email: str | None
    role: Role
    author: str
    created_at: datetime
    until: datetime

    @property
    def name(self) -> str:
        """The name of the link in forms."""
        return self.hash.hex()


_COLUMNS = "hash, company_id, user_id, email, role, author, created_at, until"


def _link(row: Sequence[Any]) -> AccessLink:
    digest, company_id, user_id, email, role, author, created_at, until = row
    return AccessLink(digest, company_id, user_id, email, Role(role), author, created_at, until)


async def add(tx: Tx, link: AccessLink, *, purpose: Purpose) -> None:
    """Keep a new link."""
    insert = text(f"""
        INSERT INTO access_link ({_COLUMNS}, purpose)
        VALUES (:hash, :company_id, :user_id, :email, :role, :author, :created_at, :until, :purpose)
    """)
    parameters = {
        "hash": link.hash,
        "company_id": link.company_id,
        "user_id": link.user_id,
        "email": link.email,
        "role": str(link.role),
        "author": link.author,
        "created_at": link.created_at,
        "until": link.until,
        "purpose": purpose,
    }
    await tx.execute(insert, parameters)


async def find(tx: Tx, digest: bytes, *, purpose: Purpose, now: datetime) -> AccessLink | None:
    """Return a link that works, or None."""
    query = text(f"""
        SELECT {_COLUMNS} FROM access_link WHERE hash = :hash AND purpose = :purpose AND used_at IS NULL AND until > :now
    """)
    row = (await tx.execute(query, {"hash": digest, "purpose": purpose, "now": now})).one_or_none()
    return None if row is None else _link(row)


async def use(tx: Tx, digest: bytes, *, purpose: Purpose, now: datetime) -> AccessLink | None:
    """Use a link up; None when it does not work. Of two that use it at once, one gets it."""
    update = text(f"""
        UPDATE access_link SET used_at = :now WHERE hash = :hash AND purpose = :purpose AND used_at IS NULL AND until > :now
        RETURNING {_COLUMNS}
    """)
    row = (await tx.execute(update, {"hash": digest, "purpose": purpose, "now": now})).one_or_none()
    return None if row is None else _link(row)


async def invitations(tx: Tx, company_id: int) -> list[AccessLink]:
    """Return the invitations of a company that nobody has used, the newest first."""
    query = text(f"""
        SELECT {_COLUMNS} FROM access_link
        WHERE company_id = :company_id AND purpose = 'invitation' AND used_at IS NULL ORDER BY created_at DESC, hash
    """)
    return [_link(row) for row in await tx.execute(query, {"company_id": company_id})]


async def withdraw(tx: Tx, company_id: int, digest: bytes) -> AccessLink | None:
    """Drop an invitation of a company that nobody has used; return it, or None."""
    statement = text(f"""
        DELETE FROM access_link WHERE company_id = :company_id AND hash = :hash AND purpose = 'invitation' AND used_at IS NULL
        RETURNING {_COLUMNS}
    """)
    row = (await tx.execute(statement, {"company_id": company_id, "hash": digest})).one_or_none()
    return None if row is None else _link(row)


async def forget(tx: Tx, *, before: datetime) -> None:
    """Drop the links whose time ended before then."""
    await tx.execute(text("DELETE FROM access_link WHERE until < :before"), {"before": before})
