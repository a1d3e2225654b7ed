"""Approval through the services: who may let a campaign leave, and what takes the approval away."""

from datetime import timedelta
from functools import partial

import pytest

from smsflow import runtime, testing
from smsflow.errors import ApprovalNeeded, NotEnoughCredits, OwnCampaign, ParameterInvalid, StateRefused
from smsflow.services.accounts import companies
from smsflow.services.campaigns import approval, draft, prepare
from smsflow.services.messages.prepare import Limits

NOW = runtime.now()


@pytest.fixture
def shop(platform):
    return Shop(platform)


class Shop:
    """A company that demands approval, with one campaign."""

    def __init__(self, platform):
        self.platform = platform

    async def open(self, *, credits=10, author="awa", starts_at=None):
        company = await testing.a_company(self.platform, credits=credits)
        await testing.a_route(self.platform)
        async with self.platform.database.transaction() as tx:
            await companies.change(tx, company.id, {"approval": True}, most_segments=10)
            self.company = (await companies.account(tx, company.id)).company
            self.wanted = draft.Draft("Soldes", "Bonjour", numbers=["690000001", "690000002"], starts_at=starts_at)
            self.id = await draft.draft(tx, self.company, self.wanted, author=author, now=NOW)
        await self.prepare()
        return self

    async def prepare(self):
        table = (await self.platform.directory.routing()).table
        async with self.platform.database.transaction() as tx:
            await prepare.prepare(tx, self.company, self.id, routes=table, limits=Limits(), links=None)

    async def do(self, act, **how):
        async with self.platform.database.transaction() as tx:
            return await act(tx, self.company.id, self.id, now=NOW, **how)

    async def seen(self):
        async with self.platform.database.autocommit() as tx:
            return await draft.show(tx, self.company.id, self.id)

    async def edit(self, author):
        async with self.platform.database.transaction() as tx:
            await draft.edit(tx, self.company, self.id, self.wanted, author=author, now=NOW)


async def test_a_person_who_may_not_approve_cannot_launch_where_approval_is_demanded(shop):
    await shop.open()

    with pytest.raises(ApprovalNeeded):
        async with shop.platform.database.transaction() as tx:
            await approval.launch(tx, shop.company, shop.id, approver=False, now=NOW)

    assert (await shop.seen()).state == "prepared"


async def test_an_approval_launches_what_was_submitted_and_reserves_its_credits(shop):
    await shop.open()
    await shop.do(approval.submit, author="awa")

    state = await shop.do(approval.approve, reviewer="clarisse")

    assert (state, (await shop.seen()).reserved) == ("running", 2)


async def test_an_approval_plans_what_has_a_date(shop):
    await shop.open(starts_at=NOW + timedelta(hours=2))
    await shop.do(approval.submit, author="awa")

    assert await shop.do(approval.approve, reviewer="clarisse") == "scheduled"


@pytest.mark.parametrize("somebody", ["awa", "bea", "carole"])
@pytest.mark.parametrize("act", [approval.approve, partial(approval.send_back, reason="non")])
async def test_nobody_reviews_what_they_wrote_changed_or_submitted(shop, somebody, act):
    await shop.open(author="awa")
    await shop.edit("bea")
    await shop.prepare()
    await shop.do(approval.submit, author="carole")

    with pytest.raises(OwnCampaign):
        await shop.do(act, reviewer=somebody)

    assert (await shop.seen()).state == "approval"


async def test_a_campaign_that_is_sent_back_says_why_and_can_be_submitted_again(shop):
    await shop.open()
    await shop.do(approval.submit, author="awa")

    await shop.do(approval.send_back, reviewer="clarisse", reason=" Trop long. ")
    seen = await shop.seen()
    await shop.do(approval.submit, author="awa")

    assert (seen.state, seen.why) == ("prepared", "Trop long.")
    assert ((await shop.seen()).state, (await shop.seen()).why) == ("approval", "")


async def test_a_campaign_is_not_sent_back_without_a_reason(shop):
    await shop.open()
    await shop.do(approval.submit, author="awa")

    with pytest.raises(ParameterInvalid):
        await shop.do(approval.send_back, reviewer="clarisse", reason=" ")


async def test_a_change_takes_the_approval_away_and_gives_the_reserve_back(shop):
    await shop.open(starts_at=NOW + timedelta(hours=2))
    await shop.do(approval.submit, author="awa")
    await shop.do(approval.approve, reviewer="clarisse")

    await shop.edit("awa")

    seen = await shop.seen()
    assert (seen.state, seen.reserved, seen.launched_at) == ("draft", 0, None)
    async with shop.platform.database.autocommit() as tx:
        assert (await approval.people(tx, shop.company.id, shop.id)).reviewed_by is None
    assert await testing.broken_invariants(shop.platform) == []


async def test_an_approval_that_cannot_be_paid_changes_nothing(shop):
    await shop.open(credits=1)
    await shop.do(approval.submit, author="awa")

    with pytest.raises(NotEnoughCredits):
        await shop.do(approval.approve, reviewer="clarisse")

    assert (await shop.seen()).state == "approval"


async def test_a_campaign_that_was_not_submitted_is_not_approved(shop):
    await shop.open()

    with pytest.raises(StateRefused):
        await shop.do(approval.approve, reviewer="clarisse")
