"""A test run leaves nothing behind, however it ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cleanup import ROOT
from tests.crash.processes import runs
from tests.waiting import until

pytestmark = pytest.mark.processes

HANGS = """
from pathlib import Path

import psycopg

from smsflow.store.postgres.transactions import libpq_url


def test_that_never_ends(database_url, tmp_path_factory):
    with psycopg.connect(libpq_url(database_url)) as connection:
        data = connection.execute("SHOW data_directory").fetchone()[0]
        Path({told!r}).write_text(data)
        connection.execute("SELECT pg_sleep(600)")
"""


@pytest.fixture
def hanging(tmp_path, monkeypatch):
    """A run of two workers with one test that hangs; and the directory of the PostgreSQL that it started."""
    told, test = tmp_path / "told", tmp_path / "test_hangs.py"
    test.write_text(HANGS.format(told=str(told)))
    ours = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "SMSFLOW_"))}
    command = [sys.executable, "-m", "pytest", "-q", "-n2", "-c", ROOT / "pyproject.toml", "-p", "tests.conftest", test]
    with subprocess.Popen(command, cwd=ROOT, env=ours, stdout=subprocess.DEVNULL, preexec_fn=_hears_ctrl_c) as run:  # noqa: PLW1509
        yield run, told
        run.kill()


def _hears_ctrl_c():
    # A program that a shell without job control starts in the background ignores SIGINT, and so do its children.
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
async def test_no_postgresql_outlives_its_test_run(hanging, end):
    run, told = hanging
    await until(lambda: told.exists() and told.read_text(), "a PostgreSQL")
    data = Path(told.read_text())
    postmaster = int((data / "postmaster.pid").read_text().split()[0])

    run.send_signal(end)

    await until(lambda: not runs(postmaster), "the end of PostgreSQL")
    await until(lambda: not data.exists(), "the end of its directory")
