"""The lease of a dispatcher: renewed while it lives; without it, the dispatcher stops sending before others take over (ADR 4)."""

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final, TypeVar

import structlog

from smsflow.store.postgres.outages import first_line
from smsflow.store.postgres.transactions import Database, Tx
from smsflow.store.routing import dispatchers

log = structlog.get_logger(__name__)

# A lease that could not be renewed for this long counts as lost: nothing is sent until it is renewed. The server drops the
# session of a node that was cut off after 6 seconds, so no other node sends by the same bind before this one has stopped.
_TRUST = 3.5
TIMEOUT: Final = 3.0
# A session can also end at once. A slot that is free but was not given back is bound this long after the last beat of its
# holder that we saw: by then the holder has noticed (_TRUST) and unbound.
_TAKEOVER = 5.0
# Beats of dispatchers that are gone are kept this long, for `_takeover_wait`.
_REMEMBERED = 60.0

T = TypeVar("T")


class LeaseLost(Exception):
    """The database was away for too long, or this dispatcher was declared dead: another may hold its binds now."""


class Lease:
    """Held while its database session lives and its beat moves, by the monotonic clock; can be lost and taken again many times."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        """Prepare a lease that is not held yet."""
        self._database = database
        self._clock = clock
        self._session: Tx | None = None
        self._me = 0
        self._ids: set[int] = set()
        self._beats: dict[int, tuple[int, float]] = {}
        self._renewed_at = 0.0

    @asynccontextmanager
    async def hold(self) -> AsyncIterator[int]:
        """Hold the lease under a new instance id, which is yielded; slots taken meanwhile are free again at the end."""
        async with self._database.session() as session:
            me = await dispatchers.register(session, host=socket.gethostname(), pid=os.getpid(), now=self._clock())
            self._ids.add(me)
            self._renewed_at = time.monotonic()
            self._session, self._me = session, me
            yield me

    def alive(self) -> bool:
        """Tell whether the lease was renewed a moment ago."""
        return self.left() > 0

    def left(self) -> float:
        """Return for how many seconds the lease can be trusted without being renewed; 0 or less when it cannot."""
        return self._renewed_at + _TRUST - time.monotonic()

    async def renew(self) -> None:
        """Move the beat; when that fails, nothing more is sent from this moment."""
        started = time.monotonic()
        try:
            renewed = await finished(TIMEOUT, dispatchers.beat(self._tx, self._me))
        except Exception:
            self._renewed_at = 0.0
            raise
        if not renewed:
            self._renewed_at = 0.0
            raise LeaseLost("this dispatcher was declared dead")
        self._renewed_at = started

    async def give_back(self) -> None:
        """Remove this dispatcher's registration; a lost lease has none."""
        if self.alive():
            try:
                await finished(TIMEOUT, dispatchers.leave(self._tx, self._me))
            except Exception as error:  # noqa: BLE001 - the other dispatchers will notice
                log.warning("lease_not_given_back", reason=first_line(error))
        self._renewed_at = 0.0

    async def watch(self) -> None:
        """Note when each other dispatcher's beat was last seen to move, by the monotonic clock."""
        others = await finished(TIMEOUT, dispatchers.others(self._tx, self._me))
        moment = time.monotonic()
        for other in others:
            if other.beat != self._beats.get(other.id, (None, 0.0))[0]:
                self._beats[other.id] = (other.beat, moment)
        there = {other.id for other in others}
        self._beats = {i: b for i, b in self._beats.items() if i in there or moment - b[1] < _REMEMBERED}

    async def take_slot(self, connector_id: int, slot: int) -> float | None:
        """Take a bind slot of a connector; return the seconds to wait before binding, None when another dispatcher holds it."""
        if not await dispatchers.take_slot(self._tx, connector_id, slot):
            return None
        return await self._takeover_wait(connector_id, slot)

    async def free_slot(self, connector_id: int, slot: int) -> None:
        """Give a bind slot back."""
        await dispatchers.free_slot(self._tx, connector_id, slot)

    async def _takeover_wait(self, connector_id: int, slot: int) -> float:
        """Return the seconds until the previous holder of this slot has certainly unbound."""
        last = await dispatchers.holder(self._tx, connector_id, slot)
        if last is None or last.instance_id in self._ids:
            return 0.0
        if last.pid is not None and last.host == socket.gethostname() and not _runs(last.pid):
            return 0.0
        moment = time.monotonic()
        return max(0.0, _TAKEOVER - (moment - self._beats.get(last.instance_id, (0, moment))[1]))

    @property
    def _tx(self) -> Tx:
        if self._session is None:
            raise LeaseLost("it was never held")
        return self._session


async def finished(seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """Return the result of `work`, or raise TimeoutError; a cancellation waits for `work` first.

    A statement that is interrupted ends its session, and the session is the lease.
    """
    task = asyncio.create_task(work)
    try:
        async with asyncio.timeout(seconds):
            return await asyncio.shield(task)
    except TimeoutError:
        task.cancel()
        await asyncio.wait([task], timeout=1.0)
        raise
    except asyncio.CancelledError:
        await asyncio.wait([task], timeout=seconds)
        raise


def _runs(pid: int) -> bool:
    """Tell whether a process of this machine runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
