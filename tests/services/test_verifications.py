"""Codes and the SMS that carry them."""

import secrets
import unicodedata
from datetime import timedelta

import pytest

from smsflow import runtime, testing
from smsflow.dispatch import recorder
from smsflow.domain import segments
from smsflow.domain.delivery import Deferred, NotSent
from smsflow.domain.message import Status
from smsflow.domain.verification import CodeState
from smsflow.errors import NotEnoughCredits
from smsflow.services import verifications
from smsflow.services.messages import tallies
from smsflow.services.messages.cancel import cancel
from smsflow.services.messages.outcomes import Graces, Report, Way
from smsflow.services.messages.overdue import resend_unknown
from smsflow.services.messages.prepare import Limits
from smsflow.store.messages import queue, unknowns
from smsflow.store.routing import dispatchers
from tests.dispatch.stage import query, sound

_NOW = runtime.now()
_LATER = _NOW + timedelta(seconds=31)


@pytest.fixture
async def send(platform):
    await testing.a_route(platform)

    async def send(company, *, now=_NOW):
        routes = (await platform.directory.routing()).table
        async with platform.database.transaction() as tx:
            return await verifications.send_code(
                tx,
                company,
                routes,
                "690000001",
                900,
                vault=platform.vault,
                randbelow=secrets.randbelow,
                now=now,
                limits=Limits(),
            )

    return send


async def statuses(platform):
    return [r.status for r in await query(platform, "SELECT status FROM message ORDER BY id")]


async def shown(platform, company, code):
    async with platform.database.transaction() as tx:
        return (await verifications.show_code(tx, company.id, code.id, vault=platform.vault, now=_LATER)).state


async def test_the_sms_of_a_replaced_code_is_cancelled_while_it_waits(platform, send):
    company = await testing.a_company(platform, credits=1)
    first = await send(company)
    second = await send(company, now=_LATER)

    assert await statuses(platform) == [Status.CANCELLED, Status.RECEIVED]
    assert await testing.balance(platform, company) == 0
    assert await shown(platform, company, first) is CodeState.REPLACED
    assert await shown(platform, company, second) is CodeState.SENT
    await sound(platform)


async def test_the_sms_of_a_code_leaves_as_it_was_counted(platform, send):
    company = await testing.a_company(platform, name=unicodedata.normalize("NFD", "École Bélé"), credits=1)
    code = await send(company)

    (stored,) = await query(platform, "SELECT text, segments FROM message")
    said = platform.vault.open(stored.text)
    assert (stored.segments, segments.count(said)) == (1, 1)
    assert f"École Bélé est {code.code}" in said


async def test_the_sms_of_a_replaced_code_that_has_left_stays_as_it_is(platform, send):
    company = await testing.a_company(platform, credits=2)
    await send(company)
    async with platform.database.transaction() as tx:
        instance = await dispatchers.register(tx, host="test", pid=1, now=_NOW)
    (waiting,) = await query(platform, "SELECT connector_id FROM queue")
    async with platform.database.autocommit() as tx:
        await queue.claim(tx, waiting.connector_id, instance_id=instance, limit=1)
    await send(company, now=_LATER)

    assert await statuses(platform) == [Status.RECEIVED, Status.RECEIVED]
    assert await testing.balance(platform, company) == 0


@pytest.mark.parametrize("outcome", [Deferred("full", 5), NotSent()])
async def test_the_sms_of_a_replaced_code_that_comes_back_from_its_lane_is_cancelled(platform, send, outcome):
    company = await testing.a_company(platform, credits=2)
    await send(company)
    async with platform.database.transaction() as tx:
        instance = await dispatchers.register(tx, host="test", pid=1, now=_NOW)
    (waiting,) = await query(platform, "SELECT connector_id FROM queue")
    async with platform.database.autocommit() as tx:
        (first,) = await queue.claim(tx, waiting.connector_id, instance_id=instance, limit=1)
    await send(company, now=_LATER)

    way = Way(waiting.connector_id, waiting.connector_id, instance, Graces())
    await recorder.record(platform.database, way, [Report(first.id, first.attempt, outcome)], now=_LATER)

    assert await statuses(platform) == [Status.CANCELLED, Status.RECEIVED]
    assert await testing.balance(platform, company) == 1
    await sound(platform)


async def test_a_new_code_that_is_refused_leaves_the_one_before(platform, send):
    company = await testing.a_company(platform, credits=1)
    first = await send(company)
    async with platform.database.transaction() as tx:
        await tx.execute("UPDATE queue SET losses = 1")
    with pytest.raises(NotEnoughCredits):
        await send(company, now=_LATER)

    assert await statuses(platform) == [Status.RECEIVED]
    assert await shown(platform, company, first) is CodeState.SENT


@pytest.mark.parametrize("over", ["used", "replaced", None])
async def test_a_code_that_was_used_or_replaced_is_not_sent_again(platform, send, over):
    company = await testing.a_company(platform, credits=5)
    code = await send(company)
    (waiting,) = await query(platform, "SELECT message_id FROM queue")
    async with platform.database.transaction() as tx:
        await unknowns.mark(tx, [unknowns.Unsure(waiting.message_id, _LATER, _LATER)], now=_NOW)
    if over == "used":
        async with platform.database.transaction() as tx:
            check = verifications.check_code(tx, company, "690000001", code.code, vault=platform.vault, now=_NOW)
            assert await check is None
    elif over == "replaced":
        await send(company, now=_LATER)
    table = (await platform.directory.routing()).table
    async with platform.database.transaction() as tx:
        again = [await resend_unknown(tx, table, limit=10, now=_LATER) for _ in range(2)]

    assert again == [int(over is None), 0]
    assert (await statuses(platform))[0] == (Status.RECEIVED if over is None else Status.UNKNOWN)
    assert await testing.balance(platform, company) == (3 if over == "replaced" else 4)


async def test_a_code_whose_sms_was_cancelled_has_failed(platform, send):
    company = await testing.a_company(platform, credits=1)
    code = await send(company)
    (message,) = await query(platform, "SELECT id FROM message")
    async with platform.database.transaction() as tx:
        assert await cancel(tx, [message.id], now=_NOW) == [None]

    assert await shown(platform, company, code) is CodeState.FAILED


async def test_a_code_that_is_verified_counts_once_for_its_day_and_operator(platform, send):
    company, other = await testing.a_company(platform, credits=5), await testing.a_company(platform, name="Autre")
    first = await send(company)
    second = await send(company, now=_LATER)

    for given in ("nonsense", second.code, second.code, first.code):
        async with platform.database.transaction() as tx:
            await verifications.check_code(tx, company, "690000001", given, vault=platform.vault, now=_LATER)

    async def counted(of):
        async with platform.database.transaction() as tx:
            return await verifications.conversion(tx, of.id, since=_NOW - timedelta(days=1), timezone="UTC")

    (before,) = await counted(company)
    async with platform.database.transaction() as tx:
        await tallies.fold(tx)
    (day,) = await counted(company)
    assert day == before
    assert (day.figures.accepted, day.figures.cancelled, day.figures.verified) == (2, 1, 1)
    assert await counted(other) == []


async def test_counting_anew_keeps_what_was_verified(platform, send):
    company = await testing.a_company(platform, credits=5)
    code = await send(company)
    async with platform.database.transaction() as tx:
        await verifications.check_code(tx, company, "690000001", code.code, vault=platform.vault, now=_LATER)
    await query(platform, "INSERT INTO tally_recount VALUES (:now) RETURNING due_at", now=_NOW)

    async with platform.database.transaction() as tx:
        assert await tallies.recount(tx, now=_LATER)

    async with platform.database.transaction() as tx:
        (day,) = await verifications.conversion(tx, company.id, since=_NOW - timedelta(days=1), timezone="UTC")
    assert (day.figures.accepted, day.figures.verified) == (1, 1)
