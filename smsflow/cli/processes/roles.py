"""The processes as commands: `run` for all of them on one machine, `web`, `dispatch` and `jobs` alone on any number of machines."""

import asyncio
import gc
import os
import signal
import socket
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import typer

from smsflow import observe
from smsflow.settings import Settings, SettingsError, load

_OBJECTS_BEFORE_COLLECTION = 10_000

Supervised = Annotated[
    int, typer.Option("--supervised-by", hidden=True, help="Stop when this process, which started this one, is gone.")
]


def add_to(app: typer.Typer) -> None:
    """Give `app` these commands."""
    app.command()(run)
    app.command()(web)
    app.command()(dispatch)
    app.command()(jobs)


def run(
    *,
    demo: Annotated[
        bool, typer.Option("--demo", help="With a demo company and the simulator as its operator.")
    ] = False,
) -> None:
    """Run the whole platform on this machine: PostgreSQL, migrations, web, dispatch and jobs."""
    from smsflow.cli.processes.run import run as run_all

    run_all(load(), demo=demo)


def web(
    *,
    supervised_by: Supervised = 0,
    listener: Annotated[int, typer.Option(hidden=True, help="A listening socket that is already open.")] = -1,
) -> None:
    """Run the HTTP server alone."""
    from smsflow.web.serve import listen, serve

    settings = load()
    observe.configure(settings.log_level, settings.log_format, "web")
    opened = socket.socket(fileno=listener) if listener >= 0 else listen(settings.host, settings.port)
    with opened:
        _run(lambda stopped: serve(settings, _url(settings), opened, stopped=stopped), supervised_by=supervised_by)


def dispatch(*, supervised_by: Supervised = 0) -> None:
    """Run the dispatcher alone: the binds to operators."""
    from smsflow.dispatch.serve import serve

    settings = load()
    observe.configure(settings.log_level, settings.log_format, "dispatch")
    _run(lambda stopped: serve(settings, _url(settings), stopped=stopped), supervised_by=supervised_by)


def jobs(*, supervised_by: Supervised = 0) -> None:
    """Run the periodic jobs alone."""
    from smsflow.jobs.worker import run as work

    settings = load()
    observe.configure(settings.log_level, settings.log_format, "jobs")
    _run(lambda stopped: work(settings, _url(settings), stopped=stopped), supervised_by=supervised_by)


def _url(settings: Settings) -> str:
    """Return the database that is set, or the one that `smsflow run` has on this data directory."""
    if settings.database_url is not None:
        return settings.database_url
    try:
        return (settings.data_dir / "database_url").read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        raise SettingsError(
            f"no database: set SMSFLOW_DATABASE_URL, or start `smsflow run` on the data directory {settings.data_dir} first."
        ) from None


def collect_seldom() -> None:
    """Keep the garbage collector from what is imported, which stays, and let it look seldom: it took a tenth of the time of a request."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS_BEFORE_COLLECTION)


def _run(serve: Callable[[Callable[[], Awaitable[None]]], Awaitable[Any]], *, supervised_by: int) -> None:
    """Run `serve` on uvloop until SIGTERM, Ctrl-C, or (supervised) the end of our parent."""
    import uvloop

    async def main() -> None:
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, ended.set)

        async def stopped() -> None:
            while not ended.is_set():
                try:
                    async with asyncio.timeout(1.0):
                        await ended.wait()
                except TimeoutError:
                    if supervised_by and os.getppid() != supervised_by:
                        return

        collect_seldom()
        await serve(stopped)

    uvloop.run(main())
