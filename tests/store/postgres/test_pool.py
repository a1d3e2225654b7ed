"""The pool: a connection that is of no use is not given out again."""

import psycopg
import pytest

from smsflow.store.postgres.pool import Pool
from smsflow.store.postgres.transactions import Database, libpq_url
from tests.dispatch.stage import query
from tests.waiting import until


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


async def test_a_connection_that_nobody_needs_is_given_back_and_the_next_one_who_does_gets_another(platform):
    pool = Pool(libpq_url(platform.database.url), size=3, connect={}, idle=0.1)
    async with pool.connection() as first, pool.connection() as second:
        pids = {c.info.backend_pid for c in (first, second)}
    gone = "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = ANY(:pids)) AS gone"

    async def given_back():
        return (await query(platform, gone, pids=list(pids)))[0].gone

    await until(given_back)
    async with pool.connection() as third:
        assert third.info.backend_pid not in pids
    await pool.close()


async def test_a_connection_that_is_used_again_and_again_stays(platform):
    pool = Pool(libpq_url(platform.database.url), size=3, connect={}, idle=60)
    pids = set()
    for _ in range(5):
        async with pool.connection() as connection:
            pids.add(connection.info.backend_pid)
    await pool.close()

    assert len(pids) == 1
