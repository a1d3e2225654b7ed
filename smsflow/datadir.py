"""The data directory: the process that may use it now, and the database behind it."""

import asyncio
import fcntl
import os
import stat
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from smsflow.settings import Settings
from smsflow.store.postgres import cells, embedded, partitions
from smsflow.store.postgres.revision import is_migrated
from smsflow.store.postgres.transactions import Database

# A command of a minute ago may still hold the lock, or `smsflow run` may still be starting its PostgreSQL.
WAIT: Final = 60.0
_LOOK_AGAIN: Final = 0.05
_COMMAND: Final = "command"


class AlreadyRunning(Exception):
    """Another process uses this data directory; the message says which and what to do."""


class NoDatabase(Exception):
    """There is no database to look at; the message says where it was looked for."""


@contextmanager
def lock(data_dir: Path, *, holder: str = "smsflow run", wait: float = WAIT) -> Iterator[None]:
    """Hold the data directory alone; raise AlreadyRunning when a running SMSFLOW does.

    A command holds it for moments only, so it is waited for, `wait` seconds at most.
    """
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(data_dir / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _take(handle, data_dir, time.monotonic() + wait)
        _keep_private(data_dir)
        # Only this user may read what this process and its children put there.
        umask = os.umask(0o077)
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()} {holder}\n".encode(), 0)
        # A process that was killed may have left an address here that is no longer true.
        (data_dir / "database_url").unlink(missing_ok=True)
        try:
            yield
        finally:
            os.umask(umask)
            os.ftruncate(handle, 0)
    finally:
        os.close(handle)


def _keep_private(data_dir: Path) -> None:
    """Let nobody else into the data directory, unless it is one that everybody uses (sticky, as /tmp is) or another user's."""
    found = data_dir.stat()
    if found.st_uid == os.geteuid() and not found.st_mode & stat.S_ISVTX:
        data_dir.chmod(0o700)


@contextmanager
def published(data_dir: Path, url: str) -> Iterator[None]:
    """Tell the commands which database runs here, for as long as the block lasts; the caller holds the lock."""
    write_private(data_dir / "database_url", url + "\n")
    try:
        yield
    finally:
        (data_dir / "database_url").unlink(missing_ok=True)


@contextmanager
def database(settings: Settings, *, make: bool = False, wait: float = WAIT) -> Iterator[str]:
    """Give a command its database: the one that is set, the one that runs here, or the embedded one started for it.

    The embedded one is migrated when it is started here; where there is none, `make` makes one, and NoDatabase is raised otherwise.
    Not for use inside an event loop.
    """
    if settings.database_url is not None:
        yield settings.database_url
        return
    may_be_there = make or has_data(settings.data_dir) or (settings.data_dir / "lock").exists()
    if not may_be_there:
        raise NoDatabase(_nothing_in(settings.data_dir))
    deadline = time.monotonic() + wait
    with ExitStack() as stack:
        while (running := _held(settings.data_dir, stack)) is None:
            if time.monotonic() >= deadline:
                raise AlreadyRunning(
                    f"the process that uses the data directory {settings.data_dir} does not say which database it has: "
                    "give the SMSFLOW_DATABASE_URL that it was started with."
                )
            time.sleep(_LOOK_AGAIN)
        if running:
            yield running
            return
        if not make and not has_data(settings.data_dir):
            raise NoDatabase(_nothing_in(settings.data_dir))
        server = embedded.start(settings.data_dir)
        stack.callback(server.stop)
        asyncio.run(prepare(server.url, cell=settings.cell))
        yield server.url


def has_data(data_dir: Path) -> bool:
    """Tell whether there is an embedded database in the data directory."""
    try:
        return (data_dir / "postgres" / "PG_VERSION").exists()
    except PermissionError:
        return True  # another user's: its start says what is wrong


async def prepare(url: str, *, cell: int = 0) -> None:
    """Bring the schema of a database up to date, with the partitions that the next messages of its cell need."""
    known = Database(url, pool=1)
    try:
        async with known.autocommit() as tx:
            ready = await is_migrated(tx)
        if not ready:
            # Most starts find the schema as it should be, and need not load what changes it.
            from smsflow.store.postgres.migrate import migrate  # noqa: PLC0415

            await asyncio.to_thread(migrate, url)
        async with known.transaction() as tx:
            await cells.start(tx, cell)
            await partitions.ensure(tx)
    finally:
        await known.close()


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    fresh.replace(file)


def _held(data_dir: Path, stack: ExitStack) -> str | None:
    """Return the URL that runs here, "" when the directory is now ours until `stack` closes, None for neither."""
    try:
        stack.enter_context(lock(data_dir, holder=_COMMAND, wait=0))
    except AlreadyRunning:
        try:
            return (data_dir / "database_url").read_text(encoding="utf-8").strip() or None
        except FileNotFoundError:
            return None
    return ""


def _take(handle: int, data_dir: Path, deadline: float) -> None:
    """Lock the open file, waiting for a command; raise AlreadyRunning when the holder is there to stay."""
    seen = ""
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(handle, 200, 0).decode(errors="replace").strip()
            # Read twice: the first may be what a killed process left, while the new holder writes its own name.
            stays = holder != "" and holder == seen and not holder.endswith(_COMMAND)
            if stays or time.monotonic() >= deadline:
                raise AlreadyRunning(_sentence(data_dir, holder)) from None
            seen = holder
            time.sleep(_LOOK_AGAIN)
        else:
            return


def _nothing_in(data_dir: Path) -> str:
    return (
        f"there is no database in the data directory {data_dir.absolute()}: set SMSFLOW_DATA_DIR to the directory of your platform, "
        "or SMSFLOW_DATABASE_URL to its PostgreSQL; `smsflow run` and `smsflow migrate` make a new one."
    )


def _sentence(data_dir: Path, holder: str) -> str:
    pid, _, name = holder.partition(" ")
    user = f"{'an smsflow command' if name == _COMMAND else name} (process {pid})" if pid else "another process"
    return (
        f"{user} already uses the data directory {data_dir}: stop it first, or choose another directory with "
        "SMSFLOW_DATA_DIR and another port with SMSFLOW_PORT."
    )
