"""What a command says, in one sentence, about a failure that its user can do something about."""

import asyncio
import errno

from psycopg.errors import UndefinedColumn, UndefinedTable

from smsflow.datadir import AlreadyRunning
from smsflow.errors import Refused
from smsflow.settings import SettingsError
from smsflow.store.postgres.embedded import EmbeddedFailed
from smsflow.store.postgres.outages import is_outage
from smsflow.store.postgres.pool import PoolTimeout
from smsflow.store.postgres.transactions import UnreadableAddress
from smsflow.vault import VaultLocked


class Failed(Exception):
    """A command could not do its work; the message says why and what to do."""


_TOLD = (Refused, SettingsError, VaultLocked, AlreadyRunning, EmbeddedFailed, UnreadableAddress, Failed)


def sentence(error: Exception) -> str | None:
    """Return what to say about a failure, or None when it is a mistake of ours, which needs its traceback."""
    if isinstance(error, _TOLD) or _is_port_busy(error):
        return str(error)
    if isinstance(error, UndefinedTable | UndefinedColumn):
        return "the database lacks tables of this version: run `smsflow migrate`."
    if isinstance(error, UnicodeEncodeError):
        return "an argument holds bytes that are not UTF-8."
    if isinstance(error, OSError) and not isinstance(error, ConnectionError | TimeoutError):
        return _of_the_system(error)
    if is_outage(error):
        return (
            f"the database does not answer ({_reason(error)}): is SMSFLOW_DATABASE_URL right, and PostgreSQL running?"
        )
    return None


def _of_the_system(error: OSError) -> str | None:
    if error.errno == errno.EADDRINUSE:
        return f"the port is busy ({error.strerror}): stop what uses it, or choose another."
    if error.filename is not None and error.strerror is not None:
        return f"{error.filename}: {error.strerror}."
    return None


def _is_port_busy(error: Exception) -> bool:
    """Tell whether the web server's port is taken; asked by name, as importing the web server takes a second."""
    return type(error).__name__ == "PortBusy"


def _reason(error: BaseException) -> str:
    """Return the first line of what the database's driver says."""
    if isinstance(error, PoolTimeout | asyncio.TimeoutError):
        return "no answer in time"
    said = str(error).strip()
    return said.splitlines()[0].rstrip(".") if said else type(error).__name__
