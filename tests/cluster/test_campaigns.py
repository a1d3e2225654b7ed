"""Campaigns on two nodes, whose `jobs` take turns, and one of which dies."""

import signal

import psycopg
import pytest

from tests.cluster.conftest import BINDS, WINDOW
from tests.cluster.test_nodes import a_holder
from tests.cluster.traffic import inbox, stats, until
from tests.crash.campaigns import a_launch, ended, judge_campaigns

pytestmark = pytest.mark.xdist_group("cluster")


class Ours:
    """The cluster as the check of campaigns asks it."""

    patience = 60.0

    def __init__(self, cluster):
        self._cluster, self.url, self.log = cluster, cluster.url, cluster.nodes[0].log

    def connect(self, statement, parameters=None):
        with psycopg.connect(self.url.replace("smsflow@", "postgres@"), autocommit=True) as connection:
            return connection.execute(statement, parameters).fetchall()

    async def messages(self):
        return await inbox(self._cluster)


async def test_campaigns_go_on_when_a_node_dies_and_write_to_everybody_once(cluster, platform):
    node = await a_holder(cluster, platform)
    known, ours = (await stats(cluster))["messages"], Ours(cluster)
    campaigns = await a_launch(platform, people=300)

    async def under_way():
        return (await stats(cluster))["messages"] > known + 100

    await until(under_way, "a campaign that has begun")
    node.end(signal.SIGKILL)
    await ended(ours, campaigns)
    count = await judge_campaigns(ours, ours, campaigns, kills=1, one_day=False)

    assert count.accepted > 100
    assert count.unknown <= BINDS * WINDOW
