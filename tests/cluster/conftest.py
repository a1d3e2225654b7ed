"""One cluster for the tests of this directory: each leaves it whole, and whatever happened, no bind was ever too many."""

import asyncio

import pytest

from smsflow import runtime, testing
from smsflow.store.postgres import partitions
from smsflow.store.postgres.transactions import text
from tests import unknowns
from tests.cluster.machines import a_cluster
from tests.cluster.traffic import stats

BINDS = 2
WINDOW = 10


@pytest.fixture(scope="package")
def running():
    with a_cluster(nodes=2) as cluster:
        asyncio.run(_furnish(cluster))
        yield cluster


@pytest.fixture
async def cluster(running):
    """The cluster, with every node up; afterwards the operator says whether there were ever more binds than allowed."""
    await asyncio.to_thread(running.start_nodes)
    yield running
    assert (await stats(running))["binds_max"] <= BINDS


@pytest.fixture
async def platform(cluster):
    """The platform as an administrator sees it, from outside the nodes."""
    async with runtime.platform(cluster.settings, cluster.url) as platform:
        yield platform


@pytest.fixture(scope="session")
def measured():
    """Note how long something took; the figures stand in docs/scaling.md."""

    def note(what, value):
        print(f"measured: {what}: {value:.2f}")  # noqa: T201 - shown by `pytest -rP`

    return note


async def _furnish(cluster):
    async with runtime.platform(cluster.settings, cluster.url) as platform:
        async with platform.database.transaction() as tx:
            await partitions.ensure(tx)
            await tx.execute(text(unknowns.REMEMBER))
        operator = cluster.operator
        connector = await testing.a_connector(
            platform, host=operator.host, port=operator.port, binds=BINDS, window=WINDOW, response_timeout=5
        )
        await testing.a_route(platform, connector, country="CM")
