"""Writes the state of a bind to the database, where the console, the commands and the sweep read it."""

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog

from smsflow.dispatch.lease import TIMEOUT
from smsflow.store.postgres.outages import first_line
from smsflow.store.postgres.transactions import Database
from smsflow.store.routing import dispatchers
from smsflow.store.routing.connectors import Connector

log = structlog.get_logger(__name__)


class BindStateNotifier:
    """Writes the state of one bind; a write that fails is logged and never disturbs the bind."""

    def __init__(
        self, database: Database, clock: Callable[[], datetime], connector: Connector, slot: int, *, instance_id: int
    ) -> None:
        """Write for `slot` of `connector`, which this dispatcher holds."""
        self._database = database
        self._clock = clock
        self._connector = connector
        self._slot = slot
        self._instance_id = instance_id
        self._writing: set[asyncio.Task[None]] = set()

    async def notify(self, state: str, detail: str) -> None:
        """Write a state with a sentence; a cancellation returns at once, and the write is finished in the background."""
        writing = asyncio.create_task(self._write(state, detail))
        self._writing.add(writing)
        writing.add_done_callback(self._writing.discard)
        await asyncio.shield(writing)

    async def finish(self) -> None:
        """Wait for writes that are under way: a row written after the slot was given back would delay its next holder."""
        if self._writing:
            await asyncio.wait(self._writing, timeout=TIMEOUT)

    async def _write(self, state: str, detail: str) -> None:
        try:
            async with self._database.autocommit() as tx:
                await dispatchers.report_bind(
                    tx,
                    self._connector.id,
                    self._slot,
                    instance_id=self._instance_id,
                    state=state,
                    detail=detail,
                    now=self._clock(),
                )
        except Exception as error:  # noqa: BLE001 - the database is away; the bind goes on
            log.warning("bind_state_not_written", connector=self._connector.name, reason=first_line(error))
