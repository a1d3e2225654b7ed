"""The embedded PostgreSQL: starts, starts again, takes over what a killed process left, wherever its directory is."""

import os
import shutil
import signal
import tempfile
from pathlib import Path

import psycopg
import pytest

from smsflow.store.postgres import embedded
from smsflow.store.postgres.transactions import libpq_url

pytestmark = pytest.mark.processes


@pytest.fixture
def data_dir():
    # PostgreSQL does not run as root, and may not enter pytest's own directories.
    directory = Path(tempfile.mkdtemp(prefix="smsflow-embedded-"))
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


def query(server, statement):
    with psycopg.connect(libpq_url(server.url), autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchone()[0] if cursor.description else None


def test_what_was_committed_is_there_after_a_second_start(data_dir):
    first = embedded.start(data_dir)
    query(first, "CREATE TABLE kept AS SELECT 42 AS answer")
    first.stop()
    second = embedded.start(data_dir)
    try:
        assert query(second, "SELECT answer FROM kept") == 42
    finally:
        second.stop()


def test_it_flushes_to_disk_and_listens_on_no_network(data_dir):
    server = embedded.start(data_dir)
    try:
        shown = {n: query(server, f"SHOW {n}") for n in ("fsync", "synchronous_commit", "full_page_writes")}
        assert set(shown.values()) == {"on"}
        assert query(server, "SHOW listen_addresses") == ""
    finally:
        server.stop()


def test_one_that_a_killed_process_left_running_is_ended_and_taken_over(data_dir):
    left = embedded.start(data_dir)
    query(left, "CREATE TABLE kept AS SELECT 42 AS answer")
    taken = embedded.start(data_dir)
    try:
        assert left.process.wait(10) is not None
        assert taken.process.pid != left.process.pid
        assert query(taken, "SELECT answer FROM kept") == 42
    finally:
        taken.stop()


def test_one_that_was_killed_itself_is_started_again(data_dir):
    killed = embedded.start(data_dir)
    query(killed, "CREATE TABLE kept AS SELECT 42 AS answer")
    os.kill(killed.process.pid, signal.SIGKILL)
    killed.process.wait()
    again = embedded.start(data_dir)
    try:
        assert query(again, "SELECT answer FROM kept") == 42
    finally:
        again.stop()


def test_one_that_was_killed_and_left_a_worker_that_will_never_end_is_started_again(data_dir):
    killed = embedded.start(data_dir)
    with psycopg.connect(libpq_url(killed.url)) as connection:
        os.kill(connection.info.backend_pid, signal.SIGSTOP)
        os.kill(killed.process.pid, signal.SIGKILL)
        killed.process.wait()
        again = embedded.start(data_dir)
        again.stop()


def test_a_path_too_long_for_a_socket_does_not_matter(data_dir):
    deep = data_dir / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    server = embedded.start(deep)
    try:
        assert query(server, "SELECT 1") == 1
    finally:
        server.stop()


def test_a_start_that_was_cut_short_is_made_anew(data_dir):
    (data_dir / "postgres.new").mkdir()
    (data_dir / "postgres.new" / "half").write_text("made")
    server = embedded.start(data_dir)
    try:
        assert query(server, "SELECT 1") == 1
    finally:
        server.stop()
