"""The ids of a cell tell which one it is; a database never goes back to the ids of another."""

import pytest

from smsflow import datadir
from smsflow.domain.message import Status
from smsflow.store.postgres.cells import IDS, AnotherCell
from smsflow.testing import a_company, a_connector
from tests.dispatch.stage import a_message, accepted, an_engine, an_operator, query, sound, until_status


async def test_everything_that_a_platform_numbers_has_the_ids_of_its_cell_and_works(platform, database_url):
    await datadir.prepare(database_url, cell=3)
    await datadir.prepare(database_url, cell=3)
    async with an_operator() as operator:
        company = await a_company(platform, credits=10)
        connector_id = await a_connector(platform, port=operator.port)
        async with an_engine(platform):
            (message_id,) = await accepted(platform, a_message(company, connector_id))
            await until_status(platform, message_id, Status.DELIVERED)
        await sound(platform)

    (line,) = await query(platform, "SELECT max(id) AS id FROM ledger")
    assert {id_ // IDS for id_ in (company.id, connector_id, message_id, line.id)} == {3}
    assert message_id == 3 * IDS + 1


async def test_a_database_that_has_given_ids_of_a_cell_refuses_to_be_another(platform, database_url):
    await datadir.prepare(database_url, cell=3)

    with pytest.raises(AnotherCell, match="SMSFLOW_CELL=3"):
        await datadir.prepare(database_url, cell=2)
