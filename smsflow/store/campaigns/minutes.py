"""How many SMS of a campaign were accepted in each minute (see `recipients.move`)."""

from datetime import datetime
from typing import NamedTuple

from smsflow.store.postgres.transactions import Tx, text


class AcceptedAt(NamedTuple):
    """How many SMS were accepted in the minute, or the hour, that begins at a time."""

    at: datetime
    accepted: int


async def last(tx: Tx, company_id: int, campaign_id: int, *, limit: int) -> list[AcceptedAt]:
    """Return the last minutes in which SMS were accepted, the oldest first, each with how many."""
    query = text("""
        SELECT minute, accepted FROM campaign_minute WHERE company_id = :company_id AND campaign_id = :campaign_id
        ORDER BY minute DESC LIMIT :limit
    """)
    rows = await tx.execute(query, {"company_id": company_id, "campaign_id": campaign_id, "limit": limit})
    return [AcceptedAt(*row) for row in reversed(list(rows))]
