"""Noting when contacts were last written to: behind the turns of a campaign, so that no SMS waits for it."""

from datetime import datetime

from smsflow.store.campaigns import noted
from smsflow.store.contacts import contacts
from smsflow.store.postgres.transactions import Tx

# Some 30 ms.
BATCH = 2000


async def note(tx: Tx, *, now: datetime, batch: int = BATCH) -> bool:
    """Note for the next contacts of one campaign that it has written to them; tell whether there was a campaign that was behind."""
    behind = await noted.take(tx)
    if behind is None:
        return False
    passed = await noted.following(tx, behind, limit=batch)
    if not passed:
        await noted.end(tx, behind)
        return True
    await contacts.note_written(tx, behind.company_id, [one.number for one in passed if one.written], now=now)
    await noted.move(tx, behind, passed[-1].place)
    return True
