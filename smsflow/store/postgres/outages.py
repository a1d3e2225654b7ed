"""Which errors say that the database is away, and not that a row is wrong."""

import asyncio

import psycopg

# A server that only reads is being replaced or has a full disk, and psycopg counts neither of these among what is operational.
_OUTAGES = (
    OSError,
    asyncio.TimeoutError,
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg.errors.ReadOnlySqlTransaction,
    psycopg.errors.IdleInTransactionSessionTimeout,
)


def is_outage(error: BaseException) -> bool:
    """Tell whether `error` says that the database is away, full, read-only or out of connections, rather than that a row is wrong."""
    return isinstance(error, _OUTAGES)


def is_disk_full(error: BaseException) -> bool:
    """Tell whether the server has no room on its disk."""
    return isinstance(error, psycopg.errors.DiskFull)


def first_line(error: BaseException) -> str:
    """Return the first line of what an error says, or its name when it says nothing (a time-out does not)."""
    return next(iter(str(error).splitlines()), type(error).__name__)
