"""Messages as their company reads them."""

from datetime import datetime
from typing import Any, NamedTuple

from smsflow.domain.message import Status
from smsflow.store.postgres.bounds import bounded
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


_ONE = bounded(_SHOWN + "WHERE m.id = :id AND WITHIN(m.id) AND m.company_id = :company_id")


# Ordered by the company too, of which the planner must not know that there is one: else it may walk the messages of all companies by id.
_LATEST = bounded(f"""
{_SHOWN} WHERE m.company_id BETWEEN :company_id AND :company_id AND WITHIN(m.id) ORDER BY m.company_id DESC, m.id DESC LIMIT :limit
""")
# The same walk, past the messages of other campaigns: an index would cost each message that is accepted.
_OF_CAMPAIGN = bounded(f"""
{_SHOWN} WHERE m.company_id BETWEEN :company_id AND :company_id AND m.campaign_id = :campaign_id AND WITHIN(m.id)
ORDER BY m.company_id DESC, m.id DESC LIMIT :limit
""")
# As many ids as a partition holds: the first look finds what nearly every company asks for.
_FIRST_LOOK = 100_000_000


async def find(tx: Tx, company_id: int, message_id: int) -> Shown | None:
    """Return one message of the company, or None."""
    row = (await tx.execute(_ONE((message_id,)), {"id": message_id, "company_id": company_id})).one_or_none()
    return shown(row) if row else None


async def latest(tx: Tx, company_id: int, *, campaign_id: int | None = None, limit: int) -> list[Shown]:
    """Return the company's last messages, or those of a campaign, newest first (walks message_company backwards).

    Each further look goes back twice as far: few looks reach the oldest, and no list opens every partition at once.
    """
    last = (await tx.execute(text("SELECT last_value FROM message_id_seq"))).scalar_one()
    found: list[Shown] = []
    high, width = (last // _FIRST_LOOK + 1) * _FIRST_LOOK - 1, _FIRST_LOOK
    while high > 0 and len(found) < limit:
        low = max(0, high - width + 1)
        parameters = {"company_id": company_id, "limit": limit - len(found)}
        if campaign_id is None:
            rows = await tx.execute(_LATEST((low, high)), parameters)
        else:
            rows = await tx.execute(_OF_CAMPAIGN((low, high)), {**parameters, "campaign_id": campaign_id})
        found += [shown(row) for row in rows]
        high, width = low - 1, width * 2
    return found


_STATUSES = {int(status): status for status in Status}


def shown(row: Any) -> Shown:
    """Return a message from the columns of `_SHOWN`."""
    message_id, created_at, number, segments, campaign, status, sender, planned_at = row
    return Shown(message_id, created_at, number, segments, campaign, _STATUSES[status], sender, planned_at)
