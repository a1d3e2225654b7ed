"""Credits go back only for what cannot be on a handset (ADR 1), whichever way a message ends; late answers settle what they answer."""

import ast
from datetime import timedelta
from pathlib import Path

import pytest

import smsflow
from smsflow import testing
from smsflow.domain.delivery import Accepted, Deferred, Outlived, Rejected, Unanswered
from smsflow.domain.message import Kind, Status
from smsflow.services.messages import holding
from tests.dispatch.dispatcher import NUMBER, a_dispatcher
from tests.dispatch.stage import execute, query, sound, statuses

MINUTE = timedelta(seconds=61)
PACKAGE = Path(smsflow.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))


@pytest.fixture
async def dispatcher(platform):
    return await a_dispatcher(platform)


async def left(dispatcher):
    await sound(dispatcher.platform)
    return await testing.balance(dispatcher.platform, dispatcher.company)


async def is_sent_again(dispatcher, **fields):
    """Lose a first attempt and claim a second."""
    message, first = await dispatcher.loses(**fields)
    dispatcher.now += MINUTE
    await dispatcher.sweeps()
    (second,) = await dispatcher.claims()
    return message, first, second


async def outlives_its_validity(dispatcher):
    """Lose a first attempt, and let the message wait again until its validity has passed."""
    message, _ = await dispatcher.loses(valid_until=dispatcher.now + timedelta(minutes=5))
    dispatcher.now += MINUTE
    await dispatcher.sweeps()
    dispatcher.now += timedelta(minutes=5)
    return message


@pytest.mark.parametrize(("outcome", "status"), [(Rejected("no"), Status.FAILED), (Outlived(), Status.EXPIRED)])
async def test_a_message_that_may_be_on_the_handset_stays_charged_when_its_second_attempt_ends(
    dispatcher, outcome, status
):
    message, _, second = await is_sent_again(dispatcher)
    await dispatcher.reports(second, outcome)

    assert await statuses(dispatcher.platform, [message]) == [status]
    assert await left(dispatcher) == 99


@pytest.mark.parametrize("outcome", [Rejected("no"), Outlived()])
async def test_a_message_that_never_left_is_returned_once_however_often_that_is_reported(dispatcher, outcome):
    await dispatcher.accepts()
    (claim,) = await dispatcher.claims()
    for _ in range(2):
        await dispatcher.reports(claim, outcome)

    assert await left(dispatcher) == 100


async def test_a_refusal_by_receipt_of_a_second_attempt_returns_nothing(dispatcher):
    message, _, second = await is_sent_again(dispatcher)
    await dispatcher.reports(second, Accepted(("r2",)))
    await dispatcher.receives("r2", Status.FAILED, refused=True)

    assert await statuses(dispatcher.platform, [message]) == [Status.FAILED]
    assert await left(dispatcher) == 99


async def test_a_refusal_by_receipt_after_a_late_yes_to_the_only_attempt_returns_the_credits(dispatcher):
    message, claim = await dispatcher.loses()
    await dispatcher.reports(claim, Accepted(("r1",)))
    await dispatcher.receives("r1", Status.FAILED, refused=True)

    assert await statuses(dispatcher.platform, [message]) == [Status.FAILED]
    assert await left(dispatcher) == 100


async def test_a_second_attempt_that_outlives_its_validity_in_the_queue_returns_nothing(dispatcher):
    message = await outlives_its_validity(dispatcher)
    async with dispatcher.platform.database.transaction() as tx:
        await holding.expire(tx, after=0, limit=10, now=dispatcher.now)

    assert await statuses(dispatcher.platform, [message]) == [Status.EXPIRED]
    assert await left(dispatcher) == 99


async def test_a_second_attempt_whose_connector_is_out_of_order_returns_nothing_when_its_validity_ends(dispatcher):
    message = await outlives_its_validity(dispatcher)
    await execute(dispatcher.platform, "UPDATE connector SET enabled = false")
    dispatcher.platform.directory.forget()
    await dispatcher.sweep._fall_back()

    assert await statuses(dispatcher.platform, [message]) == [Status.EXPIRED]
    assert await left(dispatcher) == 99


async def test_a_guess_moves_no_money(dispatcher):
    message, _ = await dispatcher.loses(kind=Kind.MARKETING)
    await dispatcher.receives("foreign", Status.FAILED, refused=True)
    await dispatcher.waits_for_answers()

    assert await statuses(dispatcher.platform, [message]) == [Status.FAILED]
    assert await left(dispatcher) == 99


async def test_a_late_yes_while_the_message_waits_again_settles_it_and_it_is_not_sent_twice(dispatcher):
    message, first = await dispatcher.loses()
    dispatcher.now += MINUTE
    await dispatcher.sweep._resend_unknown()
    await dispatcher.reports(first, Accepted(("r1",)))
    assert await statuses(dispatcher.platform, [message]) == [Status.SENT]

    dispatcher.now += timedelta(hours=1)
    await dispatcher.sweeps()
    assert await dispatcher.claims() == []
    await dispatcher.receives("r1", Status.DELIVERED)
    assert await statuses(dispatcher.platform, [message]) == [Status.DELIVERED]
    assert await left(dispatcher) == 99


@pytest.mark.parametrize("kind", [Kind.OTP, Kind.TRANSACTIONAL])
async def test_a_late_temporary_no_lets_the_message_wait_again(dispatcher, kind):
    message, claim = await dispatcher.loses(kind=kind)
    for _ in range(2):
        await dispatcher.reports(claim, Deferred("ESME_RMSGQFUL", 5))
    assert await statuses(dispatcher.platform, [message]) == [Status.RECEIVED]
    assert await query(dispatcher.platform, "SELECT 1 FROM unknown_outcome") == []

    dispatcher.now += timedelta(seconds=6)
    await dispatcher.sweeps()
    (again,) = await dispatcher.claims()
    assert (again.id, again.attempt) == (message, 2)
    await dispatcher.reports(again, Rejected("no"))
    assert await left(dispatcher) == 100


async def test_a_late_temporary_no_to_marketing_ends_it_and_returns_the_credits_once(dispatcher):
    message, claim = await dispatcher.loses(kind=Kind.MARKETING)
    for _ in range(2):
        await dispatcher.reports(claim, Deferred("ESME_RTHROTTLED", 5))

    assert await statuses(dispatcher.platform, [message]) == [Status.FAILED]
    assert await left(dispatcher) == 100


async def test_a_late_no_to_the_second_attempt_returns_nothing_while_the_first_may_be_on_the_handset(dispatcher):
    message, _, second = await is_sent_again(dispatcher)
    await dispatcher.reports(second, Unanswered("no answer"))
    await dispatcher.reports(second, Rejected("no"))

    assert await statuses(dispatcher.platform, [message]) == [Status.FAILED]
    assert await left(dispatcher) == 99


@pytest.mark.parametrize("no", [Rejected("no"), Deferred("ESME_RSYSERR", 5)])
@pytest.mark.parametrize("second_is_lost", [True, False])
async def test_noes_to_every_attempt_return_the_credits_in_whatever_order_they_come(dispatcher, no, second_is_lost):
    message, first, second = await is_sent_again(dispatcher)
    if second_is_lost:
        await dispatcher.reports(second, Unanswered("no answer"))
    for _ in range(2):
        await dispatcher.reports(first, no)
    await dispatcher.reports(second, Rejected("no"))

    assert await statuses(dispatcher.platform, [message]) == [Status.FAILED]
    assert await left(dispatcher) == 100


async def test_a_no_that_is_reported_twice_counts_once(dispatcher):
    _message, first, second = await is_sent_again(dispatcher)
    await dispatcher.reports(second, Unanswered("no answer"))
    dispatcher.now += 4 * MINUTE
    await dispatcher.sweeps()
    (third,) = await dispatcher.claims()
    for _ in range(2):
        await dispatcher.reports(first, Deferred("ESME_RSYSERR", 5))
    await dispatcher.reports(third, Rejected("no"))

    assert await left(dispatcher) == 99


async def test_a_refusal_that_comes_late_while_the_message_waits_again_ends_it(dispatcher):
    message, first = await dispatcher.loses()
    dispatcher.now += MINUTE
    await dispatcher.sweep._resend_unknown()
    await dispatcher.reports(first, Rejected("no"))

    assert await statuses(dispatcher.platform, [message]) == [Status.FAILED]
    assert await left(dispatcher) == 100


async def test_one_message_that_is_reported_twice_in_a_batch_is_returned_once(dispatcher):
    await dispatcher.sends("r1")
    await dispatcher.receives("r1", Status.FAILED, refused=True, number=NUMBER)
    await dispatcher.receives("r1", Status.FAILED, refused=True, number=NUMBER)

    assert await left(dispatcher) == 100


def imports(module):
    """Return what a module imports, as `package.name`."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    return {
        f"{node.module}.{name.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for name in node.names
    }


def test_one_place_closes_messages_and_decides_whether_credits_go_back():
    closers = {str(m.relative_to(PACKAGE)) for m in MODULES if "smsflow.store.messages.closing.Closed" in imports(m)}
    deciders = {str(m.relative_to(PACKAGE)) for m in MODULES if "smsflow.domain.delivery.returns_credits" in imports(m)}

    assert closers == deciders == {"services/messages/closing.py"}
