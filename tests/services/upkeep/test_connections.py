"""The connections that all processes may open are compared with what the server lets in."""

import pytest

from smsflow.services.upkeep import connections
from smsflow.settings import SettingsError
from smsflow.store.postgres import capacity
from smsflow.store.upkeep import processes
from smsflow.store.upkeep.processes import Process
from tests.dispatch.stage import execute, query


async def test_pools_that_fit_are_nobodys_business(platform, settings_of):
    settings = settings_of(database_pool=2)
    async with platform.database.autocommit() as tx:
        await connections.check(tx, settings, connections.of_one_machine(settings))

    assert connections.wanted(settings, {"web": 2, "dispatch": 1, "jobs": 1}) == 2 * 3 + 5 + 8 + 5


async def test_pools_that_do_not_fit_are_a_sentence_that_names_both_settings(platform, settings_of):
    settings = settings_of(database_pool=200, web_workers=8)
    with pytest.raises(SettingsError, match=r"SMSFLOW_DATABASE_POOL=200 .*max_connections.* SMSFLOW_WEB_WORKERS"):
        async with platform.database.autocommit() as tx:
            await connections.check(tx, settings, connections.of_one_machine(settings))


async def test_a_process_counts_those_that_live_elsewhere(platform, settings_of):
    settings = settings_of(database_pool=50)
    async with platform.database.autocommit() as tx:
        await connections.check_all(tx, settings)
        for number in range(10):
            await processes.beat(tx, Process("web", f"host{number}", 1), clock=platform.clock())
        with pytest.raises(SettingsError, match="10 web"):
            await connections.check_all(tx, settings)


async def test_a_limit_of_the_database_counts_as_the_servers_does(platform):
    (found,) = await query(platform, "SELECT current_database() AS name")
    await execute(platform, f'ALTER DATABASE "{found.name}" CONNECTION LIMIT 7')
    async with platform.database.autocommit() as tx:
        assert await capacity.connections(tx) == 7
