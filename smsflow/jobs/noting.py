"""The time when a campaign last wrote to a contact is noted within seconds."""

import asyncio

import structlog

from smsflow.runtime import Platform
from smsflow.services.campaigns import noting
from smsflow.store.postgres.outages import first_line

log = structlog.get_logger(__name__)

_EVERY = 5.0


async def keep_noting(platform: Platform) -> None:
    """Note until cancelled."""
    while True:
        try:
            async with platform.database.transaction() as tx:
                more = await noting.note(tx, now=platform.clock())
        except Exception as error:  # noqa: BLE001 - the database is away: say so and try again
            log.warning("contacts_not_noted", reason=first_line(error))
            more = False
        await asyncio.sleep(0 if more else _EVERY)
