"""Logging in: a username and a password against a token."""

import asyncio
import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from smsflow.domain.account import User, folded
from smsflow.errors import LoginFailed, Refused, TooManyRequests
from smsflow.services.accounts.passwords import fits
from smsflow.services.accounts.tokens import digest
from smsflow.store.accounts import attempts, tokens, users
from smsflow.store.accounts.users import Credentials
from smsflow.store.postgres.transactions import Tx

# Two at a time, so that a flood of logins takes neither the memory nor the processor that sending needs.
_LOGINS_AT_ONCE = ThreadPoolExecutor(2, thread_name_prefix="login")

_LONGEST_USERNAME = 200


@dataclass(frozen=True, slots=True)
class LoginLimits:
    """How many logins may fail, per period of seconds."""

    per_username: int
    per_address: int
    period: float


@dataclass(frozen=True, slots=True)
class Attempt:
    """A username and an address that try to log in: whose credentials are asked for, and what failures count against."""

    credentials: Credentials | None
    counters: tuple[tuple[str, str, int], ...]


async def look_up(tx: Tx, username: str, *, address: str, limits: LoginLimits, now: datetime) -> Attempt:
    """Return the attempt of a username; raise TooManyRequests after too many failures."""
    username = username.replace("\x00", "").encode("utf-8", "replace").decode()[:_LONGEST_USERNAME]
    found = await users.login(tx, username)
    # An unknown name is counted like a user, so that the limit does not reveal which users exist.
    who = f"user:{found.user.id}" if found else hashlib.sha256(folded(username).encode()).hexdigest()
    attempt = Attempt(found, (("login-name", who, limits.per_username), ("login-address", address, limits.per_address)))
    wait = await _wait(tx, attempt, limits, now)
    if wait is not None:
        raise TooManyRequests(retry_after=wait)
    return attempt


async def is_right(attempt: Attempt, password: str) -> bool:
    """Tell whether the password is the user's; takes as long for an unknown user."""
    password_hash = attempt.credentials.password_hash if attempt.credentials else None
    return await asyncio.get_running_loop().run_in_executor(_LOGINS_AT_ONCE, fits, password_hash, password)


async def admit(
    tx: Tx, attempt: Attempt, *, right: bool, token: str, life: timedelta, limits: LoginLimits, now: datetime
) -> User | Refused:
    """Return the user, who has `token` from now on, or why not: LoginFailed, one for every reason, or TooManyRequests.

    A failure counts, so the transaction must be committed either way.
    """
    credentials = attempt.credentials
    if credentials is None or not right or credentials.disabled:
        for door, who, _ in attempt.counters:
            await attempts.count_attempt(tx, door, who, period=limits.period, now=now)
        wait = await _wait(tx, attempt, limits, now, more=1)
        return LoginFailed() if wait is None else TooManyRequests(retry_after=wait)
    # Again: of guesses that come at the same moment, no right one is answered after too many wrong ones.
    wait = await _wait(tx, attempt, limits, now)
    if wait is not None:
        return TooManyRequests(retry_after=wait)
    await tokens.add_token(tx, digest(token), credentials.user, now=now, expires_at=now + life)
    return credentials.user


async def _wait(tx: Tx, attempt: Attempt, limits: LoginLimits, now: datetime, *, more: int = 0) -> int | None:
    """Return the seconds to wait when a counter has reached its limit and `more`, else None."""
    for door, who, most in attempt.counters:
        count, left = await attempts.standing(tx, door, who, period=limits.period, now=now)
        if count >= most + more:
            return int(left) + 1
    return None
