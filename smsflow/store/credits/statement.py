"""A company's ledger as its accountant reads it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from smsflow.store.postgres.arrays import ints
from smsflow.store.postgres.moments import first_id_from
from smsflow.store.postgres.transactions import Tx, text

Reason = Literal["credit", "charge", "refund", "reserve", "release"]


@dataclass(frozen=True, slots=True)
class Line:
    """A movement with its cause; `reserved` is what it sets aside or frees, which leaves the balance as it is."""

    id: int
    at: datetime
    amount: int
    reserved: int
    reason: Reason
    messages: int
    note: str
    campaign_id: int | None
    campaign: str | None


# Beyond every id.
_NEWEST = 2**62


def _page(condition: str) -> str:
    return text(f"""
    SELECT l.id, l.created_at, l.amount, l.reserved, l.reason, l.messages, l.note, l.campaign_id, c.name
    FROM (
        SELECT * FROM ledger WHERE company_id = :company_id AND id < :before {condition} ORDER BY id DESC LIMIT :limit
    ) l LEFT JOIN campaign c ON c.id = l.campaign_id ORDER BY l.id DESC
    """)


# Walks ledger_company backwards; charges are the most of its lines.
_ALL = _page("AND (CAST(:reason AS text) IS NULL OR reason = :reason)")
# Walks ledger_cause backwards: these may be one in a million.
_OF_CAUSE = _page("AND reason = :reason AND reason <> 'charge'")


async def lines(tx: Tx, company_id: int, *, reason: Reason | None, before: int | None, limit: int) -> list[Line]:
    """Return a company's lines older than the line `before`, newest first."""
    parameters = {"company_id": company_id, "reason": reason, "before": before or _NEWEST, "limit": limit}
    query = _ALL if reason in {None, "charge"} else _OF_CAUSE
    return [Line(*row) for row in await tx.execute(query, parameters)]


# Walks ledger_rare. A campaign releases its reserve batch by batch: those lines are one here, for each month of a time zone.
_RARE = text("""
SELECT l.id, l.at, l.amount, l.reserved, l.reason, 0, l.note, l.campaign_id, c.name FROM (
    SELECT max(id) AS id, max(created_at) AS at, sum(amount)::bigint AS amount, sum(reserved)::bigint AS reserved, reason,
        max(note) AS note, campaign_id
    FROM ledger WHERE company_id = :company_id AND reason IN ('credit', 'reserve', 'release') AND created_at >= :since
    GROUP BY reason, campaign_id, CASE WHEN reason = 'credit' THEN id END, date_trunc('month', created_at AT TIME ZONE :timezone)
) l LEFT JOIN campaign c ON c.id = l.campaign_id ORDER BY l.at DESC, l.id DESC LIMIT :limit
""")


async def rare(tx: Tx, company_id: int, *, since: datetime, timezone: str, limit: int) -> list[Line]:
    """Return a company's purchases since a time, and what each campaign reserved and released by month, newest first."""
    parameters = {"company_id": company_id, "since": since, "timezone": timezone, "limit": limit}
    return [Line(*row) for row in await tx.execute(_RARE, parameters)]


# Ids grow with time, but for transactions that overlap.
_OVERLAP = timedelta(minutes=10)
_BETWEEN = text("""
SELECT l.id, l.created_at, l.amount, l.reserved, l.reason, l.messages, l.note, l.campaign_id, c.name
FROM ledger l LEFT JOIN campaign c ON c.id = l.campaign_id
WHERE l.company_id = :company_id AND l.id >= :low AND l.id < :high AND l.created_at >= :since AND l.created_at < :until
    AND (CAST(:before AS bigint) IS NULL OR l.id < :before)
ORDER BY l.id DESC LIMIT :limit
""")


async def between(
    tx: Tx, company_id: int, *, since: datetime, until: datetime, before: int | None, limit: int
) -> list[Line]:
    """Return a company's lines of a span of time older than the line `before`, newest first (walks ledger_company within it)."""
    low = await first_id_from(tx, "ledger", since - _OVERLAP)
    high = await first_id_from(tx, "ledger", until + _OVERLAP)
    parameters = {
        "company_id": company_id,
        "low": low,
        "high": high,
        "since": since,
        "until": until,
        "before": before,
        "limit": limit,
    }
    return [Line(*row) for row in await tx.execute(_BETWEEN, parameters)]


async def campaign_names(tx: Tx, company_id: int, ids: Iterable[int]) -> dict[int, str]:
    """Return what these campaigns of a company are called."""
    query = text("SELECT id, name FROM campaign WHERE company_id = :company_id AND id = ANY(CAST(:ids AS bigint[]))")
    return dict(await tx.execute(query, {"company_id": company_id, "ids": ints(ids)}))
