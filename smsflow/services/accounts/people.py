"""People of the console: what they are called, their passwords, roles and ends."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from smsflow.domain.access import Role
from smsflow.errors import AlreadyExists, LoginFailed, NotFound, ParameterInvalid
from smsflow.services.accounts.passwords import fits, hash_password
from smsflow.store.accounts import people, sessions, users
from smsflow.store.accounts.people import SignIn
from smsflow.store.accounts.sessions import Person
from smsflow.store.postgres.transactions import Tx

SHORTEST_PASSWORD = 8
_LONGEST_PASSWORD = 200
_HASHES_AT_ONCE = ThreadPoolExecutor(2, thread_name_prefix="password")


async def of_company(tx: Tx, company_id: int) -> list[SignIn]:
    """Return the people of a company, those who are disabled last."""
    return await people.of_company(tx, company_id)


async def find(tx: Tx, company_id: int, person_id: int) -> SignIn:
    """Return one of a company's people; raise NotFound."""
    found = await people.by_id(tx, person_id)
    if found is None or found.person.company_id != company_id:
        raise NotFound(what="user", id=person_id)
    return found


async def named(tx: Tx, username: str) -> SignIn | None:
    """Return the person of a username, of a company or of the platform, or None."""
    return await people.by_name(tx, username)


async def add_operator(tx: Tx, username: str, password: str, *, role: Role) -> int:
    """Add one of the platform's own people; return the id. Raises AlreadyExists."""
    user_id = await people.add_operator(tx, username, password_hash=hash_password(password), role=role)
    if user_id is None:
        raise AlreadyExists(what="user", name=username)
    return user_id


async def set_role(tx: Tx, company_id: int, person_id: int, role: Role) -> Role:
    """Give one of a company's people another role, which ends their sessions; return the former one.

    Raises ParameterInvalid for the last administrator: nobody could give the role back.
    """
    found = await find(tx, company_id, person_id)
    if found.person.role is Role.ADMIN and role is not Role.ADMIN:
        await _keep_an_admin(tx, company_id, person_id)
    await people.set_role(tx, person_id, role)
    await sessions.end_all(tx, person_id)
    return found.person.role


async def disable(tx: Tx, company_id: int, person_id: int, *, disabled: bool) -> None:
    """Keep one of a company's people from signing in, or let them in again; their sessions and tokens end."""
    found = await find(tx, company_id, person_id)
    if disabled and found.person.role is Role.ADMIN:
        await _keep_an_admin(tx, company_id, person_id)
    await users.set_disabled(tx, person_id, disabled=disabled)
    await sessions.end_all(tx, person_id)


async def _keep_an_admin(tx: Tx, company_id: int, person_id: int) -> None:
    # Two administrators who demote each other at once must not both succeed.
    await people.lock_company(tx, company_id)
    others = await people.of_company(tx, company_id)
    if not any(o.person.role is Role.ADMIN and not o.disabled and o.person.id != person_id for o in others):
        raise ParameterInvalid(parameter="role", expected="another administrator in the company first")


async def set_profile(tx: Tx, person: Person, *, full_name: str, email: str | None, language: str | None) -> None:
    """Change what a person is called, where mail goes, and the language of pages."""
    await people.set_profile(tx, person.id, full_name=full_name, email=email, language=language)


async def hashed(password: str) -> str:
    """Return the hash of a new password, made beside the event loop; raise ParameterInvalid for one that is too short or long."""
    if not SHORTEST_PASSWORD <= len(password) <= _LONGEST_PASSWORD:
        raise ParameterInvalid(parameter="password", expected=f"at least {SHORTEST_PASSWORD} characters")
    return await asyncio.get_running_loop().run_in_executor(_HASHES_AT_ONCE, hash_password, password)


async def set_password(tx: Tx, person: Person, *, now_is: str, becomes: str) -> None:
    """Change a person's own password; every session and token ends. Raises LoginFailed or ParameterInvalid."""
    found = await people.by_id(tx, person.id)
    loop = asyncio.get_running_loop()
    if found is None or not await loop.run_in_executor(_HASHES_AT_ONCE, fits, found.password_hash, now_is):
        raise LoginFailed
    await users.set_password(tx, person.id, await hashed(becomes))
