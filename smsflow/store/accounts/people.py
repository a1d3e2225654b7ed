"""The people who sign in to the console, with their roles and second factors."""

from collections.abc import Sequence
from dataclasses import dataclass

from smsflow.domain.access import Role
from smsflow.domain.account import folded
from smsflow.store.accounts import usernames
from smsflow.store.accounts.sessions import PERSON, Person, person
from smsflow.store.postgres.transactions import Tx, text


@dataclass(frozen=True, slots=True)
class SignIn:
    """A person with what proving who they are needs."""

    person: Person
    password_hash: str
    disabled: bool
    totp_sealed: str | None
    totp_step: int
    recovery: Sequence[bytes]


_SIGN_IN = f"""
SELECT u.password_hash, u.disabled, u.totp_sealed, u.totp_step, u.recovery, {PERSON}
FROM account_user u LEFT JOIN company c ON c.id = u.company_id
"""


def _sign_in(row: Sequence[object]) -> SignIn:
    password_hash, disabled, totp_sealed, totp_step, recovery, *columns = row
    return SignIn(person(columns), password_hash, disabled, totp_sealed, totp_step, recovery)  # type: ignore[arg-type]


async def by_name(tx: Tx, username: str) -> SignIn | None:
    """Return the person of that username, or None."""
    return await by_id(tx, await usernames.id_of(tx, username) or 0)


async def by_id(tx: Tx, user_id: int) -> SignIn | None:
    """Return the person with that id, or None."""
    row = (await tx.execute(text(f"{_SIGN_IN} WHERE u.id = :id"), {"id": user_id})).one_or_none()
    return None if row is None else _sign_in(row)


async def of_company(tx: Tx, company_id: int) -> list[SignIn]:
    """Return the people of a company by name, those who are disabled last."""
    query = text(f"{_SIGN_IN} WHERE u.company_id = :company_id ORDER BY u.disabled, lower(u.username)")
    return [_sign_in(row) for row in await tx.execute(query, {"company_id": company_id})]


async def lock_company(tx: Tx, company_id: int) -> None:
    """Let one transaction at a time change who administers a company."""
    query = text("SELECT id FROM account_user WHERE company_id = :company_id ORDER BY id FOR NO KEY UPDATE")
    await tx.execute(query, {"company_id": company_id})


async def add_operator(tx: Tx, username: str, *, password_hash: str, role: Role) -> int | None:
    """Add one of the platform's own people; return the id, or None when the name is taken."""
    await usernames.fold_all(tx)
    insert = text("""
        INSERT INTO account_user (company_id, operator, username, folded, password_hash, role)
        VALUES (NULL, true, :username, :folded, :hash, :role) ON CONFLICT DO NOTHING RETURNING id
    """)
    parameters = {"username": username, "folded": folded(username), "hash": password_hash, "role": role}
    return (await tx.execute(insert, parameters)).scalar_one_or_none()


async def set_role(tx: Tx, user_id: int, role: Role) -> None:
    """Give a person another role in the console."""
    update = text("UPDATE account_user SET role = :role WHERE id = :id")
    await tx.execute(update, {"id": user_id, "role": str(role)})


async def set_profile(tx: Tx, user_id: int, *, full_name: str, email: str | None, language: str | None) -> None:
    """Change what a person is called, where mail goes, and the language of pages."""
    update = text("UPDATE account_user SET full_name = :name, email = :email, language = :language WHERE id = :id")
    await tx.execute(update, {"id": user_id, "name": full_name, "email": email, "language": language})


async def set_factor(tx: Tx, user_id: int, *, totp_sealed: str | None, recovery: Sequence[bytes]) -> None:
    """Turn a second factor on (with the hashes of its recovery codes) or off."""
    update = text("""
        UPDATE account_user SET totp_sealed = :sealed, totp_step = 0, recovery = CAST(:recovery AS bytea[]) WHERE id = :id
    """)
    await tx.execute(update, {"id": user_id, "sealed": totp_sealed, "recovery": list(recovery)})


async def use_step(tx: Tx, user_id: int, step: int) -> bool:
    """Note that the code of a step was used; False when it or a later one was used before."""
    update = text("UPDATE account_user SET totp_step = :step WHERE id = :id AND totp_step < :step RETURNING id")
    return (await tx.execute(update, {"id": user_id, "step": step})).one_or_none() is not None


async def use_recovery(tx: Tx, user_id: int, digest: bytes) -> bool:
    """Use up a recovery code; False when there is none of this hash."""
    update = text("""
        UPDATE account_user SET recovery = array_remove(recovery, CAST(:hash AS bytea))
        WHERE id = :id AND CAST(:hash AS bytea) = ANY(recovery) RETURNING id
    """)
    return (await tx.execute(update, {"id": user_id, "hash": digest})).one_or_none() is not None
