"""Sessions of the console: opened at sign-in, idle for twelve hours and thirty days old at most, ended one by one."""

import hashlib
from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from smsflow.store.accounts import sessions
from smsflow.store.accounts.sessions import ConsoleSession, Person
from smsflow.store.postgres.transactions import Tx

__all__ = [
    "ConsoleSession",
    "Person",
    "alive",
    "end",
    "ended",
    "is_known",
    "list_of",
    "name_of",
    "open_session",
    "resume",
]

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=30)
# A session that was used a moment ago is not noted again: a page has several requests.
_NOTED_EVERY = timedelta(minutes=1)


def _digest(cookie: str) -> bytes:
    return hashlib.sha256(cookie.encode()).digest()


async def open_session(
    tx: Tx, person: Person, *, address: str, agent: str, new_token: Callable[[], str], now: datetime
) -> str:
    """Open a session; return the text of its cookie, which begins with the company (0: the platform) and holds 256 random bits."""
    cookie = f"{person.company_id or 0}.{new_token()}"
    await sessions.add(
        tx,
        _digest(cookie),
        user_id=person.id,
        company_id=person.company_id,
        address=address,
        agent=agent,
        now=now,
        ends_at=now + LONGEST,
    )
    return cookie


async def resume(tx: Tx, cookie: str, *, now: datetime) -> Person | None:
    """Return whose session it is, and note that it was used; None for one that is unknown or has ended."""
    found = await sessions.find(tx, _digest(cookie))
    if found is None:
        return None
    person, seen_at, ends_at = found
    if now >= ends_at or now - seen_at >= IDLE:
        return None
    if now - seen_at >= _NOTED_EVERY:
        await sessions.seen(tx, _digest(cookie), now=now)
    return person


async def alive(tx: Tx, cookies: Collection[str], *, now: datetime) -> set[str]:
    """Return those of these sessions that have not ended; none is noted as used."""
    by_hash = {_digest(cookie): cookie for cookie in cookies}
    return {by_hash[h] for h in await sessions.alive(tx, list(by_hash), now=now, seen_since=now - IDLE)}


async def ended(tx: Tx, cookie: str) -> int | None:
    """Return the id of the person whose session this was, ended or not; None for one that never was."""
    found = await sessions.find(tx, _digest(cookie))
    return None if found is None else found[0].id


async def list_of(tx: Tx, person: Person, *, now: datetime) -> list[ConsoleSession]:
    """Return the sessions of a person, the one used last first."""
    return [s for s in await sessions.of_user(tx, person.id, now=now) if now - s.seen_at < IDLE]


async def is_known(tx: Tx, user_id: int, address: str) -> bool:
    """Tell whether a person has a session, idle or not, that was opened from this address."""
    return await sessions.is_known(tx, user_id, address)


async def end(tx: Tx, person: Person, cookie: str) -> None:
    """End one session."""
    await sessions.end(tx, _digest(cookie), user_id=person.id)


def name_of(cookie: str) -> str:
    """Return the name that a session is ended by; it opens nothing."""
    return _digest(cookie).hex()


async def end_by_name(tx: Tx, person: Person, name: str) -> None:
    """End the session of this person that has this name (its hash in hexadecimal)."""
    await sessions.end(tx, bytes.fromhex(name), user_id=person.id)
