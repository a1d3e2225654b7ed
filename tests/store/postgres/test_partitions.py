"""Partitions are made ahead of time, beside whoever reads and writes, and found wherever they hang."""

import asyncio

from smsflow import testing
from smsflow.store.postgres import partitions
from smsflow.store.postgres.partitions import WIDTH, Partition
from tests.dispatch.stage import a_message, accepted, execute


async def ensured(platform):
    async with platform.database.transaction() as tx:
        return await partitions.ensure(tx)


async def found(platform, table):
    async with platform.database.autocommit() as tx:
        return await partitions.partitions(tx, table)


async def move_to(platform, last):
    await execute(platform, "SELECT setval('message_id_seq', :last)", last=last)


async def test_the_partitions_of_the_next_ids_are_there_before_they_are_needed(platform):
    await move_to(platform, WIDTH)

    assert await ensured(platform) == ["message_000000200000000", "part_000000200000000"]
    assert await ensured(platform) == []


async def test_a_new_partition_begins_where_the_last_one_of_an_earlier_release_ends(platform):
    for table in ("message", "part"):
        for start in (0, WIDTH):
            await execute(platform, f"DROP TABLE {table}_{start:015d}")
        await execute(platform, f"CREATE TABLE {table}_000000 PARTITION OF {table} FOR VALUES FROM (0) TO (10000000)")
        await execute(
            platform, f"CREATE TABLE {table}_000001 PARTITION OF {table} FOR VALUES FROM (10000000) TO (20000000)"
        )

    await ensured(platform)

    assert [(p.low, p.high) for p in await found(platform, "part")] == [
        (0, 10_000_000),
        (10_000_000, 20_000_000),
        (20_000_000, WIDTH),
        (WIDTH, 2 * WIDTH),
    ]


async def test_ids_that_jumped_to_a_cell_of_their_own_have_partitions(platform):
    await move_to(platform, 3 * 10**12)

    assert "message_003000000000000" in await ensured(platform)
    (message_id,) = await accepted(platform, a_message(await testing.a_company(platform), 1))
    assert message_id == 3 * 10**12 + 1


async def test_a_partition_that_is_partitioned_again_is_found_by_its_leaves(platform):
    await execute(
        platform,
        f"CREATE TABLE deep PARTITION OF message FOR VALUES FROM ({2 * WIDTH}) TO ({3 * WIDTH}) PARTITION BY HASH (id)",
    )
    await execute(platform, "CREATE TABLE deep_0 PARTITION OF deep FOR VALUES WITH (MODULUS 1, REMAINDER 0)")

    assert (await found(platform, "message"))[-1] == Partition("deep_0", 2 * WIDTH, 3 * WIDTH)


async def test_a_partition_is_made_beside_a_long_reader_and_a_writer(platform):
    company = await testing.a_company(platform)
    await move_to(platform, WIDTH)
    async with platform.database.transaction() as reader:
        await reader.execute("SELECT count(*) FROM message")
        await reader.execute("SELECT count(*) FROM part")
        async with platform.database.transaction() as writer:
            await writer.execute("UPDATE message SET error = NULL")

            assert len(await asyncio.wait_for(ensured(platform), 10)) == 2
            await asyncio.wait_for(accepted(platform, a_message(company, 1)), 10)
