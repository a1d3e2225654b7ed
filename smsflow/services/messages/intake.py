"""The intake: requests that wait are accepted together, in one commit."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime

import structlog

from smsflow import observe
from smsflow.domain.message import NewMessage
from smsflow.errors import OutcomeUnknown, Refused, Unavailable
from smsflow.services.grouping import Answers
from smsflow.services.messages.permission import Fingerprint
from smsflow.services.messages.submit import submit
from smsflow.store.messages import accept
from smsflow.store.postgres.commits import REQUEST_PATIENCE, find_out
from smsflow.store.postgres.transactions import Database, Tx

log = structlog.get_logger(__name__)

# Below the time after which a client is told 503 (web.http.connection): what it was told is then true of all that had not begun.
_PATIENCE = 30.0
# Far below the second for which a lane that found something goes on looking (dispatch.lane).
_AWAKE = 0.1


class Intake:
    """Accepts messages of many requests together: one message in, its id out once the database has flushed it to disk."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        *,
        fingerprint: Fingerprint,
        most: int,
        bound: int,
    ) -> None:
        """Accept at most `most` messages in one commit; answer Unavailable while `bound` are waiting."""
        self._fingerprint = fingerprint
        self._database = database
        self._clock = clock
        self._woken: dict[int, float] = {}
        self._commits: Answers[NewMessage, int] = Answers(
            self._accept, name="accept", most=most, bound=bound, patience=_PATIENCE
        )

    async def submit(self, message: NewMessage) -> int:
        """Return the id of the stored message; raise Refused when it was not stored: nothing was charged, except perhaps by an OutcomeUnknown."""
        return await self._commits.add(message)

    async def run(self) -> None:
        """Commit what waits until cancelled."""
        await self._commits.run()

    async def drain(self) -> None:
        """Wait until everything that was submitted has its answer."""
        await self._commits.drain()

    async def _accept(self, batch: Sequence[NewMessage]) -> list[int | Refused]:
        now = self._clock()
        # Nearly always every company can pay, and one statement with its own commit does it all.
        try:
            async with self._database.autocommit(patience=REQUEST_PATIENCE) as tx:
                pid = tx.pid
                try:
                    ids = await accept.accept(tx, batch, now=now, wake=self._is_asleep)
                except Exception as error:
                    if not tx.connection.closed:
                        raise
                    ids = await self._found_after(error, pid, batch, now)
        except OutcomeUnknown as unknown:
            self._woken.clear()
            return [OutcomeUnknown(**unknown.details) for _ in batch]
        except BaseException:
            self._woken.clear()
            raise
        answers: list[int | Refused] = [0 if i is None else i for i in ids]
        left = [place for place, message_id in enumerate(ids) if message_id is None]
        if left:
            decided = await self._decide([batch[p] for p in left], now=now, alone=len(left) == len(batch))
            for place, answer in zip(left, decided, strict=True):
                answers[place] = answer
        observe.accepted_total.inc(sum(type(a) is int for a in answers))
        return answers

    async def _found_after(
        self, cut: Exception, pid: int, batch: Sequence[NewMessage], now: datetime
    ) -> list[int | None]:
        """Return what a batch came to whose answer was lost with the connection; raise `cut` when surely nothing of it was stored.

        Raises OutcomeUnknown when that cannot be found out: a batch whose fate is not known must not be written again.
        """

        async def look(tx: Tx) -> list[int | None] | None:
            ids = await accept.stored(tx, batch, now=now)
            return None if all(i is None for i in ids) else ids

        ids = await find_out(self._database, cut, pid, look)
        if ids is None:
            raise cut
        log.warning("answer_lost_and_found", messages=sum(i is not None for i in ids))
        return ids

    def _is_asleep(self, connector_id: int) -> bool:
        """Tell whether a connector's lanes must be woken: not when they were a moment ago, as they look again by themselves then."""
        moment = time.monotonic()
        if moment - self._woken.get(connector_id, 0.0) < _AWAKE:
            return False
        self._woken[connector_id] = moment
        return True

    async def _decide(self, left: Sequence[NewMessage], *, now: datetime, alone: bool) -> list[int | Refused]:
        tx: Tx | None = None
        pid = 0
        try:
            async with self._database.transaction(patience=REQUEST_PATIENCE) as tx:
                pid = tx.pid
                return await submit(tx, left, fingerprint=self._fingerprint, now=now)
        except Exception as error:
            if tx is not None and tx.connection.closed:
                try:
                    found = await self._found_after(error, pid, left, now)
                except OutcomeUnknown as unknown:
                    return [OutcomeUnknown(**unknown.details) for _ in left]
                except Exception as cut:  # noqa: BLE001 - nothing of it was stored
                    error = cut
                else:
                    return [Unavailable(retry_after=1) if i is None else i for i in found]
            # The rest of the batch is committed: were this raised, the rest would be written and charged a second time.
            if alone:
                raise
            refusals: list[int | Refused] = [Unavailable(retry_after=1) for _ in left]
            for refusal in refusals:
                refusal.__cause__ = error  # type: ignore[union-attr]
            return refusals
