"""A database full of messages is migrated while the release before runs on it, and while somebody reads for long."""

import threading
import uuid

import psycopg
import pytest
import sqlalchemy

from smsflow.cli.failures import failure
from smsflow.store.postgres import migrate as migrations
from smsflow.store.postgres.migrate import migrate
from smsflow.store.postgres.revision import MigrationBlocked
from smsflow.store.postgres.transactions import libpq_url
from tests.database import url_of

# As the release before wrote them.
OLD_PARTS = """
INSERT INTO part (message_id, account_id, reference, number, total)
SELECT m.id, 1, 'r' || m.id || '-' || n, n, 2 FROM message m, generate_series(1, 2) n WHERE m.id BETWEEN %s AND %s
"""
OLD_NOTE = "UPDATE part SET state = 3 WHERE message_id = %s AND number = 1"
MESSAGES = """
INSERT INTO message (id, company_id, connector_id, created_at, valid_until, kind, status, segments, charged, sealed, number, country, sender, text)
SELECT n, 1 + n %% 7, 1, now(), now(), 1, 2, 2, 2, false, '+237690000001', 'CM', 'AWA', '' FROM generate_series(CAST(%s AS bigint), CAST(%s AS bigint)) n
"""


@pytest.fixture
def old(database_server):
    """A connection to a database as the release before left it, with two partitions of its width."""
    name = f"smsflow_old_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(libpq_url(database_server), autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
        try:
            url = url_of(database_server, name)
            migrate(url, revision="0006")
            with psycopg.connect(libpq_url(url), autocommit=True) as connection:
                for number in range(2):
                    bounds = f"FROM ({number * 10_000_000}) TO ({(number + 1) * 10_000_000})"
                    for table in ("message", "part"):
                        connection.execute(
                            f"CREATE TABLE {table}_{number:06d} PARTITION OF {table} FOR VALUES {bounds}"
                        )
                yield url, connection
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


class Release:
    """The release before, at work: it records parts and receipts until the migration has ended."""

    def __init__(self, url, *, first):
        self._url, self._first = url, first
        self.failed, self.recorded = [], 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()

    def _run(self):
        with psycopg.connect(libpq_url(self._url), autocommit=True) as connection:
            while not self._ended.is_set() or not self.recorded:
                message_id = self._first + self.recorded
                try:
                    connection.execute(MESSAGES, (message_id, message_id))
                    connection.execute(OLD_PARTS, (message_id, message_id))
                    connection.execute(OLD_NOTE, (message_id,))
                    connection.execute(OLD_NOTE, (1 + self.recorded % 1000,))
                except psycopg.Error as error:
                    self.failed.append(error)
                self.recorded += 1


def test_parts_get_their_company_and_key_while_the_release_before_records_and_settles(old):
    url, connection = old
    connection.execute(MESSAGES, (1, 60_000))
    connection.execute(OLD_PARTS, (1, 60_000))
    connection.execute(OLD_PARTS, (1, 10))  # sent a second time
    with Release(url, first=10_000_000) as release:
        migrate(url)

    assert release.failed == []
    connection.execute(OLD_PARTS, (10_000_000, 10_000_000))  # it goes on, and sends a second time
    assert connection.execute(
        "SELECT count(*), count(DISTINCT (company_id, message_id, attempt, number)) FROM part"
    ).fetchone() == (
        2 * (60_000 + 10 + release.recorded + 1),
        2 * (60_000 + 10 + release.recorded + 1),
    )
    wrong = "SELECT count(*) FROM part p JOIN message m ON m.id = p.message_id WHERE p.company_id <> m.company_id"
    assert connection.execute(wrong).fetchone() == (0,)
    keys = "SELECT count(*) FROM pg_index i WHERE i.indisprimary AND i.indisvalid AND i.indrelid IN (%s, %s, %s)"
    tables = [
        connection.execute("SELECT CAST(%s AS regclass)::oid", (t,)).fetchone()[0]
        for t in ("part", "part_000000", "part_000001")
    ]
    assert connection.execute(keys, tables).fetchone() == (3,)


def test_behind_a_long_reader_a_migration_waits_without_making_anybody_wait_and_says_so(old):
    url, connection = old
    with psycopg.connect(libpq_url(url)) as reader:
        reader.execute("SELECT count(*) FROM part")
        with Release(url, first=1) as release, pytest.raises(MigrationBlocked) as blocked:
            migrate(url, patience=0)

        assert release.failed == []
        assert "long reader" in failure(blocked.value).sentence

    migrate(url)
    assert connection.execute("SELECT version_num FROM alembic_version").fetchone()[0] >= "0008"


def test_a_migration_that_ends_in_a_deadlock_is_tried_again(old, monkeypatch):
    url, connection = old
    connection.execute("CREATE TABLE one ()")
    connection.execute("CREATE TABLE two ()")
    monkeypatch.setattr(migrations, "_TRY_AGAIN", 0.0)
    has_one, tries = threading.Event(), []

    def lock_both(config, _revision):
        tries.append("try")
        config.attributes["connection"].execute(sqlalchemy.text("LOCK TABLE one"))
        has_one.set()
        config.attributes["connection"].execute(sqlalchemy.text("LOCK TABLE two"))

    monkeypatch.setattr(migrations.command, "upgrade", lock_both)
    with psycopg.connect(libpq_url(url)) as other:
        other.execute("SET deadlock_timeout = '1min'")  # the migration is the one that notices
        other.execute("LOCK TABLE two")
        migrating = threading.Thread(target=migrate, args=(url,))
        migrating.start()
        has_one.wait(60)
        other.execute("LOCK TABLE one")
        other.rollback()
        migrating.join(60)

    assert tries == ["try", "try"]
