"""Processes of a crash test: started, waited for, killed and never left behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.waiting import PATIENCE

ROOT = Path(__file__).resolve().parents[2]


def environment(settings):
    """Return the environment of a process with these settings and none of the developer's."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("SMSFLOW_") and k != "PROMETHEUS_MULTIPROC_DIR"}
    ours = {f"SMSFLOW_{name.upper()}": str(value) for name, value in settings.items()}
    return {**kept, "PYTHONPATH": str(ROOT), **ours}


def start(arguments, settings, log, *, program=("-m", "smsflow")):
    """Start `smsflow`, or another program, with these arguments; its output goes to the file `log`."""
    with Path(log).open("ab") as output:
        return subprocess.Popen(
            [sys.executable, *program, *arguments],
            cwd=Path(log).parent,
            env=environment(settings),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def end(process, grace=PATIENCE):
    """Ask a process to end, and make it."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(grace)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def send(pid, number):
    """Send a signal; a process that has ended does not mind."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


def kill(pid):
    """End a process at once."""
    return send(pid, signal.SIGKILL)


def runs(pid):
    """Tell whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def with_setting(name, value):
    """Return the processes, by id, that were started with a setting: those of one test, as its data directory is its own."""
    wanted = f"SMSFLOW_{name.upper()}={value}\0".encode()
    found = []
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            if wanted in (directory / "environ").read_bytes() + b"\0":
                found.append(int(directory.name))
        except OSError:
            continue
    return [pid for pid in found if pid != os.getpid()]


def role(pid):
    """Return which of our processes this is: run, web, dispatch, jobs, or an empty string."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return ""
    return next((words[n + 1].decode() for n, word in enumerate(words[:-1]) if word == b"smsflow"), "")


def parent(pid):
    """Return the process that started this one, 0 when it is gone."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def children(pid):
    """Return the processes that this one started."""
    return [int(d.name) for d in Path("/proc").glob("[0-9]*") if parent(int(d.name)) == pid]
