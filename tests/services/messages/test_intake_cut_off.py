"""An answer that is lost on its way from the database: what was stored is found, what was not is refused."""

import asyncio
import os
import signal
import socket
from contextlib import asynccontextmanager, contextmanager

import psycopg
import pytest

from smsflow import runtime
from smsflow.errors import OutcomeUnknown, Unavailable
from smsflow.services.messages import intake
from smsflow.services.messages.intake import Intake
from smsflow.store.postgres import commits
from smsflow.store.postgres.transactions import Database, Tx, libpq_url
from smsflow.testing import a_company, a_connector, balance, broken_invariants
from tests.dispatch.stage import a_message
from tests.services.messages.intake import submitted, texts
from tests.waiting import until


class CutTx(Tx):
    """A connection that is lost before or after its statement was committed."""

    __slots__ = ("after",)

    async def execute(self, statement, parameters=None):
        rows = await super().execute(statement, parameters) if self.after else None
        await self.connection.close()
        raise psycopg.OperationalError(f"server closed the connection unexpectedly ({rows is not None})")


class CutDatabase(Database):
    """A database whose first connection is lost; `in_transaction`, the first that opens one, at its commit."""

    in_transaction = False

    def __init__(self, url, *, after):
        super().__init__(url, pool=2)
        self.after, self.cut = after, False

    @asynccontextmanager
    async def autocommit(self, **patience):
        async with super().autocommit(**patience) as tx:
            cut = CutTx(tx.connection)
            cut.after = self.after
            self.cut, was_cut = not self.in_transaction or self.cut, self.cut
            yield tx if was_cut or self.in_transaction else cut

    @asynccontextmanager
    async def transaction(self, **_patience):
        async with self._pool.connection() as connection:
            async with connection.transaction():
                yield Tx(connection)
            if self.in_transaction and not self.cut:
                self.cut = True
                await connection.close()
                raise psycopg.OperationalError("server closed the connection unexpectedly")


async def submit(platform, batch, *, after, in_transaction=False):
    database = CutDatabase(platform.database.url, after=after)
    database.in_transaction = in_transaction
    intake = Intake(database, runtime.now, fingerprint=str.encode, most=10, bound=10)
    asked = [asyncio.ensure_future(intake.submit(m)) for m in batch]
    await asyncio.sleep(0)
    running = asyncio.create_task(intake.run())
    try:
        return await asyncio.gather(*asked, return_exceptions=True)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await database.close()


async def test_a_commit_whose_answer_is_lost_is_answered_with_the_ids_it_gave(platform):
    company = await a_company(platform, credits=10)
    connector_id = await a_connector(platform)

    answers = await submit(platform, [a_message(company, connector_id, text=t) for t in "abb"], after=True)

    async with platform.database.autocommit() as tx:
        rows = await tx.execute("SELECT id, text FROM message ORDER BY id")
    assert sorted(answers) == [row[0] for row in rows]
    assert [row[1] for row in rows] == ["a", "b", "b"]
    assert await balance(platform, company) == 7
    assert await broken_invariants(platform) == []


async def test_the_commit_of_messages_that_are_decided_one_by_one_is_looked_up_too(platform):
    company = await a_company(platform, credits=2)
    connector_id = await a_connector(platform)

    answers = await submit(
        platform, [a_message(company, connector_id, text=t) for t in "abc"], after=True, in_transaction=True
    )

    async with platform.database.autocommit() as tx:
        rows = await tx.execute("SELECT id, text FROM message ORDER BY id")
    assert [row[1] for row in rows] == ["a", "b"]
    assert answers[:2] == [row[0] for row in rows]
    assert isinstance(answers[2], Unavailable)
    assert await balance(platform, company) == 0
    assert await broken_invariants(platform) == []


async def test_a_statement_that_never_arrived_is_refused_and_charges_nothing(platform):
    company = await a_company(platform, credits=10)
    connector_id = await a_connector(platform)

    answers = await submit(platform, [a_message(company, connector_id)], after=False)

    assert isinstance(answers[0], Unavailable)
    assert await balance(platform, company) == 10


@pytest.mark.parametrize("credit", [1, 0])
async def test_a_company_that_cannot_pay_is_still_refused_alone_after_a_lost_answer(platform, credit):
    rich, poor = await a_company(platform, credits=10), await a_company(platform, name="Poor", credits=credit)
    connector_id = await a_connector(platform)

    answers = await submit(
        platform, [a_message(rich, connector_id), *(a_message(poor, connector_id) for _ in range(2))], after=True
    )

    assert isinstance(answers[0], int)
    assert [isinstance(a, int) for a in answers[1:]].count(True) == credit
    assert await balance(platform, rich) == 9
    assert await balance(platform, poor) == 0
    assert await broken_invariants(platform) == []


class Watched(Database):
    """A database of which a test knows the first connection that is lent."""

    lent = None

    @asynccontextmanager
    async def autocommit(self, **patience):
        async with super().autocommit(**patience) as tx:
            self.lent = self.lent or tx.connection
            yield tx

    def cut(self):
        """Lose the connection as a network does."""
        socket.socket(fileno=os.dup(self.lent.fileno())).shutdown(socket.SHUT_RDWR)


@pytest.fixture
async def held(database_url, platform):
    """A company whose row another transaction holds, so that nothing of it can be charged; a message of it; and what frees it."""
    company = await a_company(platform, credits=10)
    message = a_message(company, await a_connector(platform))
    with psycopg.connect(libpq_url(database_url)) as holder:
        holder.execute("SELECT 1 FROM company FOR UPDATE")
        yield company, message, holder.rollback


@pytest.fixture
async def watched(platform):
    database = Watched(platform.database.url, pool=2)
    yield database
    await database.close()


def _waits(database_url, pid):
    with psycopg.connect(libpq_url(database_url)) as connection:
        return connection.execute("SELECT 1 FROM pg_locks WHERE pid = %s AND NOT granted", (pid,)).fetchall()


@asynccontextmanager
async def stuck(database, message):
    """Submit a message whose statement waits; give the answer to come, and the number of the session."""
    async with submitted(database, message) as answer:
        await until(lambda: database.lent is not None, "a connection")
        pid = database.lent.info.backend_pid
        await until(lambda: _waits(database.url, pid), "a statement that waits")
        yield answer, pid


@contextmanager
def stopped(pid):
    """Stop a process, as a machine that hangs would."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


async def test_a_session_that_could_still_commit_is_ended_before_nothing_is_said_to_be_charged(held, watched, platform):
    company, message, free = held
    async with stuck(watched, message) as (answer, _):
        watched.cut()

        with pytest.raises(Unavailable):
            await answer
        free()

    assert await texts(platform) == []
    assert await balance(platform, company) == 10


async def test_while_a_session_hangs_nothing_is_promised(held, watched, monkeypatch):
    monkeypatch.setattr(commits, "LOOK_SECONDS", 1.5)
    _, message, free = held
    async with stuck(watched, message) as (answer, pid):
        with stopped(pid):
            watched.cut()

            with pytest.raises(OutcomeUnknown):
                await answer
        free()


async def test_a_session_that_hangs_without_dying_is_left_and_what_it_did_is_looked_up(
    held, watched, platform, monkeypatch
):
    monkeypatch.setattr(intake, "REQUEST_PATIENCE", 0.5)
    company, message, free = held
    async with stuck(watched, message) as (answer, pid):
        with stopped(pid):
            await until(lambda: watched.lent.closed, "a connection that is given up", timeout=20)

        with pytest.raises(Unavailable):
            await answer
        free()

    assert await balance(platform, company) == 10
