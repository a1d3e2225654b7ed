"""Whether the connections that all processes may open fit the server."""

from collections.abc import Mapping
from typing import Final

from smsflow.settings import Settings, SettingsError
from smsflow.store.postgres import capacity
from smsflow.store.postgres.transactions import Tx
from smsflow.store.upkeep import processes

# Connections of a process beside its pool, by role: for notifications, for the lease of dispatch, for the queue of jobs.
_BESIDE: Final = {"web": 1, "dispatch": 3, "jobs": 6}
# Commands, migrations and an administrator who looks.
_SPARE: Final = 5


def wanted(settings: Settings, running: Mapping[str, int]) -> int:
    """Return the most connections that so many processes of each role open, with a few to spare for commands."""
    return sum(n * (settings.database_pool + _BESIDE.get(role, 1)) for role, n in running.items()) + _SPARE


def of_one_machine(settings: Settings) -> dict[str, int]:
    """Return the processes that `smsflow run` starts, by role."""
    return {"web": settings.web_workers, "dispatch": 1, "jobs": 1}


async def check(tx: Tx, settings: Settings, running: Mapping[str, int]) -> None:
    """Raise SettingsError when the server may let in fewer connections than these processes open."""
    most, needed = await capacity.connections(tx), wanted(settings, running)
    if needed > most:
        named = ", ".join(f"{n} {role}" for role, n in running.items())
        raise SettingsError(
            f"{named} with SMSFLOW_DATABASE_POOL={settings.database_pool} may open {needed} connections, and PostgreSQL lets in "
            f"{most} (max_connections): lower SMSFLOW_DATABASE_POOL or SMSFLOW_WEB_WORKERS, or raise max_connections."
        )


async def check_all(tx: Tx, settings: Settings) -> None:
    """Check the processes that live now, wherever they are; those elsewhere are taken to have our settings."""
    running: dict[str, int] = {}
    for shown in await processes.processes(tx):
        if shown.silent <= processes.SILENCE:
            running[shown.process.role] = running.get(shown.process.role, 0) + 1
    await check(tx, settings, running)
