"""Tells errors of a database that is away from those of a wrong row."""

import asyncio

import psycopg

# SQLSTATEs by their beginning: the connection is lost; the server is stopped, starts or was killed; it has no disk, memory or
# connections left; it only reads (it is being replaced); it ended our session for idling. Everything else says something of a row.
_OUTAGES = ("08", "57P", "53", "25006", "25P03")
# Another transaction, a lock or the clock was in the way of this statement: it may succeed when it is tried again.
_PASSING = ("40", "55P03", "57014")


def is_outage(error: BaseException) -> bool:
    """Tell whether `error` says that the database is away, full, read-only or out of connections, rather than that a row is wrong."""
    if isinstance(error, psycopg.Error):
        # An error of the driver itself has no SQLSTATE: no connection, or a lost one.
        if error.sqlstate is None:
            return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
        return error.sqlstate.startswith(_OUTAGES)
    return isinstance(error, OSError | asyncio.TimeoutError)


def may_pass(error: BaseException) -> bool:
    """Tell whether the same statement may succeed when it is tried again: an outage, a deadlock, a lock or a time limit."""
    if isinstance(error, psycopg.Error) and error.sqlstate is not None:
        return error.sqlstate.startswith(_OUTAGES + _PASSING)
    return is_outage(error)


def is_conflict(error: BaseException) -> bool:
    """Tell whether a transaction gave way to another one (a deadlock, say): nothing of it was done, and it may be tried again at once."""
    return isinstance(error, psycopg.Error) and error.sqlstate is not None and error.sqlstate.startswith("40")


def is_disk_full(error: BaseException) -> bool:
    """Tell whether the server has no room on its disk."""
    return isinstance(error, psycopg.errors.DiskFull)


def first_line(error: BaseException) -> str:
    """Return the first line of what an error says, or its name when it says nothing (a time-out does not)."""
    return next(iter(str(error).splitlines()), type(error).__name__)


def named(error: BaseException) -> str:
    """Return the name of an error with its SQLSTATE: its own text may repeat the row."""
    state = error.sqlstate if isinstance(error, psycopg.Error) else None
    return f"{type(error).__name__} {state}" if state else type(error).__name__
