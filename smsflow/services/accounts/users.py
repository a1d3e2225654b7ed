"""The people of a company."""

from smsflow.errors import AlreadyExists, NotFound
from smsflow.services.accounts.passwords import hash_password
from smsflow.store.accounts import companies, users
from smsflow.store.postgres.transactions import Tx


async def add_user(tx: Tx, username: str, password: str, *, company_id: int, is_admin: bool) -> int:
    """Add a user of a company; return the id."""
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
    return user_id
