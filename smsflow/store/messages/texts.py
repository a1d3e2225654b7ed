"""Texts that their company does not keep: the rows of their messages stay, for the log and the ledger."""

from collections.abc import Sequence
from datetime import datetime

from smsflow.store.postgres.arrays import ints
from smsflow.store.postgres.bounds import bounded
from smsflow.store.postgres.transactions import Tx, text

# Walks message_company from the mark.
_NEXT = text("""
SELECT id FROM (
    SELECT id, created_at FROM message WHERE company_id = :company_id
        AND id > coalesce((SELECT message_id FROM text_mark WHERE company_id = :company_id), 0) ORDER BY id LIMIT :limit
) AS m WHERE created_at < :before ORDER BY id
""")
_OPEN = text("""
SELECT message_id FROM queue WHERE message_id = ANY(CAST(:ids AS bigint[]))
UNION SELECT message_id FROM unknown_outcome WHERE message_id = ANY(CAST(:ids AS bigint[]))
""")
_EMPTY = bounded("""
UPDATE message SET text = '', sealed = false
WHERE id = ANY(CAST(:ids AS bigint[])) AND WITHIN(id) AND company_id = :company_id AND text <> ''
""")
_MARK = text("""
INSERT INTO text_mark (company_id, message_id) VALUES (:company_id, :id)
ON CONFLICT (company_id) DO UPDATE SET message_id = excluded.message_id
""")
_LEAVE = text("""
INSERT INTO text_left (company_id, message_id) SELECT :company_id, unnest(CAST(:ids AS bigint[])) ON CONFLICT DO NOTHING
""")
_LEFT = text("""
SELECT message_id FROM text_left WHERE company_id = :company_id AND message_id > :after ORDER BY message_id LIMIT :limit
""")
_DONE = text("DELETE FROM text_left WHERE company_id = :company_id AND message_id = ANY(CAST(:ids AS bigint[]))")


async def following(tx: Tx, company_id: int, *, before: datetime, limit: int) -> list[int]:
    """Return the company's next messages whose texts are still there, as far as they were accepted before then."""
    parameters = {"company_id": company_id, "before": before, "limit": limit}
    return [message_id for (message_id,) in await tx.execute(_NEXT, parameters)]


async def left(tx: Tx, company_id: int, *, after: int, limit: int) -> list[int]:
    """Return the next messages that had still to leave when their turn came."""
    return [
        message_id
        for (message_id,) in await tx.execute(_LEFT, {"company_id": company_id, "after": after, "limit": limit})
    ]


async def empty(tx: Tx, company_id: int, ids: Sequence[int]) -> list[int]:
    """Delete the texts of messages, but of those that have to leave yet, or may leave again; return these."""
    still = {message_id for (message_id,) in await tx.execute(_OPEN, {"ids": ints(ids)})}
    gone = [message_id for message_id in ids if message_id not in still]
    if gone:
        await tx.execute(_EMPTY(gone), {"ids": ints(gone), "company_id": company_id})
    return sorted(still)


async def leave(tx: Tx, company_id: int, ids: Sequence[int], *, mark: int) -> None:
    """Note that all texts up to a message are gone, but for these."""
    await tx.execute(_LEAVE, {"company_id": company_id, "ids": ints(ids)})
    await tx.execute(_MARK, {"company_id": company_id, "id": mark})


async def done(tx: Tx, company_id: int, ids: Sequence[int]) -> None:
    """Forget that messages had still to leave."""
    await tx.execute(_DONE, {"company_id": company_id, "ids": ints(ids)})
