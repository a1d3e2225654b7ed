"""Logging in: a username and a password against a token."""

import asyncio
import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from smsflow.domain.account import User
from smsflow.errors import LoginFailed, TooManyRequests
from smsflow.services.accounts.passwords import fits
from smsflow.services.accounts.tokens import digest
from smsflow.store.accounts import attempts, tokens, users
from smsflow.store.postgres.transactions import Database

# Two at a time, so that a flood of logins takes neither the memory nor the processor that sending needs.
_LOGINS_AT_ONCE = ThreadPoolExecutor(2, thread_name_prefix="login")


@dataclass(frozen=True, slots=True)
class LoginLimits:
    """How often one may try to log in, per period of seconds."""

    per_username: int
    per_address: int
    period: float


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
            count, wait = await attempts.count_attempt(tx, door, who, period=limits.period, now=now)
            if count > most:
                raise TooManyRequests(retry_after=int(wait) + 1)
    async with database.autocommit() as tx:
        found = await users.login(tx, username.encode("utf-8", "replace").decode())
    loop = asyncio.get_running_loop()
    right = await loop.run_in_executor(_LOGINS_AT_ONCE, fits, found.password_hash if found else None, password)
    if found is None or not right or found.disabled:
        raise LoginFailed
    token = new_token()
    async with database.transaction() as tx:
        await tokens.add_token(tx, digest(token), found.user, now=now, expires_at=now + life)
    return token, found.user
