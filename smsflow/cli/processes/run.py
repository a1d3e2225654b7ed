"""`smsflow run`: the whole platform on one machine."""

import asyncio
import os
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

import structlog

from smsflow import datadir, observe
from smsflow.cli import streams
from smsflow.cli.processes.demo import Demo, prepare
from smsflow.cli.processes.supervisor import Child, Supervisor
from smsflow.runtime import platform
from smsflow.services.upkeep import connections
from smsflow.settings import Settings
from smsflow.store.postgres import embedded
from smsflow.store.postgres.transactions import Database
from smsflow.web.serve import PortBusy, listen

T = TypeVar("T")

log = structlog.get_logger(__name__)

_READY_SECONDS = 60.0
_LOOK_AGAIN = 0.2
_START_DATABASE_AGAIN = 1.0
_EVERY = frozenset({"0.0.0.0", "::"})


def run(settings: Settings, *, demo: bool) -> None:
    """Run PostgreSQL (unless one is given), the migrations, web, dispatch and jobs until SIGTERM or Ctrl-C; SIGHUP restarts the children."""
    observe.configure(settings.log_level, settings.log_format, "run")
    # Until there is an event loop, this stops what was started, as any other end does.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))
    # There is nothing to restart yet, and the default action of this signal is to end the process.
    signal.signal(signal.SIGHUP, lambda _number, _frame: None)
    with ExitStack() as stack:
        patience = settings.drain_timeout if _was_killed(settings.data_dir) else 0.0
        stack.enter_context(datadir.lock(settings.data_dir))
        listener = stack.enter_context(_patiently(lambda: listen(settings.host, settings.port), patience))
        if demo:
            _patiently(lambda: _check_free(settings.smsc_port), patience)
        url, database = _database(settings, stack)
        asyncio.run(datadir.prepare(url, cell=settings.cell))
        asyncio.run(_check_connections(settings, url))
        shown = asyncio.run(_prepare_demo(settings, url)) if demo else None
        environment = {**observe.share_metrics(settings.data_dir), "SMSFLOW_DATABASE_URL": url}
        children = _children(settings, listener, shown)
        supervisor = Supervisor(children, environment, settings.drain_timeout)
        asyncio.run(_supervise(supervisor, settings, shown, database, listener))
        # A second Ctrl-C must not keep PostgreSQL from being stopped.
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)


def _database(settings: Settings, stack: ExitStack) -> tuple[str, embedded.Embedded | None]:
    """Return the database's address; the embedded one is started, and its address kept for other commands."""
    if settings.database_url is not None:
        return settings.database_url, None
    here = embedded.start(settings.data_dir, connections=_wanted(settings))
    stack.callback(here.stop)
    stack.enter_context(datadir.published(settings.data_dir, here.url))
    return here.url, here


def _wanted(settings: Settings) -> int:
    return connections.wanted(settings, connections.of_one_machine(settings))


async def _check_connections(settings: Settings, url: str) -> None:
    database = Database(url, pool=1)
    try:
        async with database.autocommit() as tx:
            await connections.check(tx, settings, connections.of_one_machine(settings))
    finally:
        await database.close()


def _was_killed(data_dir: Path) -> bool:
    """Tell whether the last holder of the data directory did not end by itself: then it has left its name in the lock."""
    lock = data_dir / "lock"
    return lock.exists() and lock.stat().st_size > 0


def _patiently(take: Callable[[], T], seconds: float) -> T:
    """Take a port; the children of a `smsflow run` that was killed hold theirs until they have drained."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return take()
        except PortBusy:
            if time.monotonic() >= deadline:
                raise
            time.sleep(_LOOK_AGAIN)


def _check_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            reason = f"127.0.0.1:{port} cannot be listened on ({error.strerror}): stop what uses it, or set SMSFLOW_SMSC_PORT."
            raise PortBusy(reason) from None


async def _prepare_demo(settings: Settings, url: str) -> Demo:
    async with platform(settings, url) as here:
        return await prepare(here, smsc_port=settings.smsc_port)


def _children(settings: Settings, listener: socket.socket, demo: Demo | None) -> list[Child]:
    descriptor = listener.fileno()
    ours = ["--supervised-by", str(os.getpid())]
    web = [
        Child("web", ["web", *ours, "--listener", str(descriptor)], [descriptor]) for _ in range(settings.web_workers)
    ]
    others = [Child("dispatch", ["dispatch", *ours]), Child("jobs", ["jobs", *ours])]
    operator = []
    if demo is not None:
        arguments = ["smsc", *ours, "--port", str(settings.smsc_port), "--quiet", "--demo"]
        operator = [Child("smsc", arguments)]
    return [*web, *others, *operator]


async def _supervise(
    supervisor: Supervisor,
    settings: Settings,
    demo: Demo | None,
    database: embedded.Embedded | None,
    listener: socket.socket,
) -> None:
    stop, restart = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, restart.set)

    supervisor.start()
    watching = asyncio.create_task(supervisor.watch(stop, restart))
    keeping = asyncio.create_task(_keep_database(settings, database, stop)) if database is not None else None
    try:
        ready = await asyncio.to_thread(_wait_ready, settings, stop)
        if ready and not stop.is_set():
            _greet(settings, demo)
        await watching
    finally:
        watching.cancel()
        streams.complain("draining …")
        # The web processes hold the socket too: once the last of them has closed it, the system refuses new connections.
        listener.close()
        await supervisor.stop()
        if keeping is not None:
            # The children drain into the database, so it is kept up until they are done.
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)


async def _keep_database(settings: Settings, database: embedded.Embedded, stop: asyncio.Event) -> None:
    """Start PostgreSQL again whenever it dies, until cancelled; while it cannot start (a full disk), try again and say so."""
    while True:
        await asyncio.sleep(_LOOK_AGAIN)
        if database.process.poll() is None:
            continue
        log.error("postgresql_died", status=database.process.returncode)
        starting = asyncio.create_task(
            asyncio.to_thread(embedded.start, settings.data_dir, connections=_wanted(settings))
        )
        try:
            # A thread cannot be cancelled: the end waits for it, and then stops what it started.
            fresh = await asyncio.shield(starting)
        except asyncio.CancelledError:
            await asyncio.gather(starting, return_exceptions=True)
            if starting.exception() is None:
                database.process = starting.result().process
            raise
        except (embedded.EmbeddedFailed, OSError) as error:
            log.error("postgresql_not_started", reason=str(error), again_in=_START_DATABASE_AGAIN)
            if stop.is_set():
                return
            await asyncio.sleep(_START_DATABASE_AGAIN)
        else:
            # `run` stops it at the end by this record.
            database.process = fresh.process


def _wait_ready(settings: Settings, stop: asyncio.Event) -> bool:
    host = "127.0.0.1" if settings.host in _EVERY else settings.host
    address = f"http://{host}:{settings.port}/readyz"
    for _ in range(int(_READY_SECONDS / 0.1)):
        if stop.is_set():
            return False
        try:
            with urllib.request.urlopen(address, timeout=2):
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    return False


def _greet(settings: Settings, demo: Demo | None) -> None:
    address = (
        settings.public_url or f"http://{'127.0.0.1' if settings.host in _EVERY else settings.host}:{settings.port}"
    )
    streams.say(f"\nSMSFLOW is ready: {address}  (documentation: {address}/docs/)")
    if demo is not None:
        streams.say(demo.greeting(address))
