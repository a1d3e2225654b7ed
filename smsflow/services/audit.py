"""The record of what people did: who, from where, what, before and after; never a secret."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from smsflow.store.accounts import audit
from smsflow.store.accounts.audit import AuditLine
from smsflow.store.postgres.transactions import Tx

_SECRETS = frozenset({"password", "token", "secret", "code", "totp", "text"})


@dataclass(frozen=True, slots=True)
class Actor:
    """The person who acts, and from which address; `company_id` is None for the platform's own people."""

    name: str
    address: str
    company_id: int | None


async def record(
    tx: Tx,
    actor: Actor,
    act: str,
    subject: str,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    company_id: int | None = None,
    now: datetime,
) -> None:
    """Append an act to the record of the actor's company, or of `company_id` where one of the platform's people acts on it.

    Raises ValueError for a value that must not be recorded: that is a mistake of the caller.
    """
    for values in (before, after):
        if values and _SECRETS & set(values):
            raise ValueError(f"the audit log must not hold {', '.join(sorted(_SECRETS & set(values)))}")
    await audit.append(
        tx,
        company_id if actor.company_id is None else actor.company_id,
        author=actor.name,
        address=actor.address,
        act=act,
        subject=subject,
        before=before,
        after=after,
        now=now,
    )


async def show(
    tx: Tx,
    company_id: int | None,
    *,
    before: int | None = None,
    author: str | None = None,
    act: str | None = None,
    limit: int = 50,
) -> list[AuditLine]:
    """Return the last acts in a company (None: on the platform), of one author or of one kind, newest first."""
    return await audit.latest(tx, company_id, before=before, author=author, act=act, limit=limit)
