"""`smsflow run`: the whole platform on one machine."""

import asyncio
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from contextlib import ExitStack

import structlog

from smsflow import datadir, observe
from smsflow.cli.demo import Demo, prepare
from smsflow.cli.supervisor import Child, Supervisor
from smsflow.runtime import platform
from smsflow.settings import Settings
from smsflow.store import embedded
from smsflow.web.serve import PortBusy, listen

log = structlog.get_logger(__name__)

_READY_SECONDS = 60.0
_EVERY = frozenset({"0.0.0.0", "::"})


def run(settings: Settings, *, demo: bool) -> None:
    """Run PostgreSQL (unless one is given), the migrations, web, dispatch and jobs until SIGTERM or Ctrl-C; SIGHUP restarts the children."""
    observe.configure(settings.log_level, settings.log_format, "run")
    with ExitStack() as stack:
        stack.enter_context(datadir.lock(settings.data_dir))
        listener = stack.enter_context(listen(settings.host, settings.port))
        if demo:
            _check_free(settings.smsc_port)
        url, database = _database(settings, stack)
        asyncio.run(datadir.prepare(url))
        shown = asyncio.run(_prepare_demo(settings, url)) if demo else None
        environment = {**observe.share_metrics(settings.data_dir), "SMSFLOW_DATABASE_URL": url}
        children = _children(settings, listener, shown)
        supervisor = Supervisor(children, environment, settings.drain_timeout)
        asyncio.run(_supervise(supervisor, settings, shown, database))


def _database(settings: Settings, stack: ExitStack) -> tuple[str, embedded.Embedded | None]:
    """Return the database's address; the embedded one is started, and its address kept for other commands."""
    if settings.database_url is not None:
        return settings.database_url, None
    here = embedded.start(settings.data_dir)
    stack.callback(here.stop)
    stack.enter_context(datadir.published(settings.data_dir, here.url))
    return here.url, here


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
    web = [
        Child("web", ["web", "--supervised", "--listener", str(descriptor)], [descriptor])
        for _ in range(settings.web_workers)
    ]
    others = [Child("dispatch", ["dispatch", "--supervised"]), Child("jobs", ["jobs", "--supervised"])]
    operator = []
    if demo is not None:
        arguments = ["smsc", "--supervised", "--port", str(settings.smsc_port), "--quiet"]
        operator = [Child("smsc", arguments)]
    return [*web, *others, *operator]


async def _supervise(
    supervisor: Supervisor,
    settings: Settings,
    demo: Demo | None,
    database: embedded.Embedded | None,
) -> None:
    stop, restart = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, restart.set)

    def keep_database() -> None:
        if database is not None and database.process.poll() is not None:
            log.error("postgresql_died", status=database.process.returncode)
            fresh = embedded.start(settings.data_dir)
            # Whoever stops it at the end holds the first record: it gets the process that runs now.
            database.process = fresh.process

    supervisor.check = keep_database
    supervisor.start()
    watching = asyncio.create_task(supervisor.watch(stop, restart))
    try:
        ready = await asyncio.to_thread(_wait_ready, settings, stop)
        if ready and not stop.is_set():
            _greet(settings, demo)
        await watching
    finally:
        watching.cancel()
        print("smsflow: draining …", file=sys.stderr, flush=True)
        await supervisor.stop()


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
    print(f"\nSMSFLOW is ready: {address}  (documentation: {address}/docs/)", flush=True)
    if demo is not None:
        print(demo.greeting(address), flush=True)
