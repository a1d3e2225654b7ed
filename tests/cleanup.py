"""Ends what a test run started, however the run ends: a process beside it that waits for its end, also by SIGKILL.

Everything that a run starts has the run's directory as its TMPDIR, by which it is found; without /proc only the directory is removed.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_GRACE = 5.0


class Run:
    """A test run with a directory of its own for every temporary file."""

    def __init__(self):
        """Begin: from now on the processes that are started are known by their TMPDIR."""
        # pytest keeps the directories of its last runs; they stay where they are.
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir())
        self.directory = Path(tempfile.mkdtemp(prefix="smsflow-tests-"))
        self.directory.chmod(0o755)  # PostgreSQL does not run as root, and has to come by
        os.environ["TMPDIR"] = tempfile.tempdir = str(self.directory)
        self._watcher = subprocess.Popen(
            [sys.executable, "-m", "tests.cleanup", str(self.directory)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            start_new_session=True,  # a Ctrl-C of the terminal is for the run
        )

    def end(self):
        """End what is left, and wait until it has ended."""
        self._watcher.communicate()


def watch(directory):
    """Wait for the end of standard input, which the run holds open; then end its processes and remove its directory."""
    sys.stdin.read()
    # A PostgreSQL ends its own processes, and lets go of its memory, when it is asked to quit.
    for number in (signal.SIGCONT, signal.SIGQUIT):
        _send(number, [pid for pid in _processes(directory) if _is_postgres(pid)])
    deadline = time.monotonic() + _GRACE
    while (left := _processes(directory)) and time.monotonic() < deadline:
        _send(signal.SIGKILL, [pid for pid in left if not _is_postgres(pid)])
        time.sleep(0.05)
    _send(signal.SIGKILL, left)
    if os.geteuid() == 0 and Path("/proc/self/mounts").exists():
        for mount in [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]:
            if mount.startswith(f"{directory}/"):
                subprocess.run(["umount", "--lazy", mount], check=False)
    shutil.rmtree(directory, ignore_errors=True)


def _processes(directory):
    wanted = f"TMPDIR={directory}".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if wanted in (process / "environ").read_bytes().split(b"\0"):
                found.append(int(process.name))
    return [pid for pid in found if pid != os.getpid()]


def _is_postgres(pid):
    try:
        return Path(f"/proc/{pid}/exe").readlink().name == "postgres"
    except OSError:
        return False


def _send(number, pids):
    for pid in pids:
        with suppress(OSError):
            os.kill(pid, number)


if __name__ == "__main__":
    watch(sys.argv[1])
