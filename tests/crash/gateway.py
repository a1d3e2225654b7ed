"""A whole SMSFLOW as its operator runs it: `smsflow run` on a data directory and ports of its own."""

import asyncio
import shutil
import signal
import tempfile
import urllib.error
import urllib.request
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import psycopg

from smsflow import runtime
from smsflow.settings import Settings
from smsflow.testing import a_company, a_connector, a_route, a_token
from tests import unknowns
from tests.crash import processes
from tests.machine import free_port
from tests.waiting import until

WINDOW = 20
ROLES = ("web", "dispatch", "jobs")
SECRET_KEY = "the key of a platform that is killed again and again"
# Every time that a test waits for is as short as the settings allow; the grace is longer than an answer may take, as it is outside.
SHORT = {"claim_lease": 5, "unknown_grace": 5, "poll_interval": 0.2, "drain_timeout": 10, "log_format": "json"}


class Gateway:
    """One data directory, and the processes that serve it."""

    def __init__(self, directory, *, patience=60.0, **settings):
        """Prepare; nothing runs yet. `patience` seconds after a scenario every message must have ended."""
        self.directory = Path(directory)
        self.data = self.directory / "data"
        self.port = free_port()
        own = {"data_dir": self.data, "port": self.port, "secret_key": SECRET_KEY}
        self.settings = {**SHORT, **own, **settings}
        self.patience = patience
        self.process = None
        self.token = ""

    @property
    def log(self):
        """Return the file of everything that the processes say."""
        return self.directory / "gateway.log"

    @property
    def url(self):
        """Return the address of the database."""
        return self.settings.get("database_url") or (self.data / "database_url").read_text().strip()

    async def start(self):
        """Start it and wait until requests can be stored."""
        self.process = processes.start(["run"], self.settings, self.log)
        await self.ready()
        return self

    async def ready(self):
        """Wait until requests can be stored by processes of this run: those of one that was killed answer until they have drained."""

        said = []

        def answers():
            assert self.process.poll() is None, f"smsflow run ended by itself:\n{self.log.read_text()[-3000:]}"
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5):
                    # Sessions of a PostgreSQL whose first process was killed still answer for a moment.
                    self.connect("SELECT")
                    return all(self.pids(name) for name in ROLES)
            except urllib.error.HTTPError as error:
                said[:] = [error.code, error.read()]
            except (OSError, psycopg.OperationalError) as error:
                said[:] = [error]
            return False

        try:
            await until(lambda: asyncio.to_thread(answers), "a gateway that is ready")
        except AssertionError as error:
            raise AssertionError(f"{error}; it says {said}\n{self.log.read_text()[-3000:]}") from None

    def platform(self):
        """Open the platform as an administrator sees it, beside its processes."""
        settings = Settings(data_dir=self.data, secret_key=SECRET_KEY, database_url=self.url)
        return runtime.platform(settings, self.url)

    async def furnish(self, smpp_port, **connector):
        """Give it a company with a token, a connector to the operator and a route; return the company."""
        self.connect(unknowns.REMEMBER)
        values = {"window": WINDOW, "response_timeout": 2, "enquire_interval": 5, **connector}
        async with self.platform() as platform:
            company = await a_company(platform, credits=1_000_000)
            self.token = await a_token(platform, company)
            await a_route(platform, await a_connector(platform, port=smpp_port, **values))
        return company

    async def another(self, name, **company):
        """Give it another company; return its token."""
        async with self.platform() as platform:
            return await a_token(platform, await a_company(platform, name=name, **company))

    def connect(self, statement, parameters=None):
        """Run one statement; return its rows, if it has any."""
        with psycopg.connect(
            self.url.replace("smsflow@", "postgres@"), autocommit=True, connect_timeout=5
        ) as connection:
            cursor = connection.execute(statement, parameters)
            return cursor.fetchall() if cursor.description is not None else []

    def pids(self, name):
        """Return the children of this `smsflow run` with a role."""
        found = processes.with_setting("data_dir", self.data)
        return [p for p in found if processes.role(p) == name and processes.parent(p) == self.process.pid]

    def postmaster(self):
        """Return PostgreSQL's first process."""
        return int((self.data / "postgres" / "postmaster.pid").read_text().split()[0])

    @contextmanager
    def frozen(self):
        """Stop every process of PostgreSQL for a block, connections open, as a machine that hangs would."""
        stopped = [self.postmaster(), *processes.children(self.postmaster())]
        for pid in stopped:
            processes.send(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in stopped:
                processes.send(pid, signal.SIGCONT)

    def everything(self):
        """Return every process of this gateway, those of PostgreSQL among them."""
        found = processes.with_setting("data_dir", self.data)
        # PostgreSQL writes over what tells of the setting in its children.
        return found + [child for pid in found for child in processes.children(pid) if child not in found]

    def kill(self, what):
        """Kill what is named: web, dispatch, jobs, postgres, backend, supervisor, or all."""
        if what == "all":
            victims = [self.process.pid, *self.everything()]
        elif what == "supervisor":
            victims = [self.process.pid]
        elif what == "postgres":
            victims = [self.postmaster()]
        elif what == "backend":
            victims = [row[0] for row in self.connect(_BACKENDS)][:1]
        else:
            victims = self.pids(what)
        assert victims, f"nothing to kill: {what}"
        for pid in victims:
            processes.kill(pid)
        if what in {"all", "supervisor"}:
            self.process.wait()

    async def stop(self):
        """Stop it as its operator would; return how it ended."""
        if self.process is None:
            return None
        await asyncio.to_thread(processes.end, self.process)
        return self.process.returncode

    def clean_up(self):
        """End every process that is left, by its id, also after a failure."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for pid in self.everything():
            processes.send(pid, signal.SIGCONT)
            processes.kill(pid)


_BACKENDS = """
SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
ORDER BY state = 'active' DESC, random()
"""


@asynccontextmanager
async def a_directory(prefix="smsflow-crash-"):
    """Give a directory that PostgreSQL's own user may enter, and remove it."""
    directory = Path(tempfile.mkdtemp(prefix=prefix))
    directory.chmod(0o755)  # noqa: ASYNC240 - takes no time
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)
