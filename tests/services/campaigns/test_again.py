"""A new campaign of those whom the first one failed to reach, and one like another."""

import pytest

from smsflow.domain.message import PRESUMED, Status
from smsflow.errors import AlreadyExists, NotFound, StateRefused
from smsflow.services.campaigns import again, draft
from smsflow.services.campaigns.again import FailedFor, Split
from smsflow.services.upkeep import people
from tests.services.campaigns.test_story import campaigns, launched

__all__ = ["campaigns"]

ENDS = {
    "+237690000001": (Status.DELIVERED, None),
    "+237690000002": (Status.FAILED, "ESME_RMSGQFUL"),
    "+237690000003": (Status.FAILED, "UNDELIV 001"),
    "+237690000004": (Status.EXPIRED, "EXPIRED 000"),
    "+237690000006": (Status.EXPIRED, PRESUMED),
}


async def finished(campaigns, **wanted):
    campaign_id = await launched(campaigns, **wanted)
    await campaigns.turn(campaign_id)
    await campaigns.query("UPDATE message SET status = 2")
    await campaigns.end(ENDS)
    return campaign_id


async def retried(campaigns, campaign_id, **wanted):
    async with campaigns.platform.database.transaction() as tx:
        return await again.retry(tx, campaigns.company.id, campaign_id, now=campaigns.now, **wanted)


async def test_only_those_whose_reason_may_pass_are_written_to_again_with_the_values_that_they_had(campaigns):
    await campaigns.open()
    campaign_id = await finished(campaigns)
    await campaigns.query("DELETE FROM contact")

    async with campaigns.platform.database.transaction() as tx:
        split = await again.split(tx, campaigns.company.id, campaign_id)
    second = await retried(campaigns, campaign_id)
    cost = await campaigns.prepare(second)

    assert (split.failed, split.again) == (4, 2)
    assert sorted(split.reasons, key=lambda r: r.reason) == [
        FailedFor("ESME_RMSGQFUL", "the operator's queue for this number or account is full", True, 1),
        FailedFor("EXPIRED 000", "its validity ended at the operator before the handset could be reached", True, 1),
        FailedFor("UNDELIV 001", "the operator could not deliver it; its own code for that is 001", False, 1),
        FailedFor(PRESUMED, None, False, 1),
    ]
    assert (cost.recipients, cost.credits) == (2, 2)
    assert await campaigns.query(
        'SELECT number, "values" FROM campaign_recipient WHERE campaign_id = :id ORDER BY place', id=second
    ) == [("+237690000002", {"prenom": "Client2"}), ("+237690000004", {"prenom": "Client4"})]
    assert (await campaigns.show(second)).name == "Rentrée 2"


async def test_a_preparation_in_the_background_finds_them_too(campaigns, monkeypatch):
    from smsflow.jobs.preparations import prepare_next
    from smsflow.services.campaigns import prepare
    from smsflow.services.messages.prepare import Limits

    monkeypatch.setattr(prepare, "SMALL", 5)
    await campaigns.open()
    second = await retried(campaigns, await finished(campaigns))
    table = (await campaigns.platform.directory.routing()).table
    async with campaigns.platform.database.transaction() as tx:
        await prepare.prepare(tx, campaigns.company, second, routes=table, limits=Limits(), links=None)
    begun = await campaigns.show(second)

    while await prepare_next(campaigns.platform, campaigns.company.id, second):
        pass

    done = await campaigns.show(second)
    assert (begun.state, begun.preparing["expected"]) == ("draft", 2)
    assert (done.state, done.last_place) == ("prepared", 2)


async def test_a_campaign_that_runs_or_of_which_nobody_can_be_reached_is_not_repeated(campaigns):
    await campaigns.open()
    campaign_id = await launched(campaigns)

    with pytest.raises(StateRefused):
        await retried(campaigns, campaign_id)
    await campaigns.turn(campaign_id)
    with pytest.raises(NotFound):
        await retried(campaigns, campaign_id)


async def test_a_name_that_is_taken_is_refused_and_else_the_next_free_number_is_added(campaigns):
    await campaigns.open()
    campaign_id = await finished(campaigns)

    with pytest.raises(AlreadyExists):
        await retried(campaigns, campaign_id, name="rentrée")
    made = [await retried(campaigns, campaign_id) for _ in range(2)]

    assert [(await campaigns.show(one)).name for one in made] == ["Rentrée 2", "Rentrée 3"]


async def test_a_repetition_can_be_edited_and_stays_one_until_it_gets_recipients_of_its_own(campaigns):
    await campaigns.open()
    second = await retried(campaigns, await finished(campaigns))
    counts = []

    for lists in ([], ["Clients"]):
        async with campaigns.platform.database.transaction() as tx:
            wanted = draft.Draft("Encore", "Rebonjour", lists=lists)
            await draft.edit(tx, campaigns.company, second, wanted, now=campaigns.now)
        counts.append((await campaigns.prepare(second)).recipients)

    assert counts == [2, 10]


async def test_a_duplicate_has_the_text_the_numbers_and_the_pace_and_no_time(campaigns):
    await campaigns.open()
    async with campaigns.platform.database.transaction() as tx:
        wanted = draft.Draft("Noël", "Joyeux Noël", numbers=["690000001", "690000002"])
        first = await draft.draft(tx, campaigns.company, wanted, now=campaigns.now)
        second = await again.duplicate(tx, campaigns.company.id, first, now=campaigns.now)

    cost = await campaigns.prepare(second)

    shown = await campaigns.show(second)
    assert (shown.name, shown.text, shown.starts_at, cost.recipients) == ("Noël 2", "Joyeux Noël", None, 2)


async def test_nobody_is_written_to_again_whose_recipients_are_not_kept_any_longer(campaigns):
    await campaigns.open()
    campaign_id = await finished(campaigns)
    async with campaigns.platform.database.transaction() as tx:
        await people.forget_recipients(tx, campaigns.company.id, campaign_id)
        split = await again.split(tx, campaigns.company.id, campaign_id)

    assert split == Split(0, 0, [], gone=True)
    with pytest.raises(NotFound):
        await retried(campaigns, campaign_id)
