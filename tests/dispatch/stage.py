"""A stage for the tests of dispatch: a platform, an operator that can be scripted, and an engine between them."""

import asyncio
import functools
import itertools
from contextlib import asynccontextmanager
from datetime import timedelta

from psycopg.rows import namedtuple_row

from smsflow import runtime, testing
from smsflow.dispatch.engine import Engine
from smsflow.domain.message import Kind, NewMessage, Status
from smsflow.services.messages.outcomes import Graces
from smsflow.simulator.operator import Script, Simulator
from smsflow.store.credits import balances
from smsflow.store.messages import accept
from smsflow.store.postgres.transactions import text
from tests import waiting

PATIENCE = 15.0
until = functools.partial(waiting.until, timeout=PATIENCE, step=0.02)
_numbers = itertools.count()


def a_number():
    """Return a number that nobody had before."""
    return f"+23769{next(_numbers):07d}"


def a_message(company, connector_id, **fields):
    """Return a message that passed every rule."""
    values = {
        "company_id": getattr(company, "id", company),
        "number": a_number(),
        "country": "CM",
        "text": "Bonjour",
        "sender": "AWA",
        "kind": Kind.TRANSACTIONAL,
        "segments": 1,
        "connector_id": connector_id,
        "valid_until": runtime.now() + timedelta(hours=1),
    }
    return NewMessage(**values | fields)


async def accepted(platform, *batch, now=None):
    """Store, charge and queue messages; return their ids."""
    async with platform.database.autocommit() as tx:
        ids = await accept.accept(tx, batch, now=now or runtime.now(), checked=True)
    assert None not in ids
    return ids


async def row(platform, message_id):
    """Return a message's row."""
    async with platform.database.autocommit() as tx:
        cursor = tx.connection.cursor(row_factory=namedtuple_row)
        await cursor.execute(text("SELECT * FROM message WHERE id = :id"), {"id": message_id})
        return await cursor.fetchone()


async def query(platform, statement, **parameters):
    """Return the rows of a statement."""
    async with platform.database.autocommit() as tx:
        cursor = tx.connection.cursor(row_factory=namedtuple_row)
        await cursor.execute(text(statement), parameters)
        return await cursor.fetchall()


async def execute(platform, statement, **parameters):
    """Execute a statement."""
    async with platform.database.transaction() as tx:
        await tx.execute(text(statement), parameters)


async def statuses(platform, ids):
    """Return the statuses of messages, in the order of their ids."""
    found = await query(platform, "SELECT id, status FROM message")
    by_id = {r.id: Status(r.status) for r in found}
    return [by_id[i] for i in ids]


async def until_status(platform, ids, status):
    """Wait until every message has this status."""
    ids = [ids] if isinstance(ids, int) else ids

    async def reached():
        return all(s is status for s in await statuses(platform, ids))

    try:
        await until(reached)
    except AssertionError:
        raise AssertionError(f"expected {status!r}, found {await statuses(platform, ids)}") from None


async def sound(platform):
    """Assert that the ledger adds up."""
    assert await testing.broken_invariants(platform) == []


@asynccontextmanager
async def an_engine(platform, clock=None):
    """Dispatch while the block runs, then stop gracefully."""
    engine = Engine(platform, clock or platform.clock)
    running = asyncio.create_task(engine.run())
    try:
        yield engine
    finally:
        running.cancel()
        await asyncio.wait([running], timeout=PATIENCE)


@asynccontextmanager
async def an_operator(limits=None, **script):
    """Run a simulated operator."""
    async with await Simulator.start(script=Script(**script), limits=limits) as simulator:
        yield simulator


async def until_bound(platform, connector_id, binds=1):
    """Wait until a connector has this many binds."""

    async def bound():
        found = await query(
            platform, "SELECT 1 FROM bind_state WHERE connector_id = :id AND state = 'bound'", id=connector_id
        )
        return len(found) == binds

    await until(bound, f"{binds} binds of connector {connector_id}")


async def top_up(platform, company, amount):
    """Give a company credits."""
    async with platform.database.transaction() as tx:
        await balances.credit(tx, company.id, amount, note="test", now=runtime.now())


SOON = Graces(timedelta(seconds=60), timedelta(hours=24))
