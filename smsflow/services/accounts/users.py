"""The people of a company."""

from smsflow.domain.access import Role
from smsflow.errors import AlreadyExists, NotFound
from smsflow.services.accounts.passwords import hash_password
from smsflow.store.accounts import companies, people, users
from smsflow.store.postgres.transactions import Tx

Credentials = users.Credentials


async def add_user(
    tx: Tx, username: str, password: str, *, company_id: int, is_admin: bool, role: Role | None = None
) -> int:
    """Add a user of a company; return the id. In the console, an administrator is one, and anybody else has the `role`."""
    if await companies.company(tx, company_id) is None:
        raise NotFound(what="company", id=company_id)
    user_id = await users.add_user(
        tx,
        username,
        company_id=company_id,
        password_hash=hash_password(password),
        is_admin=is_admin,
    )
    if user_id is None:
        raise AlreadyExists(what="user", name=username)
    await people.set_role(tx, user_id, role or (Role.ADMIN if is_admin else Role.DEVELOPER))
    return user_id


async def find(tx: Tx, username: str) -> Credentials | None:
    """Return the user of that name, or None."""
    return await users.login(tx, username)


async def every(tx: Tx, *, company_id: int | None = None) -> list[Credentials]:
    """Return every user, or those of one company, by id."""
    return await users.users(tx, company_id=company_id)


async def set_password(tx: Tx, username: str, password: str) -> Credentials:
    """Change a user's password and end all tokens of that user; return the user."""
    login = await _existing(tx, username)
    await users.set_password(tx, login.user.id, hash_password(password))
    return login


async def set_disabled(tx: Tx, username: str, *, disabled: bool) -> Credentials:
    """Lock a user out, whose tokens end at once, or let that user log in again; return the user."""
    login = await _existing(tx, username)
    await users.set_disabled(tx, login.user.id, disabled=disabled)
    return login


async def _existing(tx: Tx, username: str) -> Credentials:
    login = await users.login(tx, username)
    if login is None:
        raise NotFound(what="user", id=username)
    return login
