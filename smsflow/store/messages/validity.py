"""Messages in the queue whose validity has ended, found page by page."""

from dataclasses import dataclass
from datetime import datetime

from smsflow.store.postgres.arrays import ints
from smsflow.store.postgres.bounds import bounded
from smsflow.store.postgres.transactions import Tx, text

# Walks queue_pkey from a place on; an index by validity would cost every message something, and the order of ids is nearly that of validity.
_PAGE = text("SELECT message_id FROM queue WHERE message_id > :after ORDER BY message_id LIMIT :limit")
_ENDED = bounded("""
SELECT id FROM message WHERE id = ANY(CAST(:ids AS bigint[])) AND WITHIN(id) AND valid_until <= :now
""")
_WAITING = text("""
SELECT message_id FROM queue WHERE message_id = ANY(CAST(:ids AS bigint[])) AND claimed_by IS NULL ORDER BY message_id FOR UPDATE SKIP LOCKED
""")


@dataclass(frozen=True, slots=True)
class EndedPage:
    """The locked messages of a page whose validity has ended, and the place after which the next one begins (0: from the front)."""

    ended: list[int]
    after: int


async def ended(tx: Tx, *, after: int, limit: int, now: datetime) -> EndedPage:
    """Lock and return those of the next `limit` messages in the queue that nobody has claimed and whose validity has ended."""
    ids = [message_id for (message_id,) in await tx.execute(_PAGE, {"after": after, "limit": limit})]
    following = ids[-1] if len(ids) == limit else 0
    found = (
        [message_id for (message_id,) in await tx.execute(_ENDED(ids), {"ids": ints(ids), "now": now})] if ids else []
    )
    locked = [message_id for (message_id,) in await tx.execute(_WAITING, {"ids": ints(found)})] if found else []
    return EndedPage(locked, following)
