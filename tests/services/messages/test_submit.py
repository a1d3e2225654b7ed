"""Accepting: stored, charged and queued together, and each refusal is its message's alone."""

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from psycopg.errors import OperationalError

from smsflow import runtime, testing
from smsflow.domain.message import Kind, Status
from smsflow.errors import AccountSuspended, NotEnoughCredits, TooManyRequests, Unavailable
from smsflow.services.messages import intake as intake_module
from smsflow.services.messages.intake import Intake
from tests.dispatch.stage import a_message, accepted, execute, query, row, sound, top_up

_NOBODY = 999_999


@asynccontextmanager
async def an_intake(platform, clock=runtime.now, *, bound=10_000):
    intake = Intake(platform.database, clock, fingerprint=platform.vault.fingerprint, most=500, bound=bound)
    running = asyncio.create_task(intake.run())
    try:
        yield intake
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def answers(intake, *batch):
    return await asyncio.gather(*(intake.submit(m) for m in batch), return_exceptions=True)


def kinds(found):
    return [type(a) for a in found]


async def test_fifty_at_once_with_ten_credits_are_exactly_ten(platform):
    company = await testing.a_company(platform, credits=10)
    async with an_intake(platform) as intake:
        found = await answers(intake, *[a_message(company, 1) for _ in range(50)])

    assert kinds(found).count(int) == 10
    assert kinds(found).count(NotEnoughCredits) == 40
    assert await testing.balance(platform, company) == 0
    await sound(platform)


async def test_two_processes_share_ten_credits(platform):
    company = await testing.a_company(platform, credits=10)
    async with an_intake(platform) as one, an_intake(platform) as other:
        found = await asyncio.gather(
            *(i.submit(a_message(company, 1)) for _ in range(25) for i in (one, other)), return_exceptions=True
        )

    assert kinds(found).count(int) == 10
    await sound(platform)


async def test_only_the_poor_company_of_a_batch_is_refused(platform):
    rich = await testing.a_company(platform, name="rich", credits=100)
    poor = await testing.a_company(platform, name="poor", credits=1)
    batch = [a_message(c, 1) for _ in range(3) for c in (rich, poor)]
    async with an_intake(platform) as intake:
        found = await answers(intake, *batch)

    assert [type(a) for a in found[::2]] == [int] * 3
    assert [type(a) for a in found[1::2]] == [int, NotEnoughCredits, NotEnoughCredits]
    await sound(platform)


async def test_a_short_message_goes_after_a_long_one_that_was_too_dear(platform):
    company = await testing.a_company(platform, credits=2)
    async with an_intake(platform) as intake:
        found = await answers(intake, a_message(company, 1, segments=3), a_message(company, 1))

    assert kinds(found) == [NotEnoughCredits, int]
    assert "3" in str(found[0])
    assert await testing.balance(platform, company) == 1
    await sound(platform)


async def test_a_suspended_company_is_refused_and_not_charged(platform):
    company = await testing.a_company(platform, credits=10, suspended=True)
    async with an_intake(platform) as intake:
        found = await answers(intake, a_message(company, 1))

    assert kinds(found) == [AccountSuspended]
    assert await testing.balance(platform, company) == 10
    await sound(platform)


async def test_a_company_that_does_not_exist_is_refused(platform):
    async with an_intake(platform) as intake:
        found = await answers(intake, a_message(_NOBODY, 1))

    assert kinds(found) == [AccountSuspended]


async def test_a_send_rate_is_a_bucket_of_one_second(platform):
    company = await testing.a_company(platform, credits=100, send_rate=5)
    moment = runtime.now()
    async with an_intake(platform, lambda: moment) as intake:
        first = await answers(intake, *[a_message(company, 1) for _ in range(8)])
        moment += timedelta(seconds=0.4)
        second = await answers(intake, *[a_message(company, 1) for _ in range(8)])

    assert kinds(first).count(int) == 5
    assert kinds(first).count(TooManyRequests) == 3
    assert kinds(second).count(int) == 2
    await sound(platform)


async def test_one_ledger_line_per_company_and_batch(platform):
    company = await testing.a_company(platform, credits=10)
    await accepted(platform, *[a_message(company, 1, segments=2) for _ in range(3)])
    lines = await query(platform, "SELECT amount, messages FROM ledger WHERE reason = 'charge'")

    assert [tuple(line) for line in lines] == [(-6, 3)]


async def test_a_poisonous_row_fails_alone(platform):
    company = await testing.a_company(platform, credits=10)
    batch = [a_message(company, 1), a_message(company, 1, text="a\x00b"), a_message(company, 1)]
    async with an_intake(platform) as intake:
        found = await answers(intake, *batch)

    assert kinds(found) == [int, Unavailable, int]
    assert await testing.balance(platform, company) == 8
    await sound(platform)


async def test_a_stored_message_is_not_stored_again_when_the_rest_of_its_batch_fails(platform, monkeypatch):
    async def fail(*_, **__):
        raise ValueError("no decision")

    monkeypatch.setattr(intake_module, "submit", fail)
    rich = await testing.a_company(platform, name="rich", credits=100)
    poor = await testing.a_company(platform, name="poor", credits=0)
    async with an_intake(platform) as intake:
        found = await answers(intake, a_message(rich, 1), a_message(poor, 1))

    assert kinds(found) == [int, Unavailable]
    assert await testing.balance(platform, rich) == 99
    await sound(platform)


async def test_a_database_that_is_away_refuses_and_charges_nothing(platform, monkeypatch):
    company = await testing.a_company(platform, credits=10)
    async with an_intake(platform) as intake:

        async def away(*_, **__):
            raise OperationalError("away")

        with monkeypatch.context() as patch:
            patch.setattr(intake_module.accept, "accept", away)
            found = await answers(intake, a_message(company, 1), a_message(company, 1))
        later = await answers(intake, a_message(company, 1))

    assert kinds(found) == [Unavailable] * 2
    assert kinds(later) == [int]
    assert await testing.balance(platform, company) == 9


async def test_beyond_its_bound_the_intake_refuses(platform):
    company = await testing.a_company(platform, credits=10)
    async with an_intake(platform, bound=2) as intake:
        found = await answers(intake, *[a_message(company, 1) for _ in range(5)])

    assert kinds(found) == [int, int, Unavailable, Unavailable, Unavailable]
    await sound(platform)


async def test_a_client_that_went_away_does_not_keep_the_others_from_their_answer(platform):
    company = await testing.a_company(platform, credits=10)
    async with an_intake(platform) as intake:
        gone = asyncio.create_task(intake.submit(a_message(company, 1)))
        await asyncio.sleep(0)
        gone.cancel()
        found = await answers(intake, a_message(company, 1))

    assert kinds(found) == [int]
    await sound(platform)


async def test_a_top_up_lets_the_next_message_go(platform):
    company = await testing.a_company(platform, credits=0)
    async with an_intake(platform) as intake:
        before = await answers(intake, a_message(company, 1))
        await top_up(platform, company, 1)
        after = await answers(intake, a_message(company, 1))

    assert kinds(before + after) == [NotEnoughCredits, int]
    await sound(platform)


async def test_a_planned_message_is_charged_when_it_is_accepted(platform):
    company = await testing.a_company(platform, credits=10)
    due = runtime.now() + timedelta(days=2)
    (message,) = await accepted(platform, a_message(company, 1, due_at=due))
    found = await row(platform, message)

    assert (found.status, found.planned_at) == (Status.PLANNED, due)
    assert await testing.balance(platform, company) == 9
    await sound(platform)


async def test_a_text_comes_back_as_it_went_in(platform):
    company = await testing.a_company(platform, credits=10)
    texts = ['"', "\\", '\\"', "{a,b}", "NULL", "", " é€ ", "\n\t", "'); DROP TABLE message; --"]
    ids = await accepted(platform, *[a_message(company, 1, text=t) for t in texts])

    assert [(await row(platform, i)).text for i in ids] == texts


async def test_ids_grow_in_the_order_of_the_batch(platform):
    company = await testing.a_company(platform, credits=100)
    ids = await accepted(platform, *[a_message(company, 1) for _ in range(50)])

    assert ids == sorted(ids)


@pytest.mark.parametrize(
    ("damage", "invariant"),
    [
        ("UPDATE company SET balance = balance + 1", "a balance is the sum of its ledger lines"),
        (
            "ALTER TABLE company DROP CONSTRAINT company_balance_never_negative; UPDATE company SET balance = -1",
            "a balance is never below zero",
        ),
        (
            """INSERT INTO ledger (company_id, amount, reason, created_at) SELECT id, -1, 'charge', now() FROM company;
            UPDATE company SET balance = balance - 1""",
            "what was charged and not returned is what the messages say",
        ),
        (
            "UPDATE message SET charged = 2",
            "a message is charged its segments once, or not at all when it was returned or answers a STOP, START or HELP",
        ),
        (
            "UPDATE message SET charged = 0",
            "a message is charged its segments once, or not at all when it was returned or answers a STOP, START or HELP",
        ),
        ("DELETE FROM queue", "a message that waits to leave is in the queue"),
        ("UPDATE message SET status = 3", "a message that has ended is not in the queue"),
        ("DELETE FROM message", "what is in the queue is a message"),
    ],
)
async def test_the_ledgers_proof_finds(platform, damage, invariant):
    company = await testing.a_company(platform, credits=10)
    await accepted(platform, a_message(company, 1, kind=Kind.MARKETING))
    await sound(platform)
    for statement in damage.split(";"):
        await execute(platform, statement)

    assert invariant in {b.invariant for b in await testing.broken_invariants(platform)}


async def test_the_reserve_of_a_campaign_pays_for_nothing_else_and_the_refusal_says_what_is_left(platform):
    company = await testing.a_company(platform, credits=10)
    await execute(platform, "UPDATE company SET reserved = 8 WHERE id = :id", id=company.id)
    async with an_intake(platform) as intake:
        found = await answers(intake, a_message(company, 1, segments=3), a_message(company, 1, segments=2))

    assert kinds(found) == [NotEnoughCredits, int]
    assert found[0].details == {"needed": 3, "balance": 2}
