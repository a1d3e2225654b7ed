"""Prepared campaigns that nobody launches: since when they are only kept (`drafts` takes the mark away with every change)."""

from datetime import datetime

from smsflow.store.postgres.transactions import Tx, text

_PREPARED = """
    SELECT c.id FROM campaign c JOIN campaign_run r ON r.company_id = c.company_id AND r.campaign_id = c.id
    WHERE c.drafted AND c.state IN ('draft', 'prepared', 'approval') AND c.preparing IS NULL AND r.last_place > 0
"""
# `campaign` is small. Nobody waits for the mark: another night will do.
_NOTE = text(f"""
UPDATE campaign SET unused_since = :now WHERE id IN ({_PREPARED} AND c.unused_since IS NULL ORDER BY c.id FOR NO KEY UPDATE OF c SKIP LOCKED)
""")
_SINCE = text(f"SELECT company_id, id FROM campaign WHERE id IN ({_PREPARED} AND c.unused_since < :before) ORDER BY id")


async def note(tx: Tx, *, now: datetime) -> None:
    """Note of the prepared campaigns that have no mark that they are unused from now on."""
    await tx.execute(_NOTE, {"now": now})


async def since(tx: Tx, *, before: datetime) -> list[tuple[int, int]]:
    """Return the company and the id of each prepared campaign that is unused since before then."""
    return [(company_id, id_) for company_id, id_ in await tx.execute(_SINCE, {"before": before})]
