"""Partitions of messages and parts by id range: found in the catalogue, made apart and attached ahead of time, dropped in a moment."""

from dataclasses import dataclass

from psycopg.errors import LockNotAvailable

from smsflow.store.postgres.transactions import Tx, text

# Ids per partition. Few partitions keep planning cheap; those of earlier releases hold 10,000,000, and new ones begin where they end.
WIDTH = 100_000_000
_LOCK = 7304
_TABLES = {"message": "fillfactor = 60", "part": "fillfactor = 100"}
# Making a partition waits for an ANALYZE of the whole table; the next minute tries again.
_PATIENCE_TO_MAKE = "2s"
# While a drop waits for a long reader, every other statement on the table waits for the drop: it gives up at once and tries again.
_PATIENCE_TO_DROP = "100ms"


class PartitionInUse(Exception):
    """A long reader holds the table: the change waited a moment and gave up."""


@dataclass(frozen=True, slots=True)
class Partition:
    """A table that holds the ids from `low` to below `high`."""

    name: str
    low: int
    high: int


# A partition may be partitioned again by another key: its leaves have no range of ids of their own, and hold that of the level above.
_PARTITIONS = text(r"""
WITH RECURSIVE tree AS (
    SELECT CAST(to_regclass(:table) AS oid) AS oid, CAST(NULL AS bigint[]) AS bounds
    UNION ALL
    SELECT c.oid, coalesce(CAST(regexp_match(pg_get_expr(c.relpartbound, c.oid), 'FROM \(''(\d+)''\) TO \(''(\d+)''\)') AS bigint[]), t.bounds)
    FROM tree t JOIN pg_inherits i ON i.inhparent = t.oid JOIN pg_class c ON c.oid = i.inhrelid
)
SELECT c.relname, t.bounds[1], t.bounds[2]
FROM tree t JOIN pg_class c ON c.oid = t.oid WHERE c.relkind = 'r' AND t.bounds IS NOT NULL ORDER BY 2, 1
""")


async def partitions(tx: Tx, table: str) -> list[Partition]:
    """Return the partitions of a table, oldest first."""
    return [Partition(name, low, high) for name, low, high in await tx.execute(_PARTITIONS, {"table": table})]


async def full(tx: Tx, table: str) -> list[Partition]:
    """Return the partitions into which no new id falls any more, oldest first."""
    last = await _last_id(tx)
    return [p for p in await partitions(tx, table) if p.high <= last]


async def ensure(tx: Tx) -> list[str]:
    """Make the partitions that the next ids need, with one whole to spare; return the names of those that are new."""
    await tx.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    await tx.execute(text(f"SET LOCAL lock_timeout = '{_PATIENCE_TO_MAKE}'"))
    last = await _last_id(tx)
    made = []
    for table, options in _TABLES.items():
        known = await partitions(tx, table)
        low = max((last // WIDTH) * WIDTH, known[-1].high if known else 0)
        while low <= last + WIDTH:
            high = (low // WIDTH + 1) * WIDTH
            made.append(f"{table}_{low:015d}")
            await _attach(tx, table, Partition(made[-1], low, high), options)
            low = high
    return made


async def drop(tx: Tx, partition: Partition) -> None:
    """Drop a partition; raises PartitionInUse when a long reader is at work, and then no statement has waited for long."""
    await tx.execute(text(f"SET LOCAL lock_timeout = '{_PATIENCE_TO_DROP}'"))
    try:
        await tx.execute(text(f"DROP TABLE {partition.name}"))
    except LockNotAvailable:
        raise PartitionInUse(partition.name) from None


async def _attach(tx: Tx, table: str, partition: Partition, options: str) -> None:
    """Make a partition apart and attach it: unlike CREATE TABLE … PARTITION OF, no reader or writer waits meanwhile."""
    like = "INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES INCLUDING STORAGE"
    await tx.execute(text(f"CREATE TABLE {partition.name} (LIKE {table} {like}) WITH ({options})"))
    bounds = f"FROM ({partition.low}) TO ({partition.high})"
    await tx.execute(text(f"ALTER TABLE {table} ATTACH PARTITION {partition.name} FOR VALUES {bounds}"))


async def _last_id(tx: Tx) -> int:
    return int((await tx.execute(text("SELECT last_value FROM message_id_seq"))).scalar_one())
