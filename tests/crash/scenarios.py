"""What is done to the gateway, its operator and its database, each followed by the verdict; tests and `script/soak` run the same."""

import asyncio
import signal
import uuid

from smsflow.smpp import spec
from tests.crash import processes
from tests.crash.gateway import WINDOW, Gateway, a_directory
from tests.crash.load import Load
from tests.crash.verdict import judge
from tests.crash.witness import Witness

# What the operator does, for how long, and how many messages one such thing may let come twice.
MISDEEDS = {
    "cuts the connection at every 40th": {"disconnect_every": 40},
    "cuts the connection and sends no receipt": {"disconnect_every": 40, "receipts": "none"},
    "never answers one in 15": {"lose_response_every": 15},
    "never answers at all": {"lose_response_every": 1},
    "answers too late": {"latency": 4.0},
    "throttles": {"throttle_rate": 60},
    "refuses everything": {"refuse": [[".", spec.ESME_RINVDSTADR]]},
    "has a fault of its own": {"refuse_every": 1, "refuse_status": spec.ESME_RSYSERR},
    "is full": {"refuse_every": 2, "refuse_status": spec.ESME_RMSGQFUL},
    "sends receipts before responses": {"receipts": "early"},
    "sends receipts twice": {"receipts": "duplicate"},
    "sends receipts of strangers": {"stray_every": 3},
    "sends no receipts": {"receipts": "none"},
    "writes ids of receipts in decimal": {"ids": "hex", "receipt_ids": "other"},
    "writes ids of receipts in hexadecimal": {"ids": "decimal", "receipt_ids": "other"},
}  # fmt: skip


def a_prefix():
    """Return words that no other load has in its texts."""
    return uuid.uuid4().hex[:8]


def a_load(gateway, **shape):
    """Return a load on the gateway by its company."""
    return Load(gateway.port, gateway.token, a_prefix(), **shape)


async def kill_under_load(gateway, witness, what, *, at, after=1.0, connections=16):
    """Kill when `at` have been answered, start again what nobody else does, and judge."""
    under = a_load(gateway, connections=connections)
    async with under:
        await processes.until(lambda: len(under.asked) >= at, f"{at} answers")
        gateway.kill(what)
        if what in {"all", "supervisor"}:
            await gateway.start()
        else:
            await asyncio.sleep(after)
            await gateway.ready()
        known = len(under.of("accepted"))
        await processes.until(lambda: len(under.of("accepted")) > known + 50, "new requests that are accepted")
    return await judge(gateway, witness, [under], kills=1, window=WINDOW)


async def misbehave_under_load(gateway, witness, misdeed, *, most=100, seconds=None):
    """Send while the operator misbehaves; without `seconds` it does so until everything has been asked for."""
    script = MISDEEDS[misdeed]
    await witness.behave(**script)
    no_receipts = script.get("receipts") == "none"
    under = a_load(
        gateway, connections=8, most=most if seconds is None else 10**9, pause=0 if seconds is None else 0.05
    )
    async with under:
        if seconds is None:
            await under.finished()
        else:
            await asyncio.sleep(seconds)
    await asyncio.sleep(0.5)
    temporary = {"disconnect_every", "lose_response_every", "refuse_every", "latency", "throttle_rate"} & set(script)
    if temporary:
        await asyncio.sleep(2.5)  # longer than the time an answer has
        await witness.behave(
            disconnect_every=0, lose_response_every=0, refuse_every=0, latency=0.01, throttle_rate=None
        )
    stats = await witness.ask("stats")
    return await judge(
        gateway, witness, [under], kills=stats["disconnects"], window=WINDOW, no_receipts=no_receipts,
        per_kill=not {"lose_response_every", "latency"} & set(script),
    )  # fmt: skip


async def stop_under_load(gateway, witness, *, seconds, connections=2):
    """Stop the operator's process for a while, connections open, and let it go on."""
    under = a_load(gateway, connections=connections, pause=0.05)
    async with under:
        await processes.until(lambda: len(under.of("accepted")) >= 50, "a load")
        processes.send(witness.process.pid, signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            processes.send(witness.process.pid, signal.SIGCONT)
    return await judge(gateway, witness, [under], kills=0, window=WINDOW, per_kill=False)


async def replace_under_load(gateway, witness, *, connections=8):
    """Replace every process under load; judge that nobody noticed."""
    before = {name: gateway.pids(name) for name in ("web", "dispatch", "jobs")}
    under = a_load(gateway, connections=connections, pause=0.002)
    async with under:
        await processes.until(lambda: len(under.of("accepted")) >= 100, "a load")
        processes.send(gateway.process.pid, signal.SIGHUP)
        await processes.until(
            lambda: all(gateway.pids(n) and not set(gateway.pids(n)) & set(p) for n, p in before.items()),
            "new processes in the place of all",
            timeout=90,  # three roles may each take their whole drain, one after the other
        )
        await gateway.ready()
        known = len(under.of("accepted"))
        await processes.until(lambda: len(under.of("accepted")) > known + 50, "new requests that are accepted")
    count = await judge(gateway, witness, [under], kills=0, window=WINDOW)
    noticed = [a for a in under.asked if a.answer != "accepted"]
    assert not noticed, f"{len(noticed)} of {len(under.asked)} requests noticed the restart: {noticed[:3]}"
    return count


async def drain_under_load(gateway, witness, *, connections=8):
    """Stop under load as its operator would, start again, and judge that every accepted request was answered."""
    unknown = len(gateway.connect("SELECT 1 FROM seen_unknown"))
    under = a_load(gateway, connections=connections)
    async with under:
        await processes.until(lambda: len(under.of("accepted")) >= 200, "a load")
        stopped = asyncio.create_task(gateway.stop())
        await asyncio.sleep(1)
        under.stop()
        assert await stopped == 0, "it did not end as it should"
    assert (await witness.ask("stats"))["binds"] == 0, "a bind was left open"
    await gateway.start()
    count = await judge(gateway, witness, [under], kills=0, window=WINDOW)
    answered = {a.text for a in under.asked if a.answer == "accepted"}
    stored = {row[0] for row in gateway.connect("SELECT text FROM message WHERE text LIKE %s", (under.prefix + "%",))}
    assert stored == answered, f"stored and not answered: {sorted(stored - answered)[:5]}"
    assert len(gateway.connect("SELECT 1 FROM seen_unknown")) == unknown, "a graceful stop left something unknown"
    return count


async def fill_the_disk_under_load(*, seconds=3):
    """Fill the data directory's file system under load, make room again, and judge; None where it cannot be mounted."""
    async with a_directory() as directory:
        mount = ["mount", "-t", "tmpfs", "-o", "size=300m,mode=755", "smsflow", str(directory)]
        mounted = await asyncio.create_subprocess_exec(*mount, stderr=asyncio.subprocess.DEVNULL)
        if await mounted.wait() != 0:
            return None
        witness, gateway = Witness(directory), Gateway(directory)
        try:
            await witness.ready()
            await gateway.start()
            await gateway.furnish(witness.port)
            under = a_load(gateway, connections=8)
            async with under:
                await processes.until(lambda: len(under.of("accepted")) >= 100, "a load")
                ballast = directory / "ballast"
                fill(ballast)
                refused = len(under.of("refused"))
                await processes.until(lambda: len(under.of("refused")) > refused + 20, "requests that are refused")
                await asyncio.sleep(seconds)
                ballast.unlink()
                known = len(under.of("accepted"))
                await processes.until(lambda: len(under.of("accepted")) > known + 50, "new requests that are accepted")
            # Nobody died: whatever had to wait for room was not sent by chance, so nothing may come twice beyond a window.
            return await judge(gateway, witness, [under], kills=2, window=WINDOW)
        finally:
            gateway.clean_up()
            witness.stop()
            await (await asyncio.create_subprocess_exec("umount", "--lazy", str(directory))).wait()


def fill(ballast):
    """Write a file until the file system is full."""
    with ballast.open("wb", buffering=0) as stream:
        try:
            while True:
                stream.write(bytes(1 << 16))
        except OSError:
            return
