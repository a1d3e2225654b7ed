"""Answers that are lost at a failover: a real primary and a standby that it waits for."""

import asyncio

import pytest

from smsflow.errors import OutcomeUnknown, Unavailable
from smsflow.store.postgres import commits
from smsflow.store.postgres.transactions import Database
from smsflow.testing import a_company, a_connector, balance, broken_invariants
from tests.dispatch.stage import a_message
from tests.services.messages.intake import submitted, texts
from tests.waiting import until


@pytest.fixture
def database_url(servers):
    """The URL by which the platform of this test finds its primary."""
    return servers.url


async def test_a_commit_that_was_cut_while_it_waited_is_answered_once_the_standby_has_it(servers, platform):
    message = a_message(await a_company(platform, credits=10), await a_connector(platform))
    servers.stop_replication()
    async with submitted(platform.database, message) as answer:
        await until(servers.waiting, "a commit that waits")
        servers.end_waiting()
        await until(servers.waiting, "a look that waits for the standby")
        early = answer.done()
        servers.resume_replication()

        message_id = await answer

    assert not early
    assert isinstance(message_id, int)
    assert await texts(platform) == [message.text]


async def test_a_message_that_only_the_dead_primary_had_is_not_answered_200(servers, platform):
    company = await a_company(platform, credits=10)
    message = a_message(company, await a_connector(platform))
    servers.stop_replication()
    async with submitted(platform.database, message) as answer:
        await until(servers.waiting, "a commit that waits")
        servers.end_waiting()
        await until(servers.waiting, "a look that waits for the standby")
        servers.kill_the_primary()
        servers.promote()

        with pytest.raises(Unavailable):
            await answer

    assert await texts(platform) == []
    assert await balance(platform, company) == 10
    assert await broken_invariants(platform) == []


async def test_a_commit_whose_server_was_killed_is_found_when_it_is_back(servers, platform):
    company = await a_company(platform, credits=10)
    message = a_message(company, await a_connector(platform))
    servers.stop_replication()
    async with submitted(platform.database, message) as answer:
        await until(servers.waiting, "a commit that waits")
        servers.kill_the_primary()
        await asyncio.to_thread(servers.restart_the_primary)

        assert isinstance(await answer, int)

    assert await texts(platform) == [message.text]
    assert await balance(platform, company) == 9


async def test_a_standby_does_not_know_what_became_of_a_commit(servers, platform, monkeypatch):
    monkeypatch.setattr(commits, "LOOK_SECONDS", 1.0)
    message = a_message(await a_company(platform, credits=10), await a_connector(platform))
    database = Database(servers.url_of_either, pool=2)
    servers.stop_replication()
    async with submitted(database, message) as answer:
        await until(servers.waiting, "a commit that waits")
        servers.kill_the_primary()

        with pytest.raises(OutcomeUnknown):
            await answer
    await database.close()
