"""The log of a company's messages, page by page: for people, never on the hot path."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from smsflow.domain.message import Status
from smsflow.store.messages.rows import Shown, shown
from smsflow.store.postgres.transactions import Tx, text


@dataclass(frozen=True, slots=True)
class LogFilter:
    """The filter of a company's log of messages; None is any. `number` is the digits that a number ends with."""

    number: str | None = None
    status: Status | None = None
    campaign_id: int | None = None
    connector_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class LogPage:
    """Messages, newest first; `older` is the id before which one goes on looking, None when all was seen."""

    messages: tuple[Shown, ...]
    older: int | None


# Beyond every id.
NEWEST: Final = 2**62

# No index on the number: it would cost every insert. The bounds and the order are those of message_company, which is walked
# backwards, `within` rows at most: 20,000 take about 20 ms from memory.
_WALK = """
SELECT * FROM message m WHERE (m.company_id, m.id) >= (:company_id, 0) AND (m.company_id, m.id) < (:company_id, :before)
ORDER BY m.company_id DESC, m.id DESC
"""


async def page(tx: Tx, company_id: int, wanted: LogFilter, *, before: int | None, limit: int, within: int) -> LogPage:
    """Return up to `limit` messages older than the id `before` out of the next `within` ones."""
    conditions, parameters = _conditions(wanted)
    bounds = {"company_id": company_id, "before": NEWEST if before is None else before, "within": within}
    query = text(f"""
        SELECT m.id, m.created_at, m.number, m.segments, c.name, m.status, m.sender, m.planned_at
        FROM ({_WALK} LIMIT :within) m LEFT JOIN campaign c ON c.id = m.campaign_id {conditions}
        ORDER BY m.company_id DESC, m.id DESC LIMIT :limit
    """)
    found = tuple(shown(row) for row in await tx.execute(query, {**parameters, **bounds, "limit": limit + 1}))
    if len(found) > limit:
        return LogPage(found[:limit], found[limit - 1].id)
    last = text(f"SELECT m.id, m.created_at FROM ({_WALK} LIMIT 1 OFFSET :within - 1) m")
    row = (await tx.execute(last, bounds)).one_or_none()
    if row is None:
        return LogPage(found, None)
    last_id, created_at = row
    return LogPage(found, None if wanted.since is not None and created_at < wanted.since else last_id)


def _conditions(wanted: LogFilter) -> tuple[str, dict[str, Any]]:
    columns: Mapping[str, tuple[str, Any]] = {
        "number": ("m.number LIKE '%' || :number", wanted.number),
        "status": ("m.status = :status", None if wanted.status is None else int(wanted.status)),
        "campaign_id": ("m.campaign_id = :campaign_id", wanted.campaign_id),
        "connector_id": ("m.connector_id = :connector_id", wanted.connector_id),
        "since": ("m.created_at >= :since", wanted.since),
        "until": ("m.created_at < :until", wanted.until),
    }
    given = {name: condition for name, condition in columns.items() if condition[1] is not None}
    where = " AND ".join(condition for condition, _ in given.values())
    return f"WHERE {where}" if where else "", {name: value for name, (_, value) in given.items()}
