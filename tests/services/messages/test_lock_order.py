"""The order of locks (docs/architecture.md): whoever waits for a row holds none that stands behind it in that order."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from smsflow import runtime, testing
from smsflow.dispatch import recorder
from smsflow.domain.delivery import Accepted, Deferred, NotSent, Rejected, Unanswered
from smsflow.domain.message import Kind, Status
from smsflow.domain.optout import Command
from smsflow.services.contacts import by_sms, optouts
from smsflow.services.contacts.by_sms import Asked
from smsflow.services.messages import outcomes, overdue
from smsflow.services.messages.cancel import cancel
from smsflow.services.messages.outcomes import Graces, Report, Way
from smsflow.services.messages.submit import submit
from smsflow.store import verifications
from smsflow.store.credits import alerts
from smsflow.store.messages import queue, unknowns
from smsflow.store.messages.receipts import News
from smsflow.store.postgres.transactions import text
from smsflow.store.routing import dispatchers
from tests.dispatch.stage import a_message, accepted, execute, query, sound, until

_QUEUE = "SELECT FROM queue WHERE message_id = :id FOR UPDATE"
_UNKNOWN = "SELECT FROM unknown_outcome WHERE message_id = :id FOR UPDATE"
_MESSAGE = "SELECT FROM message WHERE id = :id FOR NO KEY UPDATE"
_COMPANY = "SELECT FROM company WHERE id = :id FOR NO KEY UPDATE"
_SHARE = "SELECT FROM share WHERE company_id = :id FOR UPDATE"
_PERSON = "SELECT FROM marketing_count WHERE person = :id FOR UPDATE"
_CODE = "SELECT FROM verification WHERE message_id = :id FOR UPDATE"

# 13:00 in Douala: marketing may leave.
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.fixture
async def here(platform):
    here = Here(platform)
    await here.open()
    return here


class Here:
    """Companies with SMS on one connector, and what happens to these while another transaction holds a row."""

    def __init__(self, platform):
        self.platform = platform

    async def open(self):
        self.connector = await testing.a_connector(self.platform)
        self.company = await testing.a_company(self.platform, credits=20)
        async with self.platform.database.transaction() as tx:
            instance = await dispatchers.register(tx, host="test", pid=1, now=runtime.now())
        self.way = Way(self.connector, self.connector, instance, Graces())

    async def accept(self, *companies, **fields):
        return await accepted(self.platform, *(a_message(c, self.connector, **fields) for c in companies))

    async def claim(self):
        async with self.platform.database.autocommit() as tx:
            return await queue.claim(tx, self.connector, instance_id=self.way.instance_id, limit=10)

    async def record(self, *reports):
        await recorder.record(self.platform.database, self.way, reports, now=runtime.now())

    async def in_transaction(self, act, *arguments, **named):
        async with self.platform.database.transaction() as tx:
            return await act(tx, *arguments, now=runtime.now(), **named)

    async def waits_again(self):
        """Return the claim of an SMS that may have left, is known to the operator as r1 and waits to be sent again."""
        await self.accept(self.company)
        (first,) = await self.claim()
        await self.record(Report(first.id, 1, Unanswered("?")))
        async with self.platform.database.transaction() as tx:
            await unknowns.requeue(tx, [(first.id, self.connector)], now=runtime.now())
        await self.in_transaction(overdue.release_due, limit=10)
        await self.claim()
        await self.record(Report(first.id, 2, Deferred("full", 60.0)), Report(first.id, 1, Accepted(("r1",))))
        return first

    async def is_unknown(self):
        """Return the claim of an SMS that may have left."""
        await self.accept(self.company)
        (claimed,) = await self.claim()
        await self.record(Report(claimed.id, 1, Unanswered("?")))
        return claimed

    def receipt(self, claim):
        news = News(self.connector, "r1", Status.FAILED, True, "x", claim.number, claim.sender)
        return recorder.receive(self.platform.database, [news], policy="all", forms=lambda _: (), now=runtime.now())

    async def waits(self, row, id_, act, *free):
        """Begin an act while the row of an id is held, and tell which of the `free` rows, as (statement, id), it holds; let it end."""
        async with self.platform.database.transaction() as tx:
            await tx.execute(text(row), {"id": id_})
            acting = asyncio.ensure_future(act)
            await until(self.is_waiting)
            held = [(statement, other) for statement, other in free if not await self.is_free(statement, other)]
        await acting
        await sound(self.platform)
        return held

    async def is_waiting(self):
        waiting = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        return bool(await query(self.platform, waiting))

    async def is_free(self, statement, id_):
        return bool(await query(self.platform, f"{statement} SKIP LOCKED", id=id_))


async def test_a_receipt_of_an_sms_that_waits_again_gives_way_to_its_cancel(here):
    claim = await here.waits_again()

    async with here.platform.database.transaction() as tx:
        await queue.keep_back(tx, [claim.id])
        receiving = asyncio.ensure_future(here.receipt(claim))
        await until(here.is_waiting)
        await cancel(tx, [claim.id], now=runtime.now())
    await receiving

    assert await query(here.platform, "SELECT status FROM message") == [(Status.FAILED,)]
    await sound(here.platform)


async def test_a_receipt_locks_the_place_in_the_queue_before_the_message(here):
    claim = await here.waits_again()
    rows = [(_MESSAGE, claim.id), (_COMPANY, here.company.id)]

    assert await here.waits(_QUEUE, claim.id, here.receipt(claim), *rows) == []


async def test_a_late_refusal_locks_what_is_unknown_before_the_message(here):
    claim = await here.is_unknown()
    rows = [(_MESSAGE, claim.id), (_COMPANY, here.company.id)]
    late = here.record(Report(claim.id, 1, Rejected("no")))

    assert await here.waits(_UNKNOWN, claim.id, late, *rows) == []


async def test_sending_again_asks_for_a_code_before_it_locks_the_message(here):
    claim = await here.is_unknown()
    async with here.platform.database.transaction() as tx:
        await verifications.add(
            tx, here.company.id, message_id=claim.id, number=claim.number, code_sealed="", timeout=60,
            now=runtime.now(), expires_at=runtime.now(),
        )  # fmt: skip
        table = (await here.platform.directory.routing()).table
    later = runtime.now() + timedelta(minutes=2)

    async def resend():
        async with here.platform.database.transaction() as tx:
            await overdue.resend_unknown(tx, table, limit=10, now=later)

    assert await here.waits(_CODE, claim.id, resend(), (_UNKNOWN, claim.id), (_MESSAGE, claim.id)) == []


@pytest.mark.parametrize("how", ["accepted", "given back"])
async def test_answers_lock_the_queue_in_the_order_of_ids_whatever_their_own_is(here, how):
    first, second = await here.accept(here.company, here.company)
    claims = [queue.Held(c.id, c.attempt) for c in reversed(await here.claim())]
    act = (
        here.record(*(Report(c.message_id, c.attempt, Accepted((f"r{c.message_id}",))) for c in claims))
        if how == "accepted"
        else here.in_transaction(outcomes.give_back, claims, instance_id=here.way.instance_id)
    )

    assert await here.waits(_QUEUE, first, act, (_QUEUE, second), (_MESSAGE, second)) == []


async def test_refused_and_late_answers_lock_the_queue_in_the_order_of_ids(here):
    late = await here.waits_again()
    (second,) = await here.accept(here.company)
    (claim,) = await here.claim()
    act = here.record(Report(claim.id, claim.attempt, Rejected("no")), Report(late.id, 1, Rejected("no")))

    assert await here.waits(_QUEUE, late.id, act, (_QUEUE, second)) == []


async def test_answers_lock_companies_in_the_order_of_their_ids_whatever_they_bring(here):
    other = await testing.a_company(here.platform, name="Autre", credits=20)
    await here.accept(here.company, kind=Kind.MARKETING, number="+237690000001")
    await here.accept(other)
    mine, theirs = sorted(await here.claim(), key=lambda c: c.company_id)
    await here.in_transaction(
        optouts.opt_out, here.company.id, [mine.number], scope="marketing", source="sms", author="x"
    )
    act = here.record(Report(theirs.id, 1, Rejected("no")), Report(mine.id, 1, NotSent()))

    assert await here.waits(_COMPANY, here.company.id, act, (_COMPANY, other.id)) == []


async def test_stops_to_two_companies_lock_the_messages_of_both_before_a_company(here):
    other = await testing.a_company(here.platform, name="Autre", credits=20)
    number = "+237690000001"
    await here.accept(here.company, other, kind=Kind.MARKETING, number=number)
    stop = Asked(here.company.id, number, Command.STOP, here.connector, "8787", None, None)
    act = here.in_transaction(by_sms.obey, [stop, replace(stop, company_id=other.id)])
    (last,) = await query(here.platform, "SELECT max(message_id) FROM queue")

    assert await here.waits(_QUEUE, last[0], act, (_COMPANY, here.company.id), (_COMPANY, other.id)) == []


@pytest.mark.parametrize("how", ["accepted", "due"])
async def test_the_turns_of_companies_move_in_the_order_of_their_ids(here, how):
    other = await testing.a_company(here.platform, name="Autre", credits=20)
    await here.accept(here.company, other)
    if how == "due":
        # The later message first.
        for company in (here.company, other):
            await here.accept(company, due_at=runtime.now() - timedelta(seconds=company.id))
    act = here.in_transaction(overdue.release_due, limit=10) if how == "due" else here.accept(other, here.company)

    assert await here.waits(_SHARE, here.company.id, act, (_SHARE, other.id)) == []


async def test_companies_that_write_to_the_same_people_count_them_in_one_order(here):
    other = await testing.a_company(here.platform, name="Autre", credits=20)
    fingerprint = here.platform.vault.fingerprint
    first, last = sorted(("+237690000001", "+237690000002"), key=fingerprint)
    fields = {"kind": Kind.MARKETING, "valid_until": NOON + timedelta(days=1)}
    batch = [
        a_message(here.company, here.connector, number=last, **fields),
        a_message(other, here.connector, number=first, **fields),
    ]

    async def write():
        async with here.platform.database.transaction() as tx:
            await submit(tx, batch, fingerprint=fingerprint, now=NOON)

    await write()

    assert await here.waits(_PERSON, fingerprint(first), write(), (_PERSON, fingerprint(last))) == []


async def test_alerts_lock_companies_in_the_order_of_their_ids(here):
    other = await testing.a_company(here.platform, name="Autre", credits=20)
    await execute(here.platform, "UPDATE company SET alert_below = 30 WHERE id = :id", id=here.company.id)
    await execute(here.platform, "UPDATE company SET alerted_at = now() WHERE id = :id", id=other.id)

    act = here.in_transaction(alerts.fallen)
    assert await here.waits(_COMPANY, here.company.id, act, (_COMPANY, other.id)) == []


async def test_receipts_lock_messages_in_the_order_of_ids_whatever_their_own_is(here):
    first, second = await here.accept(here.company, here.company)
    claims = await here.claim()
    await here.record(*(Report(c.id, 1, Accepted((f"r{c.id}",))) for c in claims))
    news = [News(here.connector, f"r{c.id}", Status.DELIVERED, False, None, c.number, c.sender) for c in claims]
    act = recorder.receive(
        here.platform.database, news[::-1], policy="all", forms=lambda _: (), near=second, now=runtime.now()
    )

    assert await here.waits(_MESSAGE, first, act, (_MESSAGE, second)) == []
