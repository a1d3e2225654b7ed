"""A company's ledger as its accountant reads it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

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


# Walks ledger_company backwards; a filter reads past the lines of other reasons, `within` at most.
_PAGE = text("""
SELECT l.id, l.created_at, l.amount, l.reserved, l.reason, l.messages, l.note, l.campaign_id, c.name
FROM (
    SELECT * FROM ledger WHERE company_id = :company_id AND (CAST(:before AS bigint) IS NULL OR id < :before)
    ORDER BY id DESC LIMIT :within
) l LEFT JOIN campaign c ON c.id = l.campaign_id
WHERE CAST(:reason AS text) IS NULL OR l.reason = :reason ORDER BY l.id DESC LIMIT :limit
""")


async def lines(
    tx: Tx, company_id: int, *, reason: Reason | None, before: int | None, limit: int, within: int
) -> list[Line]:
    """Return a company's lines older than the line `before`, newest first."""
    parameters = {"company_id": company_id, "reason": reason, "before": before, "limit": limit, "within": within}
    return [Line(*row) for row in await tx.execute(_PAGE, parameters)]
