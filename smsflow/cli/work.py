"""A command's work on the database: one transaction, on whichever database is in use."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from smsflow import datadir
from smsflow.settings import Settings, load, secret_key
from smsflow.store.postgres.transactions import Database, Tx
from smsflow.vault import Vault

T = TypeVar("T")

# One transaction at a time needs one connection.
_POOL = 1


def transact(job: Callable[[Tx], Awaitable[T]], *, settings: Settings | None = None) -> T:
    """Return what `job` makes of one transaction, committed when it returns and rolled back when it raises."""

    async def work(url: str) -> T:
        database = Database(url, pool=_POOL)
        try:
            async with database.transaction() as tx:
                return await job(tx)
        finally:
            await database.close()

    with datadir.database(settings or load()) as url:
        return asyncio.run(work(url))


def vault(settings: Settings) -> Vault:
    """Return what seals and opens the passwords of connectors."""
    return Vault(secret_key(settings))
