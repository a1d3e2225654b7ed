"""Invitations and links to new passwords, as an administrator makes them: mailed, or shown once to be handed over."""

from dataclasses import dataclass

import falcon

from smsflow.domain.access import Role
from smsflow.errors import NotFound
from smsflow.runtime import mail, new_token
from smsflow.services import audit
from smsflow.services.accounts import invitations, kept_forms, people, resets
from smsflow.services.accounts.invitations import Handed
from smsflow.store.postgres.transactions import Tx
from smsflow.web.console.shell.forms import Filled
from smsflow.web.console.shell.shell import Shell
from smsflow.web.console.shell.visitor import Visitor

_LONGEST_EMAIL = 200


@dataclass(frozen=True, slots=True)
class Made:
    """A link that was made: the path it has, whom it was mailed to (None: it is shown this once), and what it is for."""

    path: str
    mailed_to: str | None
    is_invitation: bool


async def invite(shell: Shell, visitor: Visitor, filled: Filled, role: Role | None) -> Made | None:
    """Invite somebody; None when something is wrong."""
    _, email = visitor.locale.gettext, filled["email"]
    if email and (not _is_address(email) or len(email) > _LONGEST_EMAIL):
        filled.wrong("email", _("Write an address such as awa@example.com, or nothing."))
    if role is None:
        filled.wrong("role", _("Choose a role."))
    if not filled.ok or role is None:
        return None
    async with shell.platform.database.transaction() as tx:
        await _once(tx, shell, visitor, filled)
        return await _invite(tx, shell, visitor, role, email or None)


async def renew(shell: Shell, visitor: Visitor, filled: Filled) -> Made:
    """Make an invitation's link anew, valid for seven days from now; the former one ends."""
    try:
        async with shell.platform.database.transaction() as tx:
            await _once(tx, shell, visitor, filled)
            former = await invitations.withdraw(tx, visitor.company_id, filled["invitation"])
            return await _invite(tx, shell, visitor, former.role, former.email)
    except NotFound:
        raise falcon.HTTPNotFound from None


async def withdraw(shell: Shell, visitor: Visitor, filled: Filled) -> None:
    """Take an invitation back."""
    try:
        async with shell.act(visitor, filled, "/app/team?done=1") as act:
            former = await invitations.withdraw(act.tx, visitor.company_id, filled["invitation"])
            before = {"role": former.role, "email": former.email}
            await audit.record(
                act.tx, visitor.actor, "invitation withdrawn", former.email or "", before=before, now=shell.clock()
            )
    except NotFound:
        raise falcon.HTTPNotFound from None


async def make_reset(shell: Shell, visitor: Visitor, filled: Filled, person_id: int) -> Made:
    """Make the link to a new password for one of the company's people."""
    now = shell.clock()
    try:
        async with shell.platform.database.transaction() as tx:
            await _once(tx, shell, visitor, filled)
            found = await people.find(tx, visitor.company_id, person_id)
            if found.disabled:
                raise falcon.HTTPNotFound
            handed = await resets.make(
                tx,
                found,
                author=visitor.person.username,
                language=visitor.locale.language,
                mail=mail(shell.platform),
                new_token=new_token,
                now=now,
            )
            after = {"mailed": handed.mailed_to is not None}
            await audit.record(
                tx, visitor.actor, "link to a new password made", found.person.username, after=after, now=now
            )
    except NotFound:
        raise falcon.HTTPNotFound from None
    return _made(handed, "/reset/", is_invitation=False)


async def _invite(tx: Tx, shell: Shell, visitor: Visitor, role: Role, email: str | None) -> Made:
    now, company = shell.clock(), visitor.company
    if company is None:
        raise falcon.HTTPNotFound
    handed = await invitations.invite(
        tx,
        company,
        role=role,
        email=email,
        author=visitor.person.name,
        mail=mail(shell.platform),
        new_token=new_token,
        now=now,
    )
    after = {"role": role, "mailed": handed.mailed_to is not None}
    await audit.record(tx, visitor.actor, "person invited", email or "", after=after, now=now)
    return _made(handed, "/invitations/", is_invitation=True)


def _made(handed: Handed, path: str, *, is_invitation: bool) -> Made:
    return Made(path + handed.token, handed.mailed_to, is_invitation)


async def _once(tx: Tx, shell: Shell, visitor: Visitor, filled: Filled) -> None:
    """Take the form's key: a second post makes no second link, and the first one is not shown again."""
    if not await kept_forms.take_key(tx, visitor.person.id, filled.key, now=shell.clock()):
        raise falcon.HTTPSeeOther("/app/team")


def _is_address(email: str) -> bool:
    name, at, host = email.partition("@")
    return bool(name and at and "." in host) and "@" not in host and email.isprintable() and " " not in email
