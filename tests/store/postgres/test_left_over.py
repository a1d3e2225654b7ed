"""The remains of a killed PostgreSQL do not keep the next one from starting."""

import os
import signal
import subprocess
import sys

import pytest

from smsflow.store.postgres import embedded
from tests.crash.gateway import a_directory

pytestmark = pytest.mark.processes


async def test_a_zombie_is_not_taken_for_a_running_server():
    async with a_directory() as directory:
        started = embedded.start(directory)
        started.process.send_signal(signal.SIGKILL)
        # Not waited for: its number stays taken, as it does where nobody reaps orphans.

        again = embedded.start(directory)
        try:
            assert started.process.returncode is None
            assert again.process.poll() is None
        finally:
            again.stop()
            started.process.wait()


async def test_a_number_that_is_somebody_elses_by_now_is_not_taken_for_a_running_server():
    async with a_directory() as directory:
        embedded.start(directory).stop()
        with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as somebody:  # noqa: ASYNC220
            pid_file = directory / "postgres" / "postmaster.pid"
            pid_file.write_text(f"{somebody.pid}\n{directory / 'postgres'}\n1\n5432\n\n\n")
            os.chown(pid_file, (directory / "postgres").stat().st_uid, -1)
            again = embedded.start(directory)
            try:
                assert somebody.poll() is None
            finally:
                again.stop()
                somebody.stdin.close()
