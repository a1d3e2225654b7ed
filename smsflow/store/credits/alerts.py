"""Companies whose credits fall below their alert threshold."""

from dataclasses import dataclass
from datetime import datetime

from smsflow.store.postgres.transactions import Tx, text

# In the order of their ids, as every transaction that locks several companies.
_LOCK = text("""
SELECT FROM company WHERE CASE WHEN alerted_at IS NULL THEN balance - reserved < alert_below ELSE coalesce(balance - reserved >= alert_below, true) END
ORDER BY id FOR NO KEY UPDATE
""")
_RISEN = text("""
UPDATE company SET alerted_at = NULL WHERE alerted_at IS NOT NULL AND (alert_below IS NULL OR balance - reserved >= alert_below)
""")


@dataclass(frozen=True, slots=True)
class Fallen:
    """A company whose credits have fallen below its threshold."""

    id: int
    name: str
    language: str
    available: int
    alert_below: int


async def fallen(tx: Tx, *, now: datetime) -> list[Fallen]:
    """Return the companies that have fallen below their threshold since the last look (walks `company`, which is small)."""
    await tx.execute(_LOCK)
    await tx.execute(_RISEN)
    update = text("""
        UPDATE company SET alerted_at = :now WHERE alerted_at IS NULL AND balance - reserved < alert_below
        RETURNING id, name, language, balance - reserved, alert_below
    """)
    return [Fallen(*row) for row in await tx.execute(update, {"now": now})]
