"""Messages as their company reads them."""

from datetime import datetime
from typing import Any, NamedTuple

from smsflow.domain.message import Status
from smsflow.store.postgres.transactions import Tx, text


class Shown(NamedTuple):
    """A message as its company may see it; a named tuple, because a list has a thousand of them."""

    id: int
    created_at: datetime
    number: str
    segments: int
    campaign: str | None
    status: Status
    sender: str
    planned_at: datetime | None


_SHOWN = """
SELECT m.id, m.created_at, m.number, m.segments, c.name, m.status, m.sender, m.planned_at
FROM message m LEFT JOIN campaign c ON c.id = m.campaign_id
"""


_ONE = text(_SHOWN + "WHERE m.id = :id AND m.company_id = :company_id")


_LATEST = text(_SHOWN + "WHERE m.company_id = :company_id ORDER BY m.id DESC LIMIT :limit")


async def find(tx: Tx, company_id: int, message_id: int) -> Shown | None:
    """Return one message of the company, or None."""
    row = (await tx.execute(_ONE, {"id": message_id, "company_id": company_id})).one_or_none()
    return _shown(row) if row else None


async def latest(tx: Tx, company_id: int, *, limit: int) -> list[Shown]:
    """Return the company's last messages, newest first (walks message_company backwards)."""
    return [_shown(row) for row in await tx.execute(_LATEST, {"company_id": company_id, "limit": limit})]


_STATUSES = {int(status): status for status in Status}


def _shown(row: Any) -> Shown:
    message_id, created_at, number, segments, campaign, status, sender, planned_at = row
    return Shown(message_id, created_at, number, segments, campaign, _STATUSES[status], sender, planned_at)
