"""A whole SMSFLOW as `script/server` starts it: `smsflow run --demo`, a real process with real children on ports of its own."""

import asyncio
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from smsflow import runtime
from smsflow.settings import Settings
from smsflow.testing import a_company, a_token
from tests.machine import free_port

GENEROUS = 60  # seconds
SECRET_KEY = "the key of a platform that lives as long as the tests"
# Every test logs in as the same user, from the same address.
MANY = {"login_per_username": 10_000, "login_per_address": 10_000}


class LiveServer:
    """A running platform, what its greeting says, and the operator that its SMS go to."""

    def __init__(self, directory):
        """Prepare; nothing runs yet."""
        self.directory, self.log = directory, directory / "run.log"
        self.port, self.smsc_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.settings = {"data_dir": directory / "data", "port": self.port, "smsc_port": self.smsc_port}
        self.settings |= {"secret_key": SECRET_KEY, "log_format": "json", **MANY}
        self.process = None
        self.username = self.password = self.curl = ""
        self.control_port = 0

    @property
    def environment(self):
        """The environment of its processes: none of the developer's settings."""
        ours = {f"SMSFLOW_{name.upper()}": str(value) for name, value in self.settings.items()}
        return {**{name: value for name, value in os.environ.items() if not name.startswith("SMSFLOW_")}, **ours}

    @property
    def database_url(self):
        return (self.directory / "data" / "database_url").read_text().strip()

    def start(self):
        """Start it and read its greeting."""
        self.process = start(["run", "--demo"], self.log, self.environment)
        greeting = wait_for(self.process, self.log, r"username: (\S+)\s+password: (\S+)\s[^\n]*\n\s*(curl [^\n]*)\n")
        self.username, self.password, self.curl = greeting.groups()

    def use_operator(self, smsc_port, control_port):
        """Send everything through another simulated operator from now on, one that can be asked what handsets got."""
        self.control_port = control_port
        self.command("connector", "set", "demo", "--smpp", f"127.0.0.1:{smsc_port}")

    def command(self, *arguments, stdin=""):
        """Run a command of its administrator; return what it printed."""
        command = [sys.executable, "-m", "smsflow", *arguments]
        done = subprocess.run(
            command, env=self.environment, input=stdin, check=True, capture_output=True, text=True, timeout=GENEROUS
        )
        return done.stdout

    def inbox(self, number):
        """Return the texts that a handset got, newest first."""
        with socket.create_connection(("127.0.0.1", self.control_port), timeout=GENEROUS) as talk:
            talk.sendall(json.dumps({"do": "inbox", "number": number.lstrip("+")}).encode() + b"\n")
            answer = json.loads(talk.makefile().readline())
        return [message["text"] for message in answer["messages"]]

    def code_of(self, number):
        """Return the digits in the last code SMS that the handset `number` got, or None before it got one."""
        return next((found[0] for text in self.inbox(number) if (found := re.search(r"\b\d{6}\b", text))), None)

    def a_customer(self, **company):
        """Return the token of a new company, which may send to Cameroon."""
        return asyncio.run(self._a_customer(company))

    async def _a_customer(self, company):
        async with self.platform() as platform:
            return await a_token(platform, await a_company(platform, **company))

    def platform(self):
        """Open what its processes work with, for what a test has no call or page for."""
        settings = Settings(data_dir=self.settings["data_dir"], secret_key=SECRET_KEY, database_url=self.database_url)
        return runtime.platform(settings, self.database_url)

    def pids(self, role):
        """Return its children of a role."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(pid) for pid in children if role.encode() in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")]

    def stop(self):
        """Stop it as its operator would; return how it ended."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(GENEROUS)


def start(arguments, log, environment=None):
    """Start `smsflow` with these arguments; what it says goes to the file `log`, which never makes it wait."""
    with log.open("wb") as output:
        command = [sys.executable, "-m", "smsflow", *arguments]
        return subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output)


def wait_for(process, log, pattern):
    """Return what matches in the words of a process; it must come within a generous time."""
    deadline = time.monotonic() + GENEROUS
    while time.monotonic() < deadline:
        ended = process.poll() is not None
        found = re.search(pattern, log.read_text("utf-8"))
        if found is not None:
            return found
        if ended:
            break
        time.sleep(0.05)
    raise AssertionError(f"the process did not say {pattern!r}:\n{log.read_text('utf-8')}")


def an_operator(directory, stack):
    """Start a simulated operator; return its SMPP port and the port that tells what it got."""
    port, control_port = free_port(), free_port()
    log = directory / "operator.log"
    process = start(["smsc", "--port", str(port), "--control-port", str(control_port), "--quiet"], log)
    stack.callback(process.wait, GENEROUS)
    stack.callback(process.terminate)
    wait_for(process, log, "control port")
    return port, control_port


@pytest.fixture(scope="session")
def live_server():
    """The running platform; at the end it must stop by itself, in order."""
    # Not below pytest's own temporary directory: PostgreSQL does not run as root, and only root may enter that one.
    directory = Path(tempfile.mkdtemp(prefix="smsflow-live-"))
    directory.chmod(0o755)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        server = LiveServer(directory)
        operator = an_operator(directory, stack)
        try:
            server.start()
            server.use_operator(*operator)
            yield server
            status = server.stop()
            assert status == 0, server.log.read_text("utf-8")[-3000:]
        finally:
            if server.process is not None and server.process.poll() is None:
                server.process.kill()
                server.process.wait()


# Before xdist's own, which reads the groups.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """One worker runs all that needs the platform, so that there is one."""
    for item in items:
        if "live_server" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("live"))
