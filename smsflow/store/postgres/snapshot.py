"""Transactions that see one moment, and those that read whole tables: for proofs and recounts, never on the hot path."""

from smsflow.store.postgres.transactions import Tx, text


async def one_snapshot(tx: Tx) -> None:
    """Have all statements of a new transaction see the same moment."""
    await tx.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))


async def read_whole_tables(tx: Tx) -> None:
    """Give a new transaction one snapshot, the plans for whole tables, and all the time that it needs."""
    await one_snapshot(tx)
    for setting in ("enable_seqscan", "enable_hashjoin", "enable_mergejoin", "enable_bitmapscan"):
        await tx.execute(text(f"SET LOCAL {setting} = on"))
    await tx.execute(text("SET LOCAL max_parallel_workers_per_gather = 2"))
    await tx.execute(text("SET LOCAL statement_timeout = 0"))
    tx.patience = None
