"""Codes whose answer from the database is lost: a real primary and a standby that it waits for."""

import asyncio

import pytest

from smsflow import testing
from tests.waiting import until


@pytest.fixture
def database_url(servers):
    """The URL by which the platform of this test finds its primary."""
    return servers.url


async def cut(servers, call):
    """Have a call's commit cut while it waits for the standby; return its answer."""
    servers.stop_replication()
    asked = asyncio.ensure_future(call)
    await until(servers.waiting, "a commit that waits")
    servers.end_waiting()
    await until(servers.waiting, "a look that waits for the standby")
    assert not asked.done()
    servers.resume_replication()
    return await asked


async def test_a_code_whose_answer_was_lost_is_found_and_so_is_its_verification(servers, site):
    company, token = await site.opened(credits=10)
    await testing.a_route(site.platform)

    sent = await cut(servers, site.post("/apiv2/smscode/", {"phone_number": "690000001"}, token=token))
    code = {"phone_number": "690000001", "code": sent.json["code"]}
    verified = await cut(servers, site.post("/apiv2/verify_code/", code, token=token))

    assert (sent.status_code, verified.status_code) == (200, 200)
    assert await testing.balance(site.platform, company) == 9


async def test_a_code_that_only_the_dead_primary_had_is_a_503(servers, site):
    company, token = await site.opened(credits=10)
    await testing.a_route(site.platform)
    servers.stop_replication()

    asked = asyncio.ensure_future(site.post("/apiv2/smscode/", {"phone_number": "690000001"}, token=token))
    await until(servers.waiting, "a commit that waits")
    servers.kill_the_primary()
    servers.promote()

    assert (await asked).status_code == 503
    assert await testing.balance(site.platform, company) == 10
