"""Start a platform and its simulated operator, send SMS all the way, and print a table: rates, CPU, memory, and where the time goes."""

import argparse
import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvloop
from load import Result, post
from rich.console import Console
from rich.table import Table

from smsflow.simulator.control import ask

ROOT = Path(__file__).resolve().parent.parent
_READY = 60.0
_DRAIN = 300.0
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU seconds and resident bytes of the platform's processes, by their role."""

    cpu: Counter[str]
    memory: Counter[str]


@dataclass(frozen=True, slots=True)
class Site:
    """A running platform, its token and its operator."""

    process: subprocess.Popen[bytes]
    port: int
    control: int
    token: str


def free_port() -> int:
    """Return a port of loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(command: list[str], environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process for as long as the block lasts."""
    with log.open("ab") as output:
        process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=output, stderr=output)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def wait_for(port: int, seconds: float) -> None:
    """Wait until somebody listens on `port` of loopback."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    sys.exit(f"nothing listens on 127.0.0.1:{port}")


def start(stack: ExitStack, folder: Path, *, window: int, receipt_delay: float) -> Site:
    """Start the operator and the platform; return them when a connector is bound."""
    smpp, control, port = free_port(), free_port(), free_port()
    environment = {
        **os.environ,
        "SMSFLOW_DATA_DIR": str(folder / "data"),
        "SMSFLOW_PORT": str(port),
        "SMSFLOW_LOG_LEVEL": "warning",
    }
    smsflow = [sys.executable, "-m", "smsflow"]
    operator = ["smsc", "--quiet", "--port", str(smpp), "--control-port", str(control)]
    stack.enter_context(
        running([*smsflow, *operator, "--receipt-delay", str(receipt_delay)], environment, folder / "smsc.log")
    )
    process = stack.enter_context(running([*smsflow, "run"], environment, folder / "smsflow.log"))
    wait_for(control, _READY)
    setup = [sys.executable, str(ROOT / "bench" / "setup.py"), "--port", str(smpp), "--window", str(window)]
    made = subprocess.run(setup, env=environment, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    token = json.loads(made[made.index("{") :])["headers"][0].removeprefix("Authorization: Token ")
    return Site(process, port, control, token)


def usage(root: int) -> Usage:
    """Return what the process tree under `root` has used so far."""
    parents: dict[int, int] = {}
    names: dict[int, str] = {}
    cpu: Counter[str] = Counter()
    memory: Counter[str] = Counter()
    found: dict[int, tuple[float, int]] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        pid = int(entry.name)
        parents[pid] = int(fields[1])
        names[pid] = next((r for r in ("web", "dispatch", "jobs") if f"smsflow {r}" in command), "")
        names[pid] = names[pid] or ("postgresql" if "postgres" in command else "supervisor")
        found[pid] = ((int(fields[11]) + int(fields[12])) / _TICKS, int(fields[21]) * _PAGE)
    for pid, (seconds, resident) in found.items():
        ancestor = pid
        while ancestor not in (root, 0, 1):
            ancestor = parents.get(ancestor, 0)
        if ancestor == root:
            cpu[names[pid]] += seconds
            memory[names[pid]] = max(memory[names[pid]], resident)
    return Usage(cpu, memory)


async def measure(site: Site, *, number: int, connections: int) -> dict[str, object]:
    """Send `number` SMS; return the row of the table once every receipt was acknowledged."""
    await ask(site.control, {"do": "reset"})
    # A reset leaves this count as it is.
    receipts = (await ask(site.control, {"do": "stats"}))["deliveries_acknowledged"]
    before = usage(site.process.pid)
    began = time.perf_counter()
    result: Result = await post(site.port, site.token, number=number, connections=connections, tag=f"B{time.time_ns()}")
    deadline = time.monotonic() + _DRAIN
    submitted = 0.0
    while time.monotonic() < deadline:
        stats = await ask(site.control, {"do": "stats"})
        if not submitted and stats["submits"] >= number:
            submitted = time.perf_counter() - began
        if stats["deliveries_acknowledged"] - receipts >= result.statuses[200]:
            break
        await asyncio.sleep(0.05)
    received = time.perf_counter() - began
    after = usage(site.process.pid)
    cpu = after.cpu - before.cpu
    return {
        "connections": connections,
        "accepted/s": round(result.rate),
        "submitted/s": round(number / (submitted or received)),
        "receipts/s": round(number / received),
        "p50 ms": round(result.percentile(0.5), 1),
        "p99 ms": round(result.percentile(0.99), 1),
        "refused": sum(result.statuses.values()) - result.statuses[200],
        "duplicates": stats["duplicates"],
        "CPU s per 1,000": round(sum(cpu.values()) / number * 1000, 3),
        **{f"CPU {role}": round(seconds / number * 1000, 3) for role, seconds in sorted(cpu.items())},
        **{f"MB {role}": round(after.memory[role] / 1e6) for role in ("web", "dispatch")},
    }


def profile(site: Site, folder: Path, *, number: int) -> None:
    """Print where web and dispatch spend their time under load, as py-spy samples it."""
    table = Counter[str]()
    recorders = []
    py_spy = str(Path(sys.executable).parent / "py-spy")
    for role in ("web", "dispatch"):
        found = subprocess.run(
            ["pgrep", "-P", str(site.process.pid), "-f", f"smsflow {role}"], capture_output=True, text=True, check=False
        )
        pid = found.stdout.split()[0]
        command = [py_spy, "record", "-p", pid, "-d", "8", "-r", "200", "-f", "raw", "-o", str(folder / role)]
        recorders.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
    asyncio.run(post(site.port, site.token, number=number, connections=128, tag=f"P{time.time_ns()}"))
    for recorder, role in zip(recorders, ("web", "dispatch"), strict=True):
        recorder.wait(60)
        table.clear()
        for line in (folder / role).read_text().splitlines():
            stack, _, samples = line.rpartition(" ")
            table.update({frame: int(samples) for frame in set(stack.split(";")) if "smsflow/" in frame})
        print(f"\n{role}: samples in which a function of ours was on the stack")
        for frame, samples in table.most_common(15):
            print(f"  {samples:6} {frame}")


def main() -> None:
    """Read the arguments, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=20_000, help="SMS in each run")
    parser.add_argument("-c", default="32,128", help="connections, with commas between")
    parser.add_argument("--window", type=int, default=100)
    parser.add_argument("--receipt-delay", type=float, default=1.0, help="seconds until the operator sends a receipt")
    parser.add_argument("--data", type=Path, help="folder on the file system to measure (else a temporary one)")
    parser.add_argument("--profile", action="store_true", help="print where the time goes (py-spy)")
    arguments = parser.parse_args()
    with ExitStack() as stack:
        folder = arguments.data or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        site = start(stack, folder, window=arguments.window, receipt_delay=arguments.receipt_delay)
        warm_up = post(site.port, site.token, number=500, connections=8, tag=f"W{time.time_ns()}")
        uvloop.run(warm_up)
        time.sleep(arguments.receipt_delay + 1)
        rows = [uvloop.run(measure(site, number=arguments.n, connections=int(c))) for c in arguments.c.split(",")]
        table = Table(title=f"{arguments.n} SMS of 100 characters, window {arguments.window}, all on this machine")
        for name in ("measure", *(str(r["connections"]) for r in rows)):
            table.add_column(name, justify="right")
        for name in list(rows[0])[1:]:
            table.add_row(name, *(str(r.get(name, "-")) for r in rows))
        Console(width=120).print(table)
        if arguments.profile:
            profile(site, folder, number=arguments.n)


if __name__ == "__main__":
    main()
