"""Machines on one computer: network namespaces with addresses of their own, and cables between them that can be pulled."""

import ctypes
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

_CLONE_NEWNET = 0x40000000
_NAMES = "smsflow-test"
_NAMESPACES = Path("/run/netns")

# The hub is where the database, the operator and the test itself stand. It has a switch for each of two networks, and every node
# has a cable to both: what happens to one says nothing of the other.
NETWORKS = {"db": "10.77.1", "op": "10.77.2"}
HUB = 1
_FIRST_NODE = 11


class NoNamespaces(Exception):
    """This computer does not let us make network namespaces; the message says why."""


class Network:
    """A hub and `nodes` machines, each with an address in both networks."""

    def __init__(self, nodes: int) -> None:
        self._nodes = range(nodes)
        self._prefix = f"{_NAMES}-{os.getpid()}"
        self._made: list[str] = []

    @property
    def hub(self) -> str:
        return f"{self._prefix}-hub"

    def node(self, number: int) -> str:
        return f"{self._prefix}-{number}"

    def address(self, network: str, number: int | None = None) -> str:
        """Return the address of a node, or of the hub, in a network."""
        return f"{NETWORKS[network]}.{HUB if number is None else _FIRST_NODE + number}"

    def build(self) -> None:
        """Make everything; raise NoNamespaces, with nothing left over, where that is not allowed."""
        _remove_left_over()
        try:
            self._add(self.hub)
            for network in NETWORKS:
                _ip("-n", self.hub, "link", "add", network, "type", "bridge")
                self._address(self.hub, network, self.address(network))
            for number in self._nodes:
                self._add(self.node(number))
                for network in NETWORKS:
                    port = self._port(network, number)
                    _ip(
                        "link",
                        "add",
                        network,
                        "netns",
                        self.node(number),
                        "type",
                        "veth",
                        "peer",
                        "name",
                        port,
                        "netns",
                        self.hub,
                    )
                    self._address(self.node(number), network, self.address(network, number))
                    _ip("-n", self.hub, "link", "set", port, "up")
                    self.plug(network, number)
        except (OSError, subprocess.CalledProcessError) as error:
            self.remove()
            said = error.stderr.decode().strip() if isinstance(error, subprocess.CalledProcessError) else str(error)
            raise NoNamespaces(said) from None

    def remove(self) -> None:
        """Take everything down."""
        for name in self._made:
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)
        self._made.clear()

    def pull(self, network: str, number: int) -> None:
        """Pull a node's cable out of the switch: packets vanish both ways, and nobody is told."""
        _ip("-n", self.hub, "link", "set", self._port(network, number), "nomaster")

    def plug(self, network: str, number: int) -> None:
        """Plug a node's cable in."""
        _ip("-n", self.hub, "link", "set", self._port(network, number), "master", network)

    @contextmanager
    def standing_in_hub(self) -> Iterator[None]:
        """Let this thread, and the processes it starts, see the network as the hub does."""
        with ExitStack() as stack:
            home = stack.enter_context(Path("/proc/thread-self/ns/net").open("rb"))
            there = stack.enter_context((_NAMESPACES / self.hub).open("rb"))
            _enter(there.fileno())
            try:
                yield
            finally:
                _enter(home.fileno())

    def command_in(self, number: int) -> list[str]:
        """Return what to write before a command that shall run on a node.

        Not `ip netns exec`, which copies the mounts as well: a test beside this one mounts a disk, and must be able to let go of it.
        """
        return ["nsenter", f"--net={_NAMESPACES / self.node(number)}"]

    def _add(self, name: str) -> None:
        _ip("netns", "add", name)
        self._made.append(name)
        _ip("-n", name, "link", "set", "lo", "up")

    @staticmethod
    def _address(name: str, device: str, address: str) -> None:
        _ip("-n", name, "address", "add", f"{address}/24", "dev", device)
        _ip("-n", name, "link", "set", device, "up")

    @staticmethod
    def _port(network: str, number: int) -> str:
        return f"{network}-{number}"


def _enter(namespace: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(namespace, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


def _remove_left_over() -> None:
    """Remove the namespaces of test runs that were killed."""
    for path in _NAMESPACES.glob(f"{_NAMES}-*") if _NAMESPACES.exists() else ():
        pid = path.name.removeprefix(f"{_NAMES}-").split("-")[0]
        if not Path(f"/proc/{pid}").exists():
            subprocess.run(["ip", "netns", "del", path.name], check=False, capture_output=True)
