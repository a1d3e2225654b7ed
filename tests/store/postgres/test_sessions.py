"""How the sessions of the platform plan their statements."""

from smsflow.store.postgres.snapshot import read_whole_tables


async def test_a_page_of_a_table_starts_no_workers_and_a_proof_may(platform):
    seen = []
    for prepare in (None, read_whole_tables):
        async with platform.database.transaction() as tx:
            if prepare is not None:
                await prepare(tx)
            # A plan for any limit, as every statement of the hot path has one, on tables that look big.
            for setting in ("parallel_setup_cost", "parallel_tuple_cost", "min_parallel_table_scan_size"):
                await tx.execute(f"SET LOCAL {setting} = 0")
            rows = await tx.execute("EXPLAIN SELECT count(*) FROM company")
            seen.append(any("Gather" in line for (line,) in rows))

    assert seen == [False, True]
