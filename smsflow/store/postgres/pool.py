"""Connections to PostgreSQL, kept open for the next task that needs one.

psycopg_pool was tried: after an outage it waits longer and longer before it connects again, for up to minutes. Here the task that
needs a connection opens it, and learns at once when that fails.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import psycopg
from psycopg.pq import TransactionStatus
from psycopg.types.json import set_json_loads

Connection = psycopg.AsyncConnection[Any]

# A contact is read in a quarter of the time.
set_json_loads(msgspec.json.decode)

_WAIT = 10.0
# An idle connection is closed after this time: the server has few slots.
_IDLE = 60.0


class PoolTimeout(psycopg.OperationalError):
    """Every connection of this process stayed busy for too long."""


class Pool:
    """At most `size` connections, the one used last given out first."""

    def __init__(self, url: str, *, size: int, connect: Mapping[str, Any], idle: float = _IDLE) -> None:
        """Connect to `url` with the libpq parameters `connect`; nothing is opened yet. A connection idle for `idle` seconds is closed."""
        self._url = url
        self._connect = connect
        self._free = asyncio.Semaphore(size)
        # The one used last is at the end, the one idle for longest at the beginning.
        self._idle: list[tuple[Connection, float]] = []
        self._idle_seconds = idle
        self._pruning: asyncio.Task[None] | None = None
        self._closed = False

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Lend a connection in autocommit mode; raise PoolTimeout, or what psycopg says when none can be opened."""
        if self._free.locked():
            try:
                async with asyncio.timeout(_WAIT):
                    await self._free.acquire()
            except TimeoutError:
                raise PoolTimeout("every database connection of this process is busy") from None
        else:
            await self._free.acquire()
        try:
            connection = self._idle.pop()[0] if self._idle else await self.open()
            try:
                yield connection
            except psycopg.Error as error:
                if isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
                    await connection.close()  # a new one may find the server that writes
                if connection.closed:
                    await self.forget()  # the others were most likely cut by the same event
                raise
            except BaseException:
                # A statement may still run on it: nobody else gets it.
                if connection.info.transaction_status != TransactionStatus.IDLE:
                    await connection.close()
                raise
            finally:
                await self._take_back(connection)
        finally:
            self._free.release()

    async def open(self) -> Connection:
        """Open a connection that is not of the pool: the caller closes it."""
        return await psycopg.AsyncConnection.connect(self._url, autocommit=True, **self._connect)

    async def forget(self) -> None:
        """Close the idle connections."""
        idle, self._idle = self._idle, []
        for connection, _ in idle:
            await connection.close()

    async def close(self) -> None:
        """Close the idle connections now, and the lent ones when they come back."""
        self._closed = True
        if self._pruning is not None:
            self._pruning.cancel()
        await self.forget()

    async def _take_back(self, connection: Connection) -> None:
        if connection.closed:
            return
        if self._closed or connection.info.transaction_status != TransactionStatus.IDLE:
            await connection.close()
        else:
            self._idle.append((connection, time.monotonic()))
            if self._pruning is None or self._pruning.done():
                self._pruning = asyncio.create_task(self._prune())

    async def _prune(self) -> None:
        """Close what is idle for too long, for as long as anything is idle."""
        while self._idle:
            left = self._idle[0][1] + self._idle_seconds - time.monotonic()
            if left > 0:
                await asyncio.sleep(left)
            else:
                await self._idle.pop(0)[0].close()
