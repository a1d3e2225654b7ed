"""Commits whose answer is lost: their outcome is found out, or said to be unknown.

Three facts make this harder than a look. A session that waits for its standby and is ended has committed, but only on this server.
A server that was replaced, and does not know it yet, still shows what nobody else has. A session that hangs may commit later.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import structlog

from smsflow.errors import OutcomeUnknown
from smsflow.store.postgres.outages import first_line, may_pass
from smsflow.store.postgres.transactions import Database, Tx, text

T = TypeVar("T")
R = TypeVar("R")

log = structlog.get_logger(__name__)

# A failover takes 17 to 26 seconds (the least time-to-live of Patroni's leader key is 20), and a request is answered within 45.
LOOK_SECONDS: Final = 30.0
# A server that hangs without dying is left after this time, early enough to look for that long.
REQUEST_PATIENCE: Final = 10.0
_LOOK_AGAIN: Final = 0.2
_RETRY_AFTER: Final = 30

# On another server the number may be another session's of ours; one that does nothing has nothing to commit and is left alone.
_END_SESSION = text("""
SELECT coalesce(bool_and(pg_terminate_backend(pid, 1000)), true) FROM pg_stat_activity
WHERE pid = :pid AND pid <> pg_backend_pid() AND state <> 'idle' AND usename = current_user AND datname = current_database()
""")
# Its commit waits for the standby, and stands in the log behind every commit that was visible before.
_REACH_STANDBY = text("SELECT pg_logical_emit_message(true, 'smsflow', '') WHERE NOT pg_is_in_recovery()")


async def find_out(database: Database, cut: Exception, pid: int, look: Callable[[Tx], Awaitable[R | None]]) -> R | None:
    """Return what `look` finds of a commit of session `pid` once a failover cannot lose it, None when it surely never happened.

    Raises OutcomeUnknown when neither is known in time; `cut` is the error by which the answer was lost.
    """
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            while True:
                try:
                    async with database.autocommit(patience=REQUEST_PATIENCE) as tx:
                        ended = (await tx.execute(_END_SESSION, {"pid": pid})).scalar_one()
                        found = await look(tx)
                        if ended and await tx.execute(_REACH_STANDBY):
                            return found
                except Exception as error:
                    if not may_pass(error):
                        raise
                await asyncio.sleep(_LOOK_AGAIN)
    except Exception as error:  # noqa: BLE001 - whatever kept us from knowing
        log.warning("outcome_of_commit_unknown", cut=first_line(cut), reason=first_line(error))
        raise OutcomeUnknown(retry_after=_RETRY_AFTER) from cut


async def commit(
    database: Database, work: Callable[[Tx], Awaitable[T]], *, is_stored: Callable[[Tx, T], Awaitable[bool]]
) -> T:
    """Return what `work` returns in a transaction that was committed; where its answer is lost, ask `is_stored` whether it was.

    Raises OutcomeUnknown when that cannot be found out, and the error itself when surely nothing was stored.
    """
    tx: Tx | None = None
    pid = 0
    done: list[T] = []
    try:
        async with database.transaction(patience=REQUEST_PATIENCE) as tx:
            pid = tx.pid
            done.append(await work(tx))
    except Exception as error:
        if tx is None or not tx.connection.closed or not done:
            raise  # the commit was never asked for, or was refused
        (result,) = done

        async def look(other: Tx) -> bool | None:
            return await is_stored(other, result) or None

        if await find_out(database, error, pid, look):
            return result
        raise
    return done[0]
