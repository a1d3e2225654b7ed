"""Permission to send to a number, decided in the transaction that accepts the SMS."""

from datetime import UTC, datetime, timedelta

from smsflow import testing
from smsflow.domain.message import Kind
from smsflow.domain.schedule import Hours, Policy
from smsflow.errors import DailyLimitReached, NotEnoughCredits, OptedOut, OutsideHours
from smsflow.services.campaigns.turns import set_policy
from smsflow.services.contacts import optouts
from tests.dispatch import stage
from tests.dispatch.stage import execute, query, sound
from tests.services.messages.test_submit import an_intake, answers, kinds

# 13:00 in Douala.
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
ALLOWED = Policy("CM", "Africa/Douala")
AWA = "+237690000001"


def a_message(company, connector_id, **fields):
    return stage.a_message(company, connector_id, number=AWA, **fields)


async def opened(platform, *, policy=ALLOWED, credits=10):
    company = await testing.a_company(platform, credits=credits)
    async with platform.database.transaction() as tx:
        await set_policy(tx, policy)
    return company


async def opt_out(platform, company, message, scope):
    async with platform.database.transaction() as tx:
        await optouts.opt_out(tx, company.id, [message.number], scope=scope, source="manual", author="awa", now=NOON)


async def accepted(platform, *batch, now=NOON):
    async with an_intake(platform, lambda: now) as intake:
        return await answers(intake, *batch)


async def test_marketing_to_somebody_who_opted_out_of_it_is_refused_and_not_charged(platform):
    company = await opened(platform)
    messages = [a_message(company, 1, kind=kind) for kind in Kind]
    await opt_out(platform, company, messages[0], "marketing")

    found = await accepted(platform, *messages)

    assert kinds(found) == [int, int, OptedOut]
    assert await testing.balance(platform, company) == 8
    await sound(platform)


async def test_somebody_who_opted_out_of_all_gets_nothing_but_codes(platform):
    company = await opened(platform)
    messages = [a_message(company, 1, kind=kind) for kind in Kind]
    await opt_out(platform, company, messages[0], "all")

    found = await accepted(platform, *messages)

    assert kinds(found) == [int, OptedOut, OptedOut]
    await sound(platform)


async def test_an_opt_out_holds_for_its_company_alone(platform):
    one, other = await opened(platform), await testing.a_company(platform, name="Autre")
    await opt_out(platform, one, a_message(one, 1), "all")

    assert kinds(await accepted(platform, a_message(other, 1, kind=Kind.MARKETING))) == [int]


async def test_without_opt_outs_transactional_sms_are_accepted_by_one_statement(platform, monkeypatch):
    company = await opened(platform)
    await opt_out(platform, company, a_message(company, 1), "marketing")
    monkeypatch.setattr("smsflow.services.messages.intake.submit", None)

    assert kinds(await accepted(platform, a_message(company, 1))) == [int]


async def test_a_refusal_outside_the_hours_says_from_when_marketing_may_leave(platform):
    company = await opened(platform, policy=Policy("CM", "Africa/Douala", Hours(6 * 60, 22 * 60)))
    night = NOON + timedelta(hours=10)
    morning = datetime(2026, 11, 27, 5, tzinfo=UTC)
    now, later = (a_message(company, 1, kind=Kind.MARKETING, due_at=due) for due in (None, morning))

    found = await accepted(platform, now, later, now=night)

    assert kinds(found) == [OutsideHours, int]
    assert found[0].details["opens"] == morning


async def test_hours_that_a_company_tightened_hold_for_its_marketing_alone(platform):
    company = await opened(platform)
    await execute(platform, "UPDATE company SET marketing_opens = 840 WHERE id = :id", id=company.id)

    found = await accepted(
        platform, *(a_message(company, 1, kind=kind) for kind in (Kind.MARKETING, Kind.TRANSACTIONAL))
    )

    assert kinds(found) == [OutsideHours, int]


async def test_a_person_gets_no_more_marketing_a_day_than_the_policy_says_over_all_companies(platform):
    one = await opened(platform, policy=Policy("CM", "Africa/Douala", per_day=3))
    other = await testing.a_company(platform, name="Autre")
    batch = [a_message(c, 1, kind=Kind.MARKETING) for c in (one, other, one, other)]

    found = await accepted(platform, *batch, a_message(one, 1))

    assert kinds(found).count(DailyLimitReached) == 1
    assert type(found[-1]) is int
    assert await testing.balance(platform, one) + await testing.balance(platform, other) == 16


async def test_marketing_that_cannot_be_paid_is_not_counted_for_the_day(platform):
    company = await opened(platform, policy=Policy("CM", "Africa/Douala", per_day=3), credits=1)

    found = await accepted(platform, *(a_message(company, 1, kind=Kind.MARKETING) for _ in range(3)))

    assert kinds(found) == [int, NotEnoughCredits, NotEnoughCredits]
    assert await query(platform, "SELECT messages FROM marketing_count") == [(1,)]


async def test_planned_marketing_counts_for_the_day_that_it_leaves(platform):
    company = await opened(platform, policy=Policy("CM", "Africa/Douala", per_day=1))
    days = [None, NOON + timedelta(days=1), NOON + timedelta(days=1)]

    found = await accepted(platform, *(a_message(company, 1, kind=Kind.MARKETING, due_at=due) for due in days))

    assert kinds(found) == [int, int, DailyLimitReached]
