"""A command's work on the database: one transaction, on whichever database is in use."""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from smsflow import datadir
from smsflow.keys import secret_key
from smsflow.settings import Settings, load
from smsflow.store.postgres.clock import Clock
from smsflow.store.postgres.outages import is_conflict
from smsflow.store.postgres.transactions import Database, Tx, without_password
from smsflow.vault import Vault

T = TypeVar("T")

# One transaction at a time needs one connection.
_POOL = 1
_TRIES = 3
_CLOCK: ContextVar[Clock] = ContextVar("clock")


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """The result of a command that reads, and the database that it was read from."""

    found: T
    database: str


def transact(job: Callable[[Tx], Awaitable[T]]) -> T:
    """Return what `job` makes of one transaction, committed when it returns and rolled back when it raises."""
    return read(job).found


def read(job: Callable[[Tx], Awaitable[T]]) -> Reading[T]:
    """Return what `job` makes of one transaction, with the name of the database."""
    settings = load()

    async def work(url: str) -> T:
        database = Database(url, pool=_POOL)
        try:
            await keep_time(database)
            return await _done(database, job)
        finally:
            await database.close()

    with datadir.database(settings) as url:
        return Reading(asyncio.run(work(url)), database_name(settings))


async def _done(database: Database, job: Callable[[Tx], Awaitable[T]]) -> T:
    """Return what `job` makes of a transaction, of another one where the platform's own work was in the way of the first."""
    for _ in range(_TRIES - 1):
        try:
            async with database.transaction() as tx:
                return await job(tx)
        except Exception as error:
            if not is_conflict(error):
                raise
    async with database.transaction() as tx:
        return await job(tx)


def in_steps(job: Callable[[Database, Settings], Awaitable[T]]) -> T:
    """Return what `job` makes of a database on which it commits step by step: for work that is too long for one transaction."""
    settings = load()

    async def work(url: str) -> T:
        database = Database(url, pool=_POOL)
        try:
            await keep_time(database)
            return await job(database, settings)
        finally:
            await database.close()

    with datadir.database(settings) as url:
        return asyncio.run(work(url))


async def keep_time(database: Database) -> None:
    """Let `now` tell the time of a database from here on."""
    clock = Clock()
    await clock.measure(database)
    _CLOCK.set(clock)


def now() -> datetime:
    """Return the database's time, by which the platform goes, within a job: the clock of the machine that a command runs on may be wrong."""
    return _CLOCK.get()()


def database_name(settings: Settings) -> str:
    """Return which database is in use, without its password."""
    if settings.database_url is not None:
        return without_password(settings.database_url)
    return f"embedded PostgreSQL in {settings.data_dir}"


def vault(settings: Settings) -> Vault:
    """Return what seals and opens the passwords of connectors."""
    return Vault(secret_key(settings))
