"""A PostgreSQL for the tests: each test that asks for it has a migrated database of its own."""

import asyncio
import fcntl
import os
import tempfile
import uuid
from contextlib import asynccontextmanager
from pathlib import Path
from unittest import mock

import psycopg
import pytest
from sqlalchemy.engine import make_url

from smsflow import runtime
from smsflow.settings import Settings
from smsflow.store.postgres import embedded, partitions
from smsflow.store.postgres.migrate import migrate
from smsflow.store.postgres.transactions import Database, libpq_url

SECRET_KEY = "the key that the tests encrypt with and nobody else"

_FOR_ALL_WORKERS = {"max_connections": "300"}
# The cost of a copy is writing it, and a test's database need not survive anything.
_FAST = (
    "ALTER SYSTEM SET full_page_writes = off",
    "ALTER SYSTEM SET synchronous_commit = off",
    "SELECT pg_reload_conf()",
)


@pytest.fixture(scope="session")
def database_server():
    """The URL of a server for databases: SMSFLOW_TEST_DATABASE_URL, else an embedded one that all workers of the run share."""
    given = os.environ.get("SMSFLOW_TEST_DATABASE_URL")
    return given or _once_in_the_run("server", _start_server)


@pytest.fixture(scope="session")
def database_template(database_server):
    """The name of a database that has every migration and nothing else."""
    return _once_in_the_run("template", lambda: _make_template(database_server))


def pytest_unconfigure(config):
    """Drop the template on a server that was given; an embedded one goes as a whole."""
    given, made = os.environ.get("SMSFLOW_TEST_DATABASE_URL"), Path(tempfile.gettempdir(), "template")
    if given and made.exists() and not hasattr(config, "workerinput"):
        _execute(given, f'DROP DATABASE "{made.read_text()}" WITH (FORCE)')


@pytest.fixture
def database_url(database_server, database_template):
    """The URL of an empty, migrated database that only this test sees."""
    name = f"smsflow_test_{uuid.uuid4().hex[:12]}"
    _execute(database_server, f'CREATE DATABASE "{name}" TEMPLATE "{database_template}" STRATEGY wal_log')
    yield url_of(database_server, name)
    _execute(database_server, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def settings_of(database_url, tmp_path):
    """Make settings for the test's database: `settings_of(login_per_username=3)`."""

    def make(**values):
        return Settings(**{"data_dir": tmp_path, "database_url": database_url, "secret_key": SECRET_KEY, **values})

    return make


@pytest.fixture
def open_platform(settings_of, database_url):
    """Open the platform with settings of the test's choice: `async with open_platform(intake_bound=1) as platform`."""

    @asynccontextmanager
    async def open_(**values):
        async with runtime.platform(settings_of(**values), database_url) as platform:
            yield platform

    return open_


@pytest.fixture
async def platform(open_platform):
    """The platform on the test's database, with default settings."""
    async with open_platform() as platform:
        yield platform


def url_of(server, name):
    """Return the URL of the database `name` on `server`."""
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def _once_in_the_run(name, make):
    """Return what `make` returns, which is called by the first worker that asks."""
    file = Path(tempfile.gettempdir(), name)
    with file.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not file.exists():
            file.write_text(make())
    return file.read_text()


def _start_server():
    # Not below pytest's own temporary directory: PostgreSQL does not run as root, and only root may enter that one.
    directory = Path(tempfile.mkdtemp(prefix="smsflow-test-"))
    directory.chmod(0o755)
    with mock.patch.dict(embedded._SETTINGS, _FOR_ALL_WORKERS):
        server = embedded.start(directory)
    for statement in _FAST:
        _execute(server.admin_url, statement)
    return server.admin_url


def _make_template(server):
    name = f"smsflow_template_{uuid.uuid4().hex[:12]}"
    _execute(server, f'CREATE DATABASE "{name}"')
    migrate(url_of(server, name))
    asyncio.run(partition(url_of(server, name)))
    return name


def _execute(server, statement):
    with psycopg.connect(libpq_url(server), autocommit=True) as connection:
        connection.execute(statement)


async def partition(url):
    """Make the first partitions, as a start of the platform does."""
    database = Database(url, pool=2)
    async with database.transaction() as tx:
        await partitions.ensure(tx)
    await database.close()
