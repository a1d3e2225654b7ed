"""A recorder: what happened is collected while a group is being written, and written together next."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

import structlog

from smsflow import observe
from smsflow.store.postgres.outages import first_line, is_outage

T = TypeVar("T")

log = structlog.get_logger(__name__)

_RETRY = 0.5


class Recorder(Generic[T]):
    """Writes entries in groups and in order, and does not give up while the database is away."""

    def __init__(
        self,
        write: Callable[[Sequence[T]], Awaitable[None]],
        *,
        name: str,
        most: int,
        poisoned: Callable[[T], Awaitable[None]],
        away: Callable[[Sequence[T]], bool] = lambda _entries: False,
    ) -> None:
        """Write by `write`, at most `most` at once.

        An entry that the database refuses alone goes to `poisoned`. `away` may take a group back when the database is away.
        """
        self._write = write
        self._most = most
        self._poisoned = poisoned
        self._away = away
        self._waiting: list[T] = []
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._size = observe.batch_size.labels(name)

    def put(self, entry: T) -> None:
        """Take an entry; it is written soon."""
        self._waiting.append(entry)
        self._idle.clear()
        self._wake.set()

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                self._size.observe(len(batch))
                try:
                    await self._write_surely(batch)
                except asyncio.CancelledError:
                    # Whoever runs this again writes it first: writing twice changes nothing, not writing loses it.
                    self._waiting = [*batch, *self._waiting]
                    self._wake.set()
                    raise
            self._idle.set()

    async def drain(self) -> None:
        """Wait until everything is written."""
        await self._idle.wait()

    async def _write_surely(self, batch: Sequence[T]) -> None:
        while True:
            try:
                await self._write(batch)
            except Exception as error:
                if is_outage(error):
                    log.warning("recording_waits_for_database", entries=len(batch), reason=first_line(error))
                    if self._away(batch):
                        return
                    await asyncio.sleep(_RETRY)
                elif len(batch) > 1:
                    for entry in batch:
                        await self._write_surely([entry])
                    return
                else:
                    log.exception("entry_refused_by_database")
                    await self._dispose_of(batch[0])
                    return
            else:
                return

    async def _dispose_of(self, entry: T) -> None:
        """Hand over an entry that cannot be written; what fails in there must not end the recorder."""
        while True:
            try:
                await self._poisoned(entry)
            except Exception as error:
                if is_outage(error):
                    await asyncio.sleep(_RETRY)
                    continue
                log.exception("entry_lost")
            return
