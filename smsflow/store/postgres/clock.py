"""The database's time, by which every node decides what is due, expires or retires; its own wall clock decides nothing."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog

from smsflow.store.postgres.outages import first_line
from smsflow.store.postgres.transactions import Database

log = structlog.get_logger(__name__)

# Between two measurements the monotonic clock goes on, which nobody can set.
_EVERY: Final = 5.0
_AGAIN: Final = 0.2


class ClockUnset(ConnectionError):
    """The database has not said yet what time it is."""


class Clock:
    """The database's time as it was measured last, carried on by the monotonic clock: called, it returns the time in UTC."""

    __slots__ = ("_at", "_measured")

    def __init__(self) -> None:
        """Know no time yet."""
        self._measured: datetime | None = None
        self._at = 0.0

    def __call__(self) -> datetime:
        """Return the time; raise ClockUnset before the first measurement, as the database has been away until now."""
        if self._measured is None:
            raise ClockUnset(ClockUnset.__doc__)
        return self._measured + timedelta(seconds=time.monotonic() - self._at)

    async def measure(self, database: Database) -> None:
        """Ask the database. The answer counts from its arrival: a time that is late by its way here does nothing early."""
        async with database.autocommit() as tx:
            measured = (await tx.execute("SELECT clock_timestamp()")).scalar_one()
        self._measured, self._at = measured.astimezone(UTC), time.monotonic()

    async def keep(self, database: Database) -> None:
        """Measure again and again until cancelled; while the database is away, the last measurement is carried on."""
        while True:
            try:
                await self.measure(database)
            except Exception as error:  # noqa: BLE001 - the database is away; what needs it says so
                log.debug("clock_not_measured", reason=first_line(error))
            await asyncio.sleep(_EVERY if self._measured else _AGAIN)
