"""Invitations: a link, good once within seven days, by which somebody makes an account of their own in a company."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from smsflow.domain.access import Role
from smsflow.domain.account import Company
from smsflow.errors import AlreadyExists, NotFound
from smsflow.services.accounts import companies
from smsflow.services.mail.letters import letter
from smsflow.services.mail.outbox import Mail
from smsflow.store.accounts import links, people, users
from smsflow.store.accounts.links import AccessLink
from smsflow.store.postgres.transactions import Tx

LIFE = timedelta(days=7)

Invitation = AccessLink


@dataclass(frozen=True, slots=True)
class Handed:
    """A link that was made: it went to `mailed_to`, or else whoever made it hands over what its address ends in."""

    token: str
    mailed_to: str | None


def digest(token: str) -> bytes:
    """Return what is stored of a link."""
    return hashlib.sha256(token.encode()).digest()


async def invite(
    tx: Tx,
    company: Company,
    *,
    role: Role,
    email: str | None,
    author: str,
    mail: Mail | None,
    new_token: Callable[[], str],
    now: datetime,
) -> Handed:
    """Invite somebody, by mail where that is set up and there is an address."""
    token = new_token()
    link = AccessLink(digest(token), company.id, None, email, role, author, now, now + LIFE)
    await links.add(tx, link, purpose="invitation")
    if email is None or mail is None or not mail.carries_links:
        return Handed(token, None)
    address = mail.address(f"/invitations/{token}")
    written = letter("invitation", company.language, company=company.name, author=author, link=address)
    await mail.post(tx, written, to=email, company_id=company.id, now=now)
    return Handed(token, email)


async def pending(tx: Tx, company_id: int) -> list[Invitation]:
    """Return a company's invitations that nobody has used, the newest first."""
    return await links.invitations(tx, company_id)


async def withdraw(tx: Tx, company_id: int, name: str) -> Invitation:
    """Take back an invitation of that name (its hash in hexadecimal); return it. Raises NotFound."""
    try:
        found = await links.withdraw(tx, company_id, bytes.fromhex(name))
    except ValueError:
        found = None
    if found is None:
        raise NotFound(what="invitation", id=name[:12])
    return found


async def find(tx: Tx, token: str, *, now: datetime) -> tuple[Invitation, Company] | None:
    """Return the invitation of a link and its company, or None where it does not work (any more)."""
    found = await links.find(tx, digest(token), purpose="invitation", now=now)
    if found is None or found.company_id is None:
        return None
    return found, (await companies.account(tx, found.company_id)).company


async def accept(
    tx: Tx, token: str, *, username: str, full_name: str, password_hash: str, language: str | None, now: datetime
) -> Invitation:
    """Make the account that an invitation is for; return it. Raises NotFound, or AlreadyExists for a username that is taken."""
    used = await links.use(tx, digest(token), purpose="invitation", now=now)
    if used is None or used.company_id is None:
        raise NotFound(what="invitation", id="")
    is_admin = used.role is Role.ADMIN
    user_id = await users.add_user(
        tx, username, company_id=used.company_id, password_hash=password_hash, is_admin=is_admin
    )
    if user_id is None:
        raise AlreadyExists(what="user", name=username)
    await people.set_role(tx, user_id, used.role)
    await people.set_profile(tx, user_id, full_name=full_name, email=used.email, language=language)
    return used
