"""How long a statement may take before its server counts as hanging, and what is done then.

A server that is stopped without being dead answers keepalives and no statement, and its own statement time-out does not run. Its
socket is shut down: a cancel request would end the wait for the standby of a commit that is well on its way.
"""

import asyncio
import contextlib
import os
import socket
from types import TracebackType
from typing import Any, Final

import psycopg

# Above the statement time-out of every session: a server that lives ends a statement itself, and says why.
PATIENCE: Final = 35.0


class Patience:
    """A block in which `connection` has some seconds to answer (None: as long as it likes); then its socket is shut down."""

    __slots__ = ("_connection", "_seconds", "_timer")

    def __init__(self, connection: psycopg.AsyncConnection[Any], seconds: float | None) -> None:
        """Prepare; the time runs from the beginning of the block."""
        self._connection = connection
        self._seconds = seconds
        self._timer: asyncio.TimerHandle | None = None

    def __enter__(self) -> None:
        """Start the time."""
        if self._seconds is not None:
            self._timer = asyncio.get_running_loop().call_later(self._seconds, _shut_down, self._connection)

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        """Stop the time."""
        if self._timer is not None:
            self._timer.cancel()


def _shut_down(connection: psycopg.AsyncConnection[Any]) -> None:
    """End the wait for an answer: its task sees the end of the connection."""
    with (
        contextlib.suppress(OSError, psycopg.OperationalError),
        socket.socket(fileno=os.dup(connection.fileno())) as ours,
    ):
        ours.shutdown(socket.SHUT_RDWR)
