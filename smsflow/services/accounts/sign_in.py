"""Signing in to the console: a password, a second factor where there is one, and limits that lock nobody else out."""

import asyncio
import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from smsflow.domain.account import folded
from smsflow.errors import LoginFailed, TooManyRequests
from smsflow.services.accounts import second_factor, sessions
from smsflow.services.accounts.passwords import fits
from smsflow.store.accounts import attempts, people
from smsflow.store.accounts.people import SignIn
from smsflow.store.accounts.sessions import Person
from smsflow.store.postgres.transactions import Tx
from smsflow.vault import Vault, VaultLocked

_PERIOD = timedelta(minutes=15).total_seconds()
# Failures in one period: of one person from one address, of one person, and from one address.
_MOST_TOGETHER, _MOST_OF_USER, _MOST_OF_ADDRESS = 10, 50, 100
_CODE_WITHIN = timedelta(minutes=5)
# The counter, whose it is, and the most that it may count.
Limit = tuple[str, str, int]
# Two at a time, so that a flood takes neither the memory nor the processor that sending needs.
_HASHES_AT_ONCE = ThreadPoolExecutor(2, thread_name_prefix="sign-in")


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session: its cookie, and whose it is."""

    cookie: str
    person: Person


@dataclass(frozen=True, slots=True)
class CodeNeeded:
    """The password is right and a code is still needed; `pending` proves the first, for five minutes."""

    pending: str


class _Pending(msgspec.Struct):
    user_id: int
    until: float


@dataclass(frozen=True, slots=True)
class CountedTry:
    """A try that counts as a failure until it is admitted; an unknown name is nobody's."""

    found: SignIn | None
    limits: tuple[Limit, ...]


async def count_username(tx: Tx, username: str, *, address: str, now: datetime) -> CountedTry:
    """Count a try of a username; raise TooManyRequests."""
    name = username.replace("\x00", "").encode("utf-8", "replace").decode()[:200]
    found = await people.by_name(tx, name)
    known = await sessions.is_known(tx, found.person.id if found else 0, address)
    limits = _limits(str(found.person.id) if found else f"name:{folded(name)}", address, known=known)
    await _count(tx, limits, now)
    return CountedTry(found, limits)


async def is_right(tried: CountedTry, password: str) -> bool:
    """Tell whether the password is the person's; takes as long for an unknown name."""
    password_hash = tried.found.password_hash if tried.found else None
    return await asyncio.get_running_loop().run_in_executor(_HASHES_AT_ONCE, fits, password_hash, password)


async def admit(
    tx: Tx,
    tried: CountedTry,
    *,
    right: bool,
    address: str,
    agent: str,
    vault: Vault,
    new_token: Callable[[], str],
    now: datetime,
) -> SignedIn | CodeNeeded:
    """Return a session, or that a code is needed; raise LoginFailed, one for every reason."""
    found = tried.found
    if found is None or not right or found.disabled:
        raise LoginFailed
    if found.totp_sealed is None:
        return await _open(tx, tried, found, address=address, agent=agent, new_token=new_token, now=now)
    await _forgive(tx, tried.limits)
    pending = _Pending(found.person.id, (now + _CODE_WITHIN).timestamp())
    return CodeNeeded(vault.seal(msgspec.json.encode(pending).decode()))


async def count_code(tx: Tx, pending: str, *, address: str, vault: Vault, now: datetime) -> CountedTry:
    """Count a try of a code; raise LoginFailed where the password was not proved just now, or TooManyRequests."""
    try:
        proved = msgspec.json.decode(vault.open(pending), type=_Pending)
    except (VaultLocked, msgspec.MsgspecError):
        raise LoginFailed from None
    if now.timestamp() >= proved.until:
        raise LoginFailed
    known = await sessions.is_known(tx, proved.user_id, address)
    limits = _limits(f"user:{proved.user_id}", address, known=known)
    await _count(tx, limits, now)
    return CountedTry(await people.by_id(tx, proved.user_id), limits)


async def admit_code(
    tx: Tx,
    tried: CountedTry,
    code: str,
    *,
    address: str,
    agent: str,
    vault: Vault,
    new_token: Callable[[], str],
    now: datetime,
) -> SignedIn:
    """Return a session when the code fits; raise LoginFailed."""
    found = tried.found
    if found is None or found.disabled or not await second_factor.check(tx, found, code, vault=vault, now=now):
        raise LoginFailed
    return await _open(tx, tried, found, address=address, agent=agent, new_token=new_token, now=now)


async def _open(
    tx: Tx, tried: CountedTry, found: SignIn, *, address: str, agent: str, new_token: Callable[[], str], now: datetime
) -> SignedIn:
    await _forgive(tx, tried.limits)
    cookie = await sessions.open_session(tx, found.person, address=address, agent=agent, new_token=new_token, now=now)
    return SignedIn(cookie, found.person)


async def _count(tx: Tx, limits: Sequence[Limit], now: datetime) -> None:
    """Count a try before it is known whether it is right: of guesses that come at once, no more than the limit are looked at."""
    for door, key, most in limits:
        count, wait = await attempts.count_attempt(tx, door, key, period=_PERIOD, now=now)
        if count > most:
            raise TooManyRequests(retry_after=math.ceil(wait))


async def _forgive(tx: Tx, limits: Sequence[Limit]) -> None:
    """Take back the count of a try that was right: failures only count."""
    for door, key, _ in limits:
        await attempts.take_back(tx, door, key)


def _limits(who: str, address: str, *, known: bool) -> tuple[Limit, ...]:
    """Return the limits of a try; failures from elsewhere do not keep out somebody whose address is `known`."""
    of_user = () if known else (("console-user", who, _MOST_OF_USER),)
    return (
        ("console-pair", f"{who}@{address}", _MOST_TOGETHER),
        *of_user,
        ("console-address", address, _MOST_OF_ADDRESS),
    )
