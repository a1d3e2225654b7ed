"""Preparations in the background: those that fail by themselves end, and the campaign says why."""

import pytest

from smsflow.jobs.preparations import Preparer
from smsflow.services.campaigns import prepare
from smsflow.services.campaigns.unprepared import FAILED, LIST_GONE
from smsflow.services.messages.prepare import Limits
from tests.services.campaigns.test_story import campaigns

__all__ = ["campaigns"]


@pytest.fixture
async def begun(campaigns, monkeypatch):
    """A campaign to more people than are prepared at once."""
    monkeypatch.setattr(prepare, "SMALL", 5)
    await campaigns.open()
    campaigns.id = await campaigns.draft()
    await again(campaigns)
    return campaigns


async def again(campaigns):
    table = (await campaigns.platform.directory.routing()).table
    async with campaigns.platform.database.transaction() as tx:
        await prepare.prepare(tx, campaigns.company, campaigns.id, routes=table, limits=Limits(), links=None)


async def test_a_preparation_that_fails_by_itself_three_times_ends_and_says_why(begun):
    await begun.query("UPDATE contact SET attributes = '5' WHERE number LIKE '%7' RETURNING 1")
    preparer = Preparer(begun.platform)
    for _ in range(2):
        await preparer.turn()
    before = await begun.show(begun.id)

    await preparer.turn()

    after = await begun.show(begun.id)
    assert (before.preparing is None, before.why) == (False, "")
    assert (after.state, after.preparing, after.last_place) == ("draft", None, 0)
    assert after.why.startswith(f"{FAILED}: TypeError (prepare it again")


async def test_what_made_it_fail_may_pass_and_it_can_be_prepared_anew(begun):
    await begun.query("UPDATE contact SET attributes = '5' WHERE number LIKE '%7' RETURNING 1")
    preparer = Preparer(begun.platform)
    for _ in range(3):
        await preparer.turn()
    await begun.query("UPDATE contact SET attributes = '{}' WHERE number LIKE '%7' RETURNING 1")
    await again(begun)

    while await preparer.turn():
        pass

    after = await begun.show(begun.id)
    assert (after.state, after.why, after.last_place) == ("prepared", "", 10)


async def test_a_preparation_whose_list_is_deleted_ends_and_says_so(begun):
    await begun.query("DELETE FROM contact_list RETURNING 1")

    assert not await Preparer(begun.platform).turn()

    after = await begun.show(begun.id)
    assert (after.state, after.preparing, after.why) == ("draft", None, LIST_GONE)
