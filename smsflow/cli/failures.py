"""Failures that a user can do something about: one sentence and a stable code for each."""

import asyncio
import errno
from dataclasses import dataclass
from typing import Final

from smsflow.datadir import AlreadyRunning, NoDatabase
from smsflow.errors import Refused
from smsflow.settings import SettingsError
from smsflow.sheets.errors import SheetUnreadable
from smsflow.store.postgres.cells import AnotherCell
from smsflow.store.postgres.embedded import EmbeddedFailed
from smsflow.store.postgres.outages import is_disk_full, is_outage, may_pass
from smsflow.store.postgres.pool import PoolTimeout
from smsflow.store.postgres.revision import MigrationBlocked, lacks_migration
from smsflow.store.postgres.transactions import UnreadableAddress
from smsflow.vault import VaultLocked


class Failed(Exception):
    """A command could not do its work; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class CommandFailure:
    """A stable code for programs, and a sentence for people."""

    code: str
    sentence: str


_CODES: Final = {
    SettingsError: "settings_wrong",
    VaultLocked: "secret_key_wrong",
    AlreadyRunning: "already_running",
    NoDatabase: "no_database",
    EmbeddedFailed: "database_not_started",
    UnreadableAddress: "database_address_wrong",
    MigrationBlocked: "migration_blocked",
    AnotherCell: "another_cell",
    Failed: "failed",
}
_NO_SPACE: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


def failure(error: Exception) -> CommandFailure | None:
    """Return what to say about a failure, or None when it is a mistake of ours, which needs its traceback."""
    if isinstance(error, Refused | SheetUnreadable):
        return CommandFailure(error.code, str(error))
    for kind, code in _CODES.items():
        if isinstance(error, kind):
            return CommandFailure(code, str(error))
    # Asked by name, as importing the web server takes a second.
    if type(error).__name__ == "PortBusy":
        return CommandFailure("port_busy", str(error))
    if lacks_migration(error):
        return CommandFailure("not_migrated", "the database lacks tables of this version: run `smsflow migrate`.")
    if isinstance(error, UnicodeEncodeError):
        return CommandFailure("usage", "an argument holds bytes that are not UTF-8.")
    if isinstance(error, OSError) and not isinstance(error, ConnectionError | TimeoutError):
        return _of_the_system(error)
    return _of_the_database(error)


def _of_the_database(error: Exception) -> CommandFailure | None:
    if is_disk_full(error):
        return CommandFailure(
            "disk_full", f"the disk of PostgreSQL is full ({_reason(error)}): nothing was changed; make room on it."
        )
    if is_outage(error):
        hint = "is SMSFLOW_DATABASE_URL right, and PostgreSQL running?"
        return CommandFailure("database_away", f"the database does not answer ({_reason(error)}): {hint}")
    if may_pass(error):
        return CommandFailure(
            "database_busy",
            f"the platform's own work was in the way ({_reason(error)}): try again.",
        )
    return None


def _of_the_system(error: OSError) -> CommandFailure:
    if error.errno == errno.EADDRINUSE:
        return CommandFailure(
            "port_busy", f"the port is busy ({error.strerror}): stop what uses it, or choose another."
        )
    where = f"{error.filename}: " if error.filename is not None else ""
    told = f"{where}{error.strerror or error}".rstrip(".")
    if error.errno in _NO_SPACE:
        return CommandFailure("disk_full", f"{told}: make room on the disk of SMSFLOW_DATA_DIR.")
    return CommandFailure("system", f"{told}.")


def _reason(error: BaseException) -> str:
    """Return the first line of what the database's driver says."""
    if isinstance(error, PoolTimeout | asyncio.TimeoutError):
        return "no answer in time"
    said = str(error).strip()
    return said.splitlines()[0].rstrip(".") if said else type(error).__name__
