import os
import subprocess
import tempfile
from pathlib import Path

import pytest

from smsflow.store.postgres import embedded

pytestmark = [pytest.mark.processes, pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")]


@pytest.fixture
def a_disk():
    """Mount an empty disk of so many megabytes: `a_disk(8)`."""
    # Not below pytest's own directory: PostgreSQL does not run as root, and only root may enter that one.
    directory = Path(tempfile.mkdtemp(prefix="smsflow-test-"))

    def mount(megabytes):
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", directory], check=False)
        if done.returncode:
            pytest.skip("this machine lets nobody mount a disk")
        directory.chmod(0o755)
        return directory

    yield mount
    subprocess.run(["umount", directory], check=False)
    directory.rmdir()


def fill(disk):
    """Leave no octet on a disk."""
    with (disk / "filling").open("wb") as filling:
        try:
            while True:
                filling.write(bytes(1 << 20))
                filling.flush()
        except OSError:
            pass


def test_a_database_that_finds_no_room_is_one_sentence(a_disk, process):
    disk = a_disk(8)

    told = process("migrate", SMSFLOW_DATA_DIR=str(disk / "var"))

    assert (told.returncode, told.stdout) == (1, "")
    assert "No space left on device" in told.stderr
    assert len(told.stderr.splitlines()) == 1
    assert not (disk / "var/postgres.new").exists()


def test_a_command_on_a_full_disk_is_one_sentence(a_disk, process):
    disk = a_disk(100)
    assert process("migrate", SMSFLOW_DATA_DIR=str(disk / "var")).returncode == 0
    fill(disk)

    told = process("company", "list", SMSFLOW_DATA_DIR=str(disk / "var"))

    assert told.returncode == 1
    assert told.stderr == "smsflow: No space left on device: make room on the disk of SMSFLOW_DATA_DIR.\n"


def test_a_full_disk_under_postgresql_is_one_sentence(a_disk, process):
    disk = a_disk(100)
    (disk / "var").mkdir(mode=0o755)
    server = embedded.start(disk / "var")
    try:
        settings = {"SMSFLOW_DATABASE_URL": server.url, "SMSFLOW_DATA_DIR": str(disk / "elsewhere")}
        assert process("migrate", **settings).returncode == 0
        fill(disk)
        note = "n" * 100_000

        told = process("company", "add", "Awa", **settings)
        while told.returncode == 0:
            told = process("credit", "add", "Awa", "1", "--note", note, **settings)
    finally:
        server.stop()

    assert told.returncode == 1
    assert told.stderr.startswith(("smsflow: the disk of PostgreSQL is full", "smsflow: the database does not answer"))
    assert len(told.stderr.splitlines()) == 1
