"""Group commit: what waits is taken together, written in one transaction, and each gets its own answer."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from smsflow import observe
from smsflow.errors import Refused, Unavailable
from smsflow.store.postgres.outages import is_outage

T = TypeVar("T")
R = TypeVar("R")

Write = Callable[[Sequence[T]], Awaitable[Sequence[R | Refused]]]

_RETRY_AFTER = 1


class GroupCommit(Generic[T, R]):
    """Collects entries while a batch is being written, and writes them together next: concurrency makes the batches, no timer does."""

    def __init__(self, write: Write[T, R], *, name: str, most: int, bound: int, patience: float) -> None:
        """Write at most `most` entries at once by `write`; refuse entries while `bound` are waiting.

        One that has waited longer than `patience` seconds when its turn comes is refused: who sent it has given up.
        """
        self._write = write
        self._most = most
        self._bound = bound
        self._patience = patience
        self._waiting: deque[tuple[T, asyncio.Future[R], float]] = deque()
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._size = observe.batch_size.labels(name)

    def add(self, entry: T) -> asyncio.Future[R]:
        """Return the answer to come: the entry is written when it comes. Raises Unavailable when too many wait."""
        if len(self._waiting) >= self._bound:
            raise Unavailable(retry_after=_RETRY_AFTER)
        answer: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((entry, answer, time.monotonic()))
        self._idle.clear()
        self._wake.set()
        return answer

    async def run(self) -> None:
        """Write until cancelled; cancel only after `drain`, or answers are lost (never entries: those are in the database or refused)."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                await self._write_one_batch()
            self._idle.set()

    async def drain(self) -> None:
        """Wait until everything that was added has its answer."""
        await self._idle.wait()

    async def _write_one_batch(self) -> None:
        too_late = time.monotonic() - self._patience
        while self._waiting and self._waiting[0][2] < too_late:
            _refuse([self._waiting.popleft()], None)
        batch = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
        if not batch:
            return
        self._size.observe(len(batch))
        try:
            answers = await self._write([entry for entry, _, _ in batch])
        except Exception as error:  # noqa: BLE001 - whatever failed, each entry gets its answer
            if len(batch) == 1 or is_outage(error):
                _refuse(batch, error)
                return
            # One poisonous row must fail alone.
            for one in batch:
                await self._write_alone(one)
            return
        for (_, future, _), answer in zip(batch, answers, strict=True):
            _answer(future, answer)

    async def _write_alone(self, one: tuple[T, asyncio.Future[R], float]) -> None:
        try:
            (answer,) = await self._write([one[0]])
        except Exception as error:  # noqa: BLE001 - as above
            _refuse([one], error)
        else:
            _answer(one[1], answer)


def _answer(future: "asyncio.Future[R]", answer: R | Refused) -> None:
    if future.done():  # whoever waited has gone away; the entry is written all the same
        return
    if isinstance(answer, Refused):
        future.set_exception(answer)
    else:
        future.set_result(answer)


def _refuse(batch: Sequence[tuple[T, "asyncio.Future[R]", float]], error: Exception | None) -> None:
    for _, future, _ in batch:
        if not future.done():
            refusal = Unavailable(retry_after=_RETRY_AFTER)
            refusal.__cause__ = error
            future.set_exception(refusal)
