"""Tallies are folded every few seconds, so that what readers add up stays short."""

import asyncio

import structlog

from smsflow.services.messages import tallies
from smsflow.store.postgres.outages import first_line
from smsflow.store.postgres.transactions import Database

log = structlog.get_logger(__name__)

_EVERY = 2.0


async def keep_folding(database: Database) -> None:
    """Fold until cancelled."""
    while True:
        try:
            async with database.transaction() as tx:
                await tallies.fold(tx)
        except Exception as error:  # noqa: BLE001 - the database is away: say so and try again
            log.warning("tallies_wait", reason=first_line(error))
        await asyncio.sleep(_EVERY)
