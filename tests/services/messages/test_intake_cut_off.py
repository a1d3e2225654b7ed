"""An answer that is lost on its way from the database: what was stored is found, what was not is refused."""

import asyncio
from contextlib import asynccontextmanager

import psycopg
import pytest

from smsflow import runtime
from smsflow.errors import Unavailable
from smsflow.services.messages.intake import Intake
from smsflow.store.postgres.transactions import Database, Tx
from smsflow.testing import a_company, a_connector, balance, broken_invariants
from tests.dispatch.stage import a_message


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
    async def autocommit(self):
        async with super().autocommit() as tx:
            cut = CutTx(tx.connection)
            cut.after = self.after
            self.cut, was_cut = not self.in_transaction or self.cut, self.cut
            yield tx if was_cut or self.in_transaction else cut

    @asynccontextmanager
    async def transaction(self):
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
    intake = Intake(database, runtime.now, most=10, bound=10)
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
async def test_who_cannot_pay_is_still_refused_alone_after_a_lost_answer(platform, credit):
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
