"""A database with several hosts in its URL: the one that can be written to is found, in every place where we connect."""

import asyncio
import shutil
import tempfile
from pathlib import Path
from unittest import mock

import pytest
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy.engine import make_url

from smsflow.settings import Settings
from smsflow.store.postgres import embedded
from smsflow.store.postgres.notifications import listen
from smsflow.store.postgres.transactions import Database, libpq_url, text


@pytest.fixture
def standby():
    """The socket directory of a server that says of itself, as a standby does, that it cannot be written to."""
    directory = Path(tempfile.mkdtemp(prefix="smsflow-test-"))
    directory.chmod(0o755)
    with mock.patch.dict(embedded._SETTINGS, {"default_transaction_read_only": "on"}):
        server = embedded.start(directory)
    yield make_url(server.url).query["host"]
    server.stop()
    shutil.rmtree(directory, ignore_errors=True)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u@h1,h2/db?target_session_attrs=read-write",
        "postgresql://u@/db?host=h1,h2&port=5432,5433&target_session_attrs=read-write",
    ],
)
def test_several_hosts_are_a_database_url(url):
    settings = Settings(database_url=url)

    assert conninfo_to_dict(libpq_url(settings.database_url))["host"] == "h1,h2"


async def test_of_several_hosts_the_one_that_can_be_written_to_is_used(standby, database_url):
    if "host" not in make_url(database_url).query:
        pytest.skip("the given database is not reached by a Unix socket")
    primary = make_url(database_url).query["host"]
    hosts = f"/nowhere,{standby},{primary}"
    query = {"host": hosts, "target_session_attrs": "read-write"}
    url = make_url(database_url).set(query=query).render_as_string()
    connected = asyncio.Event()
    listening = asyncio.create_task(listen(url, ("anything",), lambda *_: None, connected=connected.set))
    database = Database(url)
    async with database.autocommit() as tx:
        found = (await tx.execute(text("SELECT current_setting('unix_socket_directories')"))).scalar_one()
    await asyncio.wait_for(connected.wait(), 10)
    listening.cancel()
    await database.close()

    assert found == primary
