"""Cells: several platforms, each with a database of its own, whose ids never meet (docs/scaling.md)."""

from smsflow.store.postgres.transactions import Tx, text

# Ids of a cell: its number is what stands before the last twelve digits.
IDS = 10**12


class AnotherCell(Exception):
    """The ids of this database are those of another cell; the message says which."""


async def start(tx: Tx, cell: int) -> None:
    """Have every sequence go on with the ids of a cell; raise AnotherCell when it has left that range already."""
    last = int((await tx.execute(text("SELECT last_value FROM message_id_seq"))).scalar_one())
    if last // IDS > cell:
        raise AnotherCell(
            f"SMSFLOW_CELL is {cell}, and this database has given ids of cell {last // IDS}: set SMSFLOW_CELL={last // IDS}."
        )
    if cell == 0:
        return
    # Ids of processes and of jobs never leave their database.
    behind = text("""
        SELECT setval(CAST(format('%I.%I', schemaname, sequencename) AS regclass), :first) FROM pg_sequences
        WHERE schemaname = current_schema() AND data_type = CAST('bigint' AS regtype) AND starts_with(sequencename, 'procrastinate') IS FALSE
            AND coalesce(last_value, 0) < :first
    """)
    await tx.execute(behind, {"first": cell * IDS})
