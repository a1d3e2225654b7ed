"""Nodes that die, stop and are cut off, while customers go on sending."""

import asyncio
import signal
import time

import pytest

from tests.cluster.conftest import BINDS, WINDOW
from tests.cluster.traffic import a_customer, block_result, rows, stats, steady, until

pytestmark = pytest.mark.xdist_group("cluster")

# The promise: another node has the binds within so many seconds of any failure.
TAKEN_OVER = 10.0
# A node that cannot show its lease sends nothing after 3.5 s; the rest is for a busy computer.
STOPPED = 5.0

_BOUND = "SELECT i.pid FROM bind_state b JOIN instance i ON i.id = b.instance_id WHERE b.state = 'bound'"


async def all_bound(cluster, platform):
    """Wait until all binds are up, wherever."""

    async def bound():
        return len(await rows(platform, _BOUND)) == BINDS == (await stats(cluster))["binds"]

    await until(bound, "every bind is up")


async def a_holder(cluster, platform):
    """Wait until all binds are up and return a node that has one."""
    await all_bound(cluster, platform)
    return cluster.node_of((await rows(platform, _BOUND))[0][0])


async def taken_over(cluster, platform, node):
    """Wait until `node` has every bind."""

    async def taken():
        return [cluster.node_of(pid) for (pid,) in await rows(platform, _BOUND)] == [node] * BINDS

    await until(taken, "one node has every bind")


def took(cluster, node, since):
    """Return how long it took until the operator had its last bind of a node."""
    return max(at for at, line in cluster.operator.said if at > since and f"bound from {node.host}:" in line) - since


async def test_messages_that_either_node_accepts_go_out(cluster, platform):
    await all_bound(cluster, platform)
    async with a_customer(platform) as (customer, _, _), steady(customer, list(cluster.nodes)) as sent:
        await asyncio.sleep(1)
    told = await block_result(cluster, platform, sent)

    assert len(sent.accepted) > 20
    assert not sent.refused
    assert not sent.unanswered
    assert told.faults() == {}
    assert told.unknown == set()


async def test_a_node_that_is_killed_gives_its_binds_to_another_and_loses_nothing(cluster, platform, measured):
    node = await a_holder(cluster, platform)
    other = cluster.other(node)
    nodes = list(cluster.nodes)
    async with a_customer(platform) as (customer, _, _), steady(customer, nodes) as sent:
        await asyncio.sleep(0.5)
        killed_at = time.time()
        nodes.remove(node)
        node.end(signal.SIGKILL)
        await taken_over(cluster, platform, other)
    told = await block_result(cluster, platform, sent)

    measured("kill -9 of a node, until another is bound", took(cluster, other, killed_at))
    measured("kill -9 of a node, messages unknown", len(told.unknown))
    assert took(cluster, other, killed_at) < TAKEN_OVER
    assert told.faults() == {}
    assert len(told.unknown) <= BINDS * WINDOW


async def test_a_node_that_is_told_to_stop_hands_over_with_nothing_unknown(cluster, platform, measured):
    node = await a_holder(cluster, platform)
    other = cluster.other(node)
    nodes = list(cluster.nodes)
    async with a_customer(platform) as (customer, _, _), steady(customer, nodes) as sent:
        await asyncio.sleep(0.5)
        # As whoever balances the load would do: first no new requests, then the signal.
        nodes.remove(node)
        stopped_at = time.time()
        await asyncio.to_thread(node.end, signal.SIGTERM)
        measured("SIGTERM of a node, until it is gone", time.time() - stopped_at)
        await taken_over(cluster, platform, other)
    told = await block_result(cluster, platform, sent)

    measured("SIGTERM of a node, until another is bound", took(cluster, other, stopped_at))
    assert not sent.refused
    assert not sent.unanswered
    assert told.faults() == {}
    assert told.unknown == set()


async def test_a_node_cut_off_from_the_database_stops_and_another_takes_over(cluster, platform, measured):
    if cluster.network is None:
        pytest.skip(f"no cable to pull: {cluster.reason}")
    node = await a_holder(cluster, platform)
    other = cluster.other(node)
    async with a_customer(platform) as (customer, _, _):
        async with steady(customer, [other]) as sent:
            await asyncio.sleep(0.5)
            before = (await rows(platform, "SELECT max(id) FROM instance"))[0][0]
            cut_at = time.time()
            cluster.network.pull("db", node.number)
            try:
                to_nobody = asyncio.create_task(customer.send(node, "to a node without a database"))
                await taken_over(cluster, platform, other)
                status, _ = await to_nobody
            finally:
                cluster.network.plug("db", node.number)
            plugged_at = time.time()
            await rejoined(platform, node, before)
            measured("a node that was cut off, until it is back", time.time() - plugged_at)
        told = await block_result(cluster, platform, sent)
    taken_after = took(cluster, other, cut_at)
    # The other node does not leave: each of these is the cut one's.
    stopped_after = max(at for at, line in cluster.operator.said if at > cut_at and " left: " in line) - cut_at
    measured("a node cut off from the database, until it has unbound", stopped_after)
    measured("a node cut off from the database, until another is bound", taken_after)
    measured("a node cut off from the database, messages unknown", len(told.unknown))

    assert status == 503
    assert stopped_after < STOPPED
    assert taken_after < TAKEN_OVER
    assert told.faults() == {}
    assert len(told.unknown) <= BINDS * WINDOW


async def rejoined(platform, node, before):
    """Wait until the node's dispatcher has registered anew."""
    query = "SELECT count(*) FROM instance WHERE pid = :pid AND id > :before"

    async def back():
        return (await rows(platform, query, pid=node.processes["dispatch"].pid, before=before))[0][0] == 1

    await until(back, "the node that was cut off is back")
