"""A new password by a link, good once within a day: mailed to who asks for it, or handed over by an administrator."""

import hashlib
import math
from collections.abc import Callable
from datetime import datetime, timedelta

from smsflow.domain.access import Role
from smsflow.domain.account import folded
from smsflow.errors import NotFound
from smsflow.services.accounts.invitations import Handed, digest
from smsflow.services.mail.letters import letter
from smsflow.services.mail.outbox import Mail
from smsflow.store.accounts import attempts, links, people, users
from smsflow.store.accounts.links import AccessLink
from smsflow.store.accounts.people import SignIn
from smsflow.store.postgres.transactions import Tx

LIFE = timedelta(hours=24)
_PERIOD = timedelta(hours=1).total_seconds()
# Asked for in one hour: for one name from one address, for one name, and from one address.
_MOST_TOGETHER, _MOST_OF_NAME, _MOST_OF_ADDRESS = 3, 10, 20


async def ask(
    tx: Tx, username: str, *, language: str, address: str, mail: Mail, new_token: Callable[[], str], now: datetime
) -> int | None:
    """Mail a link to the person of that username; return the seconds to wait where that was asked for too often, else None.

    The same is written for a name that nobody has, or nobody with an address: neither the answer nor its time tells.
    """
    name = username.replace("\x00", "").encode("utf-8", "replace").decode()[:200]
    who = hashlib.sha256(folded(name).encode()).hexdigest()
    limits = (
        ("reset-pair", f"{who}@{address}", _MOST_TOGETHER),
        ("reset-name", who, _MOST_OF_NAME),
        ("reset-address", address, _MOST_OF_ADDRESS),
    )
    for door, key, most in limits:
        count, wait = await attempts.count_attempt(tx, door, key, period=_PERIOD, now=now)
        if count > most:
            return math.ceil(wait)
    found = await people.by_name(tx, name)
    person = None if found is None or found.disabled or not found.person.email else found.person
    token = new_token()
    await links.add(
        tx,
        AccessLink(
            digest(token),
            person.company_id if person else None,
            person.id if person else None,
            None,
            Role.READER,
            "",
            now,
            now + LIFE,
        ),
        purpose="reset",
    )
    chosen = (person.language if person else None) or language
    written = letter("reset", chosen, username=name, link=mail.address(f"/reset/{token}"))
    to = (person.email if person else None) or ""
    await mail.post(tx, written, to=to, company_id=person.company_id if person else None, now=now)
    return None


async def make(
    tx: Tx,
    found: SignIn,
    *,
    author: str,
    language: str,
    mail: Mail | None,
    new_token: Callable[[], str],
    now: datetime,
) -> Handed:
    """Make the link to a new password for a person, by mail where that is set up and there is an address."""
    person, token = found.person, new_token()
    link = AccessLink(digest(token), person.company_id, person.id, None, person.role, author, now, now + LIFE)
    await links.add(tx, link, purpose="reset")
    if not person.email or mail is None or not mail.carries_links:
        return Handed(token, None)
    address = mail.address(f"/reset/{token}")
    written = letter("reset", person.language or language, username=person.username, link=address)
    await mail.post(tx, written, to=person.email, company_id=person.company_id, now=now)
    return Handed(token, person.email)


async def find(tx: Tx, token: str, *, now: datetime) -> SignIn | None:
    """Return whose new password a link is for, or None where it does not work (any more)."""
    found = await links.find(tx, digest(token), purpose="reset", now=now)
    return None if found is None else await _person(tx, found)


async def reset(tx: Tx, token: str, *, password_hash: str, mail: Mail, language: str, now: datetime) -> SignIn:
    """Change the password that a link is for; every session, token and other link of the person ends. Raises NotFound."""
    used = await links.use(tx, digest(token), purpose="reset", now=now)
    found = None if used is None else await _person(tx, used)
    if found is None:
        raise NotFound(what="link", id="")
    person = found.person
    await users.set_password(tx, person.id, password_hash)
    if person.email:
        written = letter("password_changed", person.language or language, username=person.username)
        await mail.post(tx, written, to=person.email, company_id=person.company_id, now=now)
    return found


async def _person(tx: Tx, link: AccessLink) -> SignIn | None:
    found = None if link.user_id is None else await people.by_id(tx, link.user_id)
    return None if found is None or found.disabled else found
