"""The pool: a connection that is of no use is not given out again."""

import psycopg
import pytest

from smsflow.store.postgres.transactions import Database


async def test_a_connection_to_a_server_that_became_read_only_is_left(platform):
    database = Database(platform.database.url, pool=1)
    try:
        async with database.autocommit() as tx:
            await tx.execute("SET default_transaction_read_only = on")
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            async with database.autocommit() as tx:
                await tx.execute("DELETE FROM parked_receipt")

        async with database.autocommit() as tx:
            await tx.execute("DELETE FROM parked_receipt")
    finally:
        await database.close()
