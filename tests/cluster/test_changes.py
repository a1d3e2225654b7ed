"""Changes that an administrator makes somewhere reach every node."""

import asyncio
import time

import pytest

from smsflow import testing
from smsflow.services.accounts.companies import suspend
from smsflow.services.accounts.tokens import digest
from smsflow.store.accounts import companies, tokens
from smsflow.store.routing import connectors, routes
from tests.cluster.conftest import BINDS
from tests.cluster.traffic import a_customer, stats, until

pytestmark = pytest.mark.xdist_group("cluster")

# Within a second is what is promised; computers that run tests have other things to do, too. A node that heard nothing would know
# after 5 seconds, when what it remembers is too old (runtime.Directory).
REACHED = 3.5


async def reached(cluster, measured, change, holds, what):
    """Make a change and return how long it took until it held on the last of the nodes."""

    async def on(node):
        async def held():
            return await holds(node)

        await until(held, f"{what} on node {node.number}", step=0.01)

    await change()
    changed_at = time.monotonic()
    await asyncio.gather(*(on(node) for node in cluster.nodes))
    seconds = time.monotonic() - changed_at
    measured(f"{what}, until every node knows", seconds)
    return seconds


async def test_a_revoked_token_opens_no_node(cluster, platform, measured):
    async with a_customer(platform) as (customer, _, token):
        assert [await customer.balance(node) for node in cluster.nodes] == [200, 200]

        async def revoke():
            async with platform.database.transaction() as tx:
                await tokens.revoke_token(tx, digest(token))

        async def refused(node):
            return await customer.balance(node) == 401

        assert await reached(cluster, measured, revoke, refused, "a token revoked") < REACHED


async def test_a_suspended_company_sends_by_no_node_and_one_that_resumes_by_all(cluster, platform, measured):
    async with a_customer(platform) as (customer, company, _):

        def change(*, suspended):
            async def make():
                async with platform.database.transaction() as tx:
                    await suspend(tx, company.id, suspended=suspended)

            return make

        def answers(status):
            async def answered(node):
                return (await customer.send(node, "Bonjour"))[0] == status

            return answered

        assert [(await customer.send(node, "Bonjour"))[0] for node in cluster.nodes] == [200, 200]
        assert await reached(cluster, measured, change(suspended=True), answers(403), "a company suspended") < REACHED
        assert await reached(cluster, measured, change(suspended=False), answers(200), "a company resumed") < REACHED


async def test_a_new_route_leads_from_every_node_and_a_removed_one_from_none(cluster, platform, measured):
    (connector,) = (await platform.directory.routing()).connectors
    async with a_customer(platform) as (customer, company, _):
        async with platform.database.transaction() as tx:
            await companies.update_company(tx, company.id, {"countries": ["GA"]})
        made = []

        async def add():
            made.append(await testing.a_route(platform, connector.id, country="GA"))

        async def remove():
            async with platform.database.transaction() as tx:
                await routes.remove_route(tx, made[0])

        async def leads(node):
            return (await customer.send(node, "Mbolo", "+24106031234"))[0] == 200

        async def leads_nowhere(node):
            return not await leads(node)

        assert await reached(cluster, measured, add, leads, "a route added") < REACHED
        assert await reached(cluster, measured, remove, leads_nowhere, "a route removed") < REACHED


async def test_a_disabled_connector_is_unbound_everywhere_and_bound_when_enabled(cluster, platform, measured):
    def change(*, enabled):
        async def make():
            async with platform.database.transaction() as tx:
                await connectors.set_connector(tx, "operator", {"enabled": enabled})

        return make

    def binds(number):
        async def counted(_node):
            return (await stats(cluster))["binds"] == number

        return counted

    await until(lambda: binds(BINDS)(None), "every bind is up")
    assert await reached(cluster, measured, change(enabled=False), binds(0), "a connector disabled") < REACHED
    assert await reached(cluster, measured, change(enabled=True), binds(BINDS), "a connector enabled") < REACHED
