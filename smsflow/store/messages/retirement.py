"""Old messages: the reasons to keep their partition, and the charges that outlive it."""

from collections.abc import Mapping
from datetime import datetime

from smsflow.store.postgres.arrays import ints
from smsflow.store.postgres.bounds import bounded
from smsflow.store.postgres.partitions import Partition
from smsflow.store.postgres.transactions import Tx, text

_NEWEST = bounded("""
SELECT created_at FROM message WHERE id >= :low AND id < :high AND WITHIN(id) ORDER BY id DESC LIMIT 1
""")
_OPEN = text("""
SELECT 1 WHERE EXISTS (SELECT FROM queue WHERE message_id >= :low AND message_id < :high)
    OR EXISTS (SELECT FROM unknown_outcome WHERE message_id >= :low AND message_id < :high)
""")
_CHARGED = bounded("""
SELECT company_id, sum(charged), max(planned_at) FROM message WHERE id >= :low AND id < :high AND WITHIN(id) GROUP BY company_id
""")
_KEEP = text("""
INSERT INTO retired_charge AS r (company_id, amount)
SELECT * FROM unnest(CAST(:companies AS bigint[]), CAST(:amounts AS bigint[]))
ON CONFLICT (company_id) DO UPDATE SET amount = r.amount + excluded.amount
""")


async def newest(tx: Tx, partition: Partition) -> datetime | None:
    """Return when the newest message among the ids of a partition was accepted, or None when there is none."""
    named = {"low": partition.low, "high": partition.high}
    return (await tx.execute(_NEWEST((partition.low, partition.high - 1)), named)).scalar_one_or_none()


async def is_open(tx: Tx, partition: Partition) -> bool:
    """Tell whether a message among the ids of a partition has still to leave, or has an unknown outcome."""
    return (await tx.execute(_OPEN, {"low": partition.low, "high": partition.high})).one_or_none() is not None


async def charged(tx: Tx, low: int, high: int) -> dict[int, tuple[int, datetime | None]]:
    """Return, by company, what the messages from `low` to below `high` are charged, and their latest planned date."""
    rows = await tx.execute(_CHARGED((low, high - 1)), {"low": low, "high": high})
    return {company_id: (int(amount), planned_at) for company_id, amount, planned_at in rows}


async def keep_charges(tx: Tx, charges: Mapping[int, int]) -> None:
    """Keep what dropped messages had been charged, so that the ledger can still be proved."""
    companies = sorted(charges)
    await tx.execute(_KEEP, {"companies": ints(companies), "amounts": ints(charges[c] for c in companies)})
