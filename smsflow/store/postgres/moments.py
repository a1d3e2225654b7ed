"""Ids by time, in tables whose ids grow with created_at and that have no index by it."""

from datetime import datetime

from smsflow.store.postgres.transactions import Tx, text


async def first_id_from(tx: Tx, table: str, moment: datetime) -> int:
    """Return the id from which on rows of `table` are of `moment` or later, by halves (some forty looks at the primary key)."""
    low, high = 0, int((await tx.execute(text(f"SELECT last_value + 1 FROM {table}_id_seq"))).scalar_one())
    query = text(f"SELECT id, created_at FROM {table} WHERE id >= :id ORDER BY id LIMIT 1")
    while low < high:
        middle = (low + high) // 2
        found, created_at = (await tx.execute(query, {"id": middle})).one_or_none() or (None, moment)
        if found is None or created_at >= moment:
            high = middle
        else:
            low = found + 1
    return low
