"""Group commit: entries that wait are written together, and an entry that cannot be written fails alone."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

import structlog
from msgspec import Struct

from smsflow import observe
from smsflow.errors import Refused, Unavailable
from smsflow.store.postgres.outages import first_line, is_outage, may_pass

T = TypeVar("T")
R = TypeVar("R")

log = structlog.get_logger(__name__)

_PAUSE = 0.5
# A row can look like an outage: one that kills its server process does. After so many tries each entry is tried by itself.
_TRIES = 20
_RETRY_AFTER = 1
# Entries that come in a stream are waited for in steps, as long as each brings more. A batch this small was no stream.
_STEP = 0.002
_STREAM = 8


class GroupCommit(Generic[T]):
    """Collects entries while a batch is being written, and writes them together next: concurrency makes the batches.

    Entries are written in their order. While the database is away their batch waits, unless `away` takes it back.
    """

    def __init__(
        self,
        write: Callable[[Sequence[T]], Awaitable[None]],
        *,
        name: str,
        most: int,
        set_aside: Callable[[T, Exception], Awaitable[None]],
        away: Callable[[Sequence[T], Exception], bool] = lambda _entries, _error: False,
        steps: int = 0,
    ) -> None:
        """Write at most `most` entries at once by `write`; one that the database refuses alone goes to `set_aside`.

        In a stream of entries, up to `steps` steps of two milliseconds make the batches larger.
        """
        self._write = write
        self._name = name
        self._most = most
        self._set_aside = set_aside
        self._away = away
        self._steps = steps
        self._is_stream = False
        self._waiting: deque[T] = deque()
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._size = observe.batch_size.labels(name)

    def __len__(self) -> int:
        """Return how many entries wait for the next batch."""
        return len(self._waiting)

    def put(self, entry: T) -> None:
        """Take an entry; it is written soon."""
        self._waiting.append(entry)
        self._idle.clear()
        self._wake.set()

    async def run(self) -> None:
        """Write until cancelled; entries that were being written come first when this is run again."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                batch: list[T] = []
                try:
                    if self._is_stream:
                        await self._gather()
                    batch += [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
                    self._size.observe(len(batch))
                    self._is_stream = len(batch) > _STREAM
                    await self._write_surely(batch)
                except asyncio.CancelledError:
                    self._waiting.extendleft(reversed(batch))
                    self._wake.set()
                    raise
            self._idle.set()

    async def drain(self) -> None:
        """Wait until nothing waits and nothing is being written."""
        await self._idle.wait()

    async def _gather(self) -> None:
        """Let the entries join that come meanwhile: a statement for many costs little more than one for a few."""
        for _ in range(self._steps):
            before = len(self._waiting)
            if before >= self._most:
                return
            await asyncio.sleep(_STEP)
            if len(self._waiting) == before:
                return

    async def _write_surely(self, batch: list[T]) -> None:
        """Write `batch` and empty it: together, else one by one."""
        tries = 0
        while batch:
            try:
                await self._write(batch)
            except Exception as error:  # noqa: BLE001 - whatever failed, each entry is written, taken back or set aside
                tries += 1
                if tries < _TRIES and (is_outage(error) or (len(batch) == 1 and may_pass(error))):
                    if self._away(batch, error):
                        batch.clear()
                        return
                    log.warning(
                        "writing_waits_for_database", path=self._name, entries=len(batch), reason=first_line(error)
                    )
                    await asyncio.sleep(_PAUSE)
                elif len(batch) > 1:
                    while batch:
                        await self._write_surely(batch[:1])
                        del batch[0]
                elif await self._is_set_aside(batch[0], error):
                    batch.clear()
            else:
                batch.clear()

    async def _is_set_aside(self, entry: T, error: Exception) -> bool:
        """Put an entry out of the way that cannot be written; False when the database is away for that, too."""
        try:
            await self._set_aside(entry, error)
        except Exception as failure:
            if is_outage(failure):
                await asyncio.sleep(_PAUSE)
                return False
            log.exception("entry_lost", path=self._name)
        observe.set_aside_total.labels(self._name).inc()
        return True


class _Asked(Struct, Generic[T, R], frozen=True, eq=False):
    """An entry, and the answer that is waited for."""

    entry: T
    answer: "asyncio.Future[R]"
    since: float


class Answers(Generic[T, R]):
    """A group commit whose every entry gets an answer: what `write` returns for it, or a refusal."""

    def __init__(
        self,
        write: Callable[[Sequence[T]], Awaitable[Sequence[R | Refused]]],
        *,
        name: str,
        most: int,
        bound: int,
        patience: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Write at most `most` entries at once by `write`; refuse entries while `bound` are waiting.

        One that has waited longer than `patience` seconds when its turn comes is refused: its sender has given up.
        """
        self._write = write
        self._bound = bound
        self._patience = patience
        self._clock = clock
        self._group: GroupCommit[_Asked[T, R]] = GroupCommit(
            self._write_and_answer, name=name, most=most, set_aside=self._refuse_one, away=_refuse
        )
        self.run = self._group.run
        self.drain = self._group.drain

    def add(self, entry: T) -> "asyncio.Future[R]":
        """Return the answer to come. Raises Unavailable when too many wait."""
        if len(self._group) >= self._bound:
            raise Unavailable(retry_after=_RETRY_AFTER)
        asked: _Asked[T, R] = _Asked(entry, asyncio.get_running_loop().create_future(), self._clock())
        self._group.put(asked)
        return asked.answer

    async def _write_and_answer(self, batch: Sequence[_Asked[T, R]]) -> None:
        too_late = self._clock() - self._patience
        if batch[0].since < too_late:
            _refuse([a for a in batch if a.since < too_late], None)
            batch = [a for a in batch if a.since >= too_late]
        if not batch:
            return
        answers = await self._write([a.entry for a in batch])
        for asked, answer in zip(batch, answers, strict=True):
            if asked.answer.done():  # its sender has gone; the entry is written all the same
                continue
            if isinstance(answer, Refused):
                asked.answer.set_exception(answer)
            else:
                asked.answer.set_result(answer)

    @staticmethod
    async def _refuse_one(asked: _Asked[T, R], error: Exception) -> None:
        _refuse([asked], error)


def _refuse(batch: Sequence[_Asked[T, R]], error: Exception | None) -> bool:
    """Refuse entries whose database is away: their senders may try again."""
    for asked in batch:
        if not asked.answer.done():
            refusal = Unavailable(retry_after=_RETRY_AFTER)
            refusal.__cause__ = error
            asked.answer.set_exception(refusal)
    return True
