"""Logging in, and running the accounts of customers."""

import asyncio
import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from smsflow.domain import phone
from smsflow.domain.account import User
from smsflow.errors import AlreadyExists, LoginFailed, NotFound, ParameterInvalid, TooManyRequests
from smsflow.store.accounts import companies as accounts
from smsflow.store.postgres.transactions import Database, Tx

# OWASP's second choice for argon2id: 19 MiB and two passes, about 25 ms. Two at a time, so that a flood of logins takes neither
# the memory nor the processor that sending needs.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_LOGINS_AT_ONCE = ThreadPoolExecutor(2, thread_name_prefix="login")


@dataclass(frozen=True, slots=True)
class LoginLimits:
    """How often one may try to log in, per period of seconds."""

    per_username: int
    per_address: int
    period: float


def digest(token: str) -> bytes:
    """Return the hash of a token: all that is stored of it."""
    return hashlib.sha256(token.encode()).digest()


def hash_password(password: str) -> str:
    """Return the argon2id hash of a password."""
    return _HASHER.hash(password)


@cache
def _nobodys_hash() -> str:
    """The hash that an unknown user's password is compared with, so that it takes the same time."""
    return _HASHER.hash("nobody")


def is_password(password_hash: str, password: str) -> bool:
    """Tell whether a password has this hash."""
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def _fits(password_hash: str | None, password: str) -> bool:
    """Tell whether a password has this hash; without a user it is compared all the same."""
    return is_password(_nobodys_hash() if password_hash is None else password_hash, password)


async def log_in(
    database: Database,
    username: str,
    password: str,
    *,
    address: str,
    now: datetime,
    life: timedelta,
    limits: LoginLimits,
    new_token: Callable[[], str],
) -> tuple[str, User]:
    """Return a new token and whose it is; raise LoginFailed (one for every reason, in the same time) or TooManyRequests."""
    username = username.replace("\x00", "")[:200]
    async with database.transaction() as tx:
        for door, who, most in (
            (
                "login-name",
                hashlib.sha256(username.lower().encode("utf-8", "replace")).hexdigest(),
                limits.per_username,
            ),
            ("login-address", address, limits.per_address),
        ):
            count, wait = await accounts.count_attempt(tx, door, who, period=limits.period, now=now)
            if count > most:
                raise TooManyRequests(retry_after=int(wait) + 1)
    async with database.autocommit() as tx:
        found = await accounts.login(tx, username.encode("utf-8", "replace").decode())
    loop = asyncio.get_running_loop()
    fits = await loop.run_in_executor(_LOGINS_AT_ONCE, _fits, found.password_hash if found else None, password)
    if found is None or not fits or found.disabled:
        raise LoginFailed
    token = new_token()
    async with database.transaction() as tx:
        await accounts.add_token(tx, digest(token), found.user, now=now, expires_at=now + life)
    return token, found.user


def is_timezone(name: str) -> bool:
    """Tell whether there is a time zone of that name."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


async def open_company(
    tx: Tx,
    name: str,
    *,
    country: str,
    timezone: str,
    credits: int,
    sender: str | None,
    now: datetime,
) -> int:
    """Add a company, with credits and a default sender if given; return its id."""
    if country not in phone.COUNTRIES:
        raise ParameterInvalid(parameter="country", expected="a country of two letters, such as CM")
    if not is_timezone(timezone):
        raise ParameterInvalid(parameter="timezone", expected="a time zone such as Africa/Douala")
    company_id = await accounts.add_company(tx, name, country=country, timezone=timezone)
    if credits:
        await accounts.credit(tx, company_id, credits, note="opening", now=now)
    if sender is not None:
        await add_sender(tx, company_id, sender, state="approved", is_default=True)
    return company_id


async def add_user(tx: Tx, username: str, password: str, *, company_id: int, is_admin: bool) -> int:
    """Add a user of a company; return the id."""
    if await accounts.company(tx, company_id) is None:
        raise NotFound(what="company", id=company_id)
    user_id = await accounts.add_user(
        tx,
        username,
        company_id=company_id,
        password_hash=hash_password(password),
        is_admin=is_admin,
    )
    if user_id is None:
        raise AlreadyExists(what="user", name=username)
    return user_id


async def add_credit(tx: Tx, company_id: int, amount: int, *, note: str, now: datetime) -> int:
    """Sell credits to a company (or take them back, when negative); return the new balance."""
    if amount < 0 and (await accounts.balance(tx, company_id) or 0) + amount < 0:
        raise ParameterInvalid(parameter="amount", expected="not more than the credits that are left")
    left = await accounts.credit(tx, company_id, amount, note=note, now=now)
    if left is None:
        raise NotFound(what="company", id=company_id)
    return left


async def add_sender(tx: Tx, company_id: int, name: str, *, state: str, is_default: bool) -> int:
    """Give a company a sender; return its id."""
    if not phone.is_sender(name):
        expected = "1 to 11 letters, digits or spaces, or a number of at most 15 digits"
        raise ParameterInvalid(parameter="sender", expected=expected)
    if await accounts.company(tx, company_id) is None:
        raise NotFound(what="company", id=company_id)
    return await accounts.add_sender(tx, company_id, name, state=state, is_default=is_default)


async def suspend(tx: Tx, company_id: int, *, suspended: bool) -> None:
    """Suspend a company, or let it send again."""
    if not await accounts.set_suspended(tx, company_id, suspended=suspended):
        raise NotFound(what="company", id=company_id)
