"""A cluster for the tests: one PostgreSQL, one operator, and nodes that run the real processes."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

import psycopg
from sqlalchemy.engine import make_url

from smsflow.settings import Settings
from smsflow.store.postgres import embedded
from smsflow.store.postgres.migrate import migrate
from smsflow.store.postgres.transactions import libpq_url
from tests.cluster.network import Network, NoNamespaces
from tests.database import SECRET_KEY
from tests.machine import free_port

ROLES = ("web", "dispatch", "jobs")
# The processes that we start end with us, also when we are killed.
SUPERVISED = ("--supervised-by", str(os.getpid()))
# Long enough that the clean hand-over of a bind is over, short enough for a test to see a message sent again.
GRACE = 3
_PATIENCE = 60.0
# A machine has a name of its own, too: whether a process still runs can only be asked on the machine that it runs on.
_NAMED = 'hostname "$0" && exec "$@"'


@dataclass
class Operator:
    """The simulated operator as a process; what it says of its clients is kept with the time."""

    host: str
    port: int
    control_port: int
    process: subprocess.Popen[str]
    said: list[tuple[float, str]] = field(default_factory=list)

    def listen(self) -> None:
        threading.Thread(target=self._read, daemon=True).start()
        _wait_for(
            lambda: any("control port" in line for _, line in self.said), lambda: f"the operator ({self.said[-1:]})"
        )

    def _read(self) -> None:
        for line in self.process.stderr or ():
            self.said.append((time.time(), line.strip()))


@dataclass
class Node:
    """A machine of the platform, with its own `smsflow web`, `smsflow dispatch` and `smsflow jobs`."""

    number: int
    host: str
    port: int
    command: list[str]
    environment: dict[str, str]
    log: Path
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def start(self) -> None:
        """Start what does not run."""
        for role in ROLES:
            if role not in self.processes or self.processes[role].poll() is not None:
                with self.log.open("ab") as output:
                    command = [*self.command, sys.executable, "-m", "smsflow", role, *SUPERVISED]
                    self.processes[role] = subprocess.Popen(
                        command, env=self.environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
                    )

    def end(self, number: signal.Signals) -> None:
        """Send a signal to every process and wait until they are gone."""
        for process in self.processes.values():
            if process.poll() is None:
                process.send_signal(number)
        for process in self.processes.values():
            process.wait(_PATIENCE)

    def wait_ready(self) -> None:
        _wait_for(self._answers, lambda: f"node {self.number} ({self.log.read_text()[-500:]})")

    def _answers(self) -> bool:
        try:
            socket.create_connection((self.host, self.port), 1).close()
        except OSError:
            return False
        return True


@dataclass
class Cluster:
    """Everything that runs; `network` is None where no namespaces can be made, with the reason."""

    url: str
    settings: Settings
    operator: Operator
    nodes: list[Node]
    network: Network | None
    reason: str

    def start_nodes(self) -> None:
        """Start what does not run, on every node."""
        for node in self.nodes:
            node.start()
        for node in self.nodes:
            node.wait_ready()

    def node_of(self, pid: int) -> Node:
        """Return the node whose dispatcher has this process id."""
        return next(n for n in self.nodes if n.processes["dispatch"].pid == pid)

    def other(self, node: Node) -> Node:
        return next(n for n in self.nodes if n is not node)


@contextmanager
def a_cluster(nodes: int) -> Iterator[Cluster]:
    """Run a PostgreSQL, an operator and `nodes` nodes; everything is ended at the end of the block, whatever happens."""
    with ExitStack() as stack:
        # Not below pytest's own temporary directory: PostgreSQL does not run as root, and only root may enter that one.
        directory = Path(tempfile.mkdtemp(prefix="smsflow-cluster-"))
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        directory.chmod(0o755)
        network, reason = _network(stack, nodes)
        local_url = _postgresql(stack, directory, network)
        operator = _operator(stack, network)
        url = local_url
        if network is not None:
            url = make_url(local_url).set(host=network.address("db"), query={}).render_as_string()
        made = [_node(number, url, directory, network) for number in range(nodes)]
        stack.callback(lambda: [n.end(signal.SIGKILL) for n in made])
        settings = Settings(database_url=local_url, secret_key=SECRET_KEY, data_dir=directory)
        cluster = Cluster(local_url, settings, operator, made, network, reason)
        cluster.start_nodes()
        yield cluster


def _network(stack: ExitStack, nodes: int) -> tuple[Network | None, str]:
    if os.geteuid() != 0 or shutil.which("ip") is None:
        return None, "network namespaces need root and iproute2"
    network = Network(nodes)
    try:
        network.build()
    except NoNamespaces as error:
        return None, f"no network namespaces here: {error}"
    stack.callback(network.remove)
    stack.enter_context(network.standing_in_hub())
    return network, ""


def _postgresql(stack: ExitStack, directory: Path, network: Network | None) -> str:
    """Start a PostgreSQL that the nodes reach by TCP where they have addresses; return its URL by its Unix socket."""
    address = "" if network is None else network.address("db")
    with mock.patch.dict(embedded._SETTINGS, {"listen_addresses": address}):
        server = embedded.start(directory)
    stack.callback(server.stop)
    if network is not None:
        with (directory / "postgres" / "pg_hba.conf").open("a") as rules:
            rules.write("host all all 10.77.1.0/24 trust\n")
    with psycopg.connect(libpq_url(server.admin_url), autocommit=True) as connection:
        connection.execute("SELECT pg_reload_conf()")
        connection.execute("CREATE DATABASE smsflow OWNER smsflow")
    url = make_url(server.url).set(database="smsflow").render_as_string()
    migrate(url)
    return url


def _operator(stack: ExitStack, network: Network | None) -> Operator:
    host = "127.0.0.1" if network is None else network.address("op")
    port, control_port = free_port(), free_port()
    options = {"--host": host, "--port": port, "--control-port": control_port, "--latency": 0.1, "--receipt-delay": 0.3}
    arguments = [str(word) for pair in options.items() for word in pair]
    process = subprocess.Popen(
        [sys.executable, "-m", "smsflow", "smsc", *arguments, "--quiet", *SUPERVISED],
        env=_environment(),
        stderr=subprocess.PIPE,
        text=True,
    )
    stack.callback(process.wait)
    stack.callback(process.kill)
    operator = Operator(host, port, control_port, process)
    operator.listen()
    return operator


def _node(number: int, url: str, directory: Path, network: Network | None) -> Node:
    host = "127.0.0.1" if network is None else network.address("op", number)
    port = free_port() if network is None else 8000
    settings = {
        "SMSFLOW_HOST": host,
        "SMSFLOW_PORT": str(port),
        "SMSFLOW_DATABASE_URL": url,
        "SMSFLOW_SECRET_KEY": SECRET_KEY,
        "SMSFLOW_DATA_DIR": str(directory),
        "SMSFLOW_UNKNOWN_GRACE": str(GRACE),
    }
    command = (
        []
        if network is None
        else [*network.command_in(number), "unshare", "--uts", "sh", "-c", _NAMED, f"node-{number}"]
    )
    return Node(number, host, port, command, _environment() | settings, directory / f"node-{number}.log")


def _environment() -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if not k.startswith("SMSFLOW_")}


def _wait_for(condition, what) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what()} did not start")
        time.sleep(0.05)
