"""Partitions of messages and parts by id range: made ahead of time, dropped when all they hold is old."""

from datetime import datetime

from smsflow.store.postgres.transactions import Tx, text

# Ids per partition: an index of ten million keys is 200 MB, small enough to stay in memory for the newest partitions.
WIDTH = 10_000_000
# At 10,000 SMS a second a partition lasts a quarter of an hour, and the job that makes them runs every minute.
AHEAD = 2

_TABLES = {"message": "WITH (fillfactor = 60)", "part": ""}


async def ensure(tx: Tx) -> list[str]:
    """Make the partitions that the next ids need; return the names of those that are new."""
    await tx.execute(text("SELECT pg_advisory_xact_lock(7304)"))
    last = (await tx.execute(text("SELECT last_value FROM message_id_seq"))).scalar_one()
    made = []
    for number in range(last // WIDTH, last // WIDTH + AHEAD + 1):
        for table, options in _TABLES.items():
            name = f"{table}_{number:06d}"
            if (await tx.execute(text("SELECT to_regclass(:name)"), {"name": name})).scalar_one() is None:
                bounds = f"FROM ({number * WIDTH}) TO ({(number + 1) * WIDTH})"
                await tx.execute(text(f"CREATE TABLE {name} PARTITION OF {table} FOR VALUES {bounds} {options}"))
                made.append(name)
    return made


async def retire(tx: Tx, *, messages_before: datetime, parts_before: datetime) -> list[str]:
    """Drop full partitions whose newest row is older than these times; return their names.

    What the dropped messages had been charged is kept per company, so that the ledger can still be proved.
    """
    await tx.execute(text("SELECT pg_advisory_xact_lock(7304)"))
    last = (await tx.execute(text("SELECT last_value FROM message_id_seq"))).scalar_one()
    dropped = []
    for number in range(last // WIDTH):
        messages, parts = f"message_{number:06d}", f"part_{number:06d}"
        if (await tx.execute(text("SELECT to_regclass(:name)"), {"name": messages})).scalar_one() is None:
            continue
        newest = (
            await tx.execute(text(f"SELECT created_at FROM {messages} ORDER BY id DESC LIMIT 1"))
        ).scalar_one_or_none()
        if newest is not None and newest >= parts_before:
            continue
        # A planned message may have left long after the newest of its partition was made, or has still to leave.
        bounds = {"low": number * WIDTH, "high": (number + 1) * WIDTH, "before": parts_before}
        wait = text(f"""
            SELECT 1 WHERE EXISTS (SELECT FROM queue WHERE message_id >= :low AND message_id < :high)
                OR EXISTS (SELECT FROM unknown_outcome WHERE message_id >= :low AND message_id < :high)
                OR EXISTS (SELECT FROM {messages} WHERE planned_at >= :before)
        """)
        if (await tx.execute(wait, bounds)).one_or_none():
            continue
        has_parts = (await tx.execute(text("SELECT to_regclass(:name)"), {"name": parts})).scalar_one() is not None
        if has_parts:
            await tx.execute(text(f"DROP TABLE {parts}"))
            dropped.append(parts)
        if newest is not None and newest >= messages_before:
            continue
        keep = text(f"""
            INSERT INTO retired_charge AS r (company_id, amount) SELECT company_id, sum(charged) FROM {messages} GROUP BY company_id
            ON CONFLICT (company_id) DO UPDATE SET amount = r.amount + excluded.amount
        """)
        await tx.execute(keep)
        await tx.execute(text(f"DROP TABLE {messages}"))
        dropped.append(messages)
    return dropped
