"""What is done to the gateway, its operator and its database, each followed by the verdict; tests and `script/soak` run the same."""

import asyncio
import json
import signal
import time
import uuid
from contextlib import suppress
from itertools import count

import psycopg

from smsflow.smpp import spec
from smsflow.store import embedded
from tests.crash import processes
from tests.crash.disk import a_disk
from tests.crash.gateway import WINDOW, Gateway, a_directory
from tests.crash.load import Load, a_number, once
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
        try:
            await processes.until(
                lambda: all(gateway.pids(n) and not set(gateway.pids(n)) & set(p) for n, p in before.items()),
                "new processes in the place of all",
                timeout=90,  # three roles may each take their whole drain, one after the other
            )
        except AssertionError as error:
            now = {name: gateway.pids(name) for name in before}
            said = gateway.log.read_text()[-3000:]
            raise AssertionError(f"{error}: {before} became {now}, {gateway.process.poll()}\n{said}") from None
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


async def freeze_under_load(gateway, witness):
    """Stop the dispatcher that is bound for longer than its lease, beside a second one, and let it go on."""
    second = processes.start(
        ["dispatch"], {**gateway.settings, "database_url": gateway.url}, gateway.directory / "second.log"
    )
    (first,) = gateway.pids("dispatch")
    try:
        await processes.until(lambda: len(gateway.connect("SELECT 1 FROM instance")) == 2, "a second dispatcher")
        under = a_load(gateway, connections=8, pause=0.01)
        async with under:
            await processes.until(lambda: len(under.of("accepted")) >= 100, "a load")
            ((holder,),) = gateway.connect(_HOLDER)
            stopped = holder if holder in {first, second.pid} else first
            processes.send(stopped, signal.SIGSTOP)
            try:
                await processes.until(
                    lambda: holder not in {row[0] for row in gateway.connect("SELECT pid FROM instance")},
                    "the burial of the dispatcher that stands still",
                )
                await processes.until(
                    lambda: (holder,) not in gateway.connect(_HOLDER) and gateway.connect(_HOLDER),
                    "another dispatcher that is bound",
                )
                known = (await witness.ask("stats"))["messages"]

                async def more():
                    return (await witness.ask("stats"))["messages"] >= known + 20

                await processes.until(more, "messages that leave by the other")
            finally:
                processes.send(stopped, signal.SIGCONT)
            await asyncio.sleep(2)
        count = await judge(gateway, witness, [under], kills=1, window=WINDOW)
    finally:
        processes.end(second, 20)
    assert not [a for a in under.asked if a.answer != "accepted"]
    return count


_HOLDER = "SELECT i.pid FROM bind_state b JOIN instance i ON i.id = b.instance_id WHERE b.state = 'bound'"


async def take_the_database_away_under_load(*, seconds):
    """Restart PostgreSQL, keep it away and then without a free connection for this long each, and judge."""
    async with a_directory() as directory:
        running = embedded.start(directory)
        witness, gateway = Witness(directory), Gateway(directory, database_url=running.url)
        try:
            await witness.ready()
            await gateway.start()
            await gateway.furnish(witness.port)
            under = a_load(gateway, connections=8, pause=0.005)
            async with under:
                for misfortune in (_restart, _keep_away, _use_up):
                    await _goes_on(under)
                    await misfortune(directory, running, seconds)
                await _goes_on(under)
            count = await judge(gateway, witness, [under], kills=3, window=WINDOW)
            await gateway.stop()
        finally:
            gateway.clean_up()
            witness.stop()
            embedded.start(directory).stop() if running.process.poll() is not None else running.stop()
    assert not under.of("unanswered")
    assert {a.status for a in under.asked} <= {200, 503}
    assert all(a.retry_after for a in under.asked if a.status == 503)
    return count


async def _goes_on(under):
    known = len(under.of("accepted"))
    await processes.until(lambda: len(under.of("accepted")) > known + 50, "new requests that are accepted")


async def _restart(directory, running, _seconds):
    await asyncio.to_thread(running.stop)
    running.process = (await asyncio.to_thread(embedded.start, directory)).process


async def _keep_away(directory, running, seconds):
    await asyncio.to_thread(running.stop)
    await asyncio.sleep(seconds)
    running.process = (await asyncio.to_thread(embedded.start, directory)).process


async def _use_up(_directory, running, seconds):
    held = []
    try:
        with psycopg.connect(running.url, autocommit=True) as first:
            first.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
            with suppress(psycopg.OperationalError):  # the one that is too many
                while True:
                    held.append(psycopg.connect(running.url))
            await asyncio.sleep(seconds)
    finally:
        for connection in held:
            connection.close()


async def hang_the_database_under_load(gateway, witness, *, seconds):
    """Stop every process of PostgreSQL, connections open, for this long, and judge that every request got an answer."""
    under = a_load(gateway, connections=8, pause=0.01)
    async with under:
        await processes.until(lambda: len(under.of("accepted")) >= 100, "a load")
        stopped = [gateway.postmaster(), *processes.children(gateway.postmaster())]
        for pid in stopped:
            processes.send(pid, signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            for pid in stopped:
                processes.send(pid, signal.SIGCONT)
        await gateway.ready()
        await _goes_on(under)
    assert not under.of("unanswered")
    assert {a.status for a in under.asked} <= {200, 503}
    return await judge(gateway, witness, [under], kills=1, window=WINDOW)


async def overload(*, seconds, rate=20, every=5.0):
    """Ask for more than the gateway takes, for this long; judge its memory, its refusals, its OTPs and how soon it is well again.

    An OTP is asked for every `every` seconds, and must reach its handset while others wait.
    """
    async with a_directory() as directory:
        witness, gateway = Witness(directory), Gateway(directory, intake_bound=20, intake_batch=1)
        try:
            await witness.ready()
            await gateway.start()
            await gateway.furnish(witness.port, rate=rate)
            (web,), (dispatch,) = gateway.pids("web"), gateway.pids("dispatch")
            before = [processes.resident(pid) for pid in (web, dispatch)]
            under = a_load(gateway, connections=60)
            ends = time.monotonic() + seconds
            async with under:
                await processes.until(
                    lambda: len(under.of("accepted")) > 200 and len(under.of("refused")) > 100, "an overload"
                )
                for n in count():
                    await _otp_leaves(gateway, witness, a_number(9_000_000 + n))
                    if time.monotonic() >= ends:
                        break
                    await asyncio.sleep(every)
                waiting = gateway.connect("SELECT count(*) FROM queue")[0][0]
                grown = [processes.resident(pid) - b for pid, b in zip((web, dispatch), before, strict=True)]
            after = a_load(gateway, connections=2, most=20)
            ended = time.monotonic()
            async with after:
                await after.finished()
            well_after = time.monotonic() - ended
            gateway.connect("UPDATE connector SET rate = NULL")
            came_to = await judge(gateway, witness, [under, after], kills=0, window=WINDOW)
            await gateway.stop()
        finally:
            gateway.clean_up()
            witness.stop()
    assert waiting > 50, "the OTP overtook those that were there before"
    assert {(a.status, a.retry_after) for a in under.of("refused")} == {(503, "1")}
    assert not under.of("unanswered")
    assert max(grown) < _GROWTH, f"web and dispatch grew by {grown}"
    assert {a.answer for a in after.asked} == {"accepted"}
    assert well_after < _WELL_AFTER
    return came_to


# What a process may grow by while it is asked for more than it can do.
_GROWTH = 100 * 1024 * 1024
_WELL_AFTER = 5.0


async def _otp_leaves(gateway, witness, number):
    for _ in range(50):
        status, _, body = await once(gateway.port, gateway.token, "/apiv2/smscode/", phone_number=number)
        if status != 503:
            break
        await asyncio.sleep(0.1)
    assert status == 200, f"no code in 50 attempts: {status} {body!r}"
    code = json.loads(body)["code"]

    async def came():
        inbox = (await witness.ask("inbox", number=number))["messages"]
        return any(code in message["text"] for message in inbox)

    await processes.until(came, "the OTP at its handset")


async def cut_the_power_under_load(*, at):
    """Stop the data directory's file system as a power cut does when `at` have been answered, kill all, start again, and judge.

    None where a file system cannot be mounted.
    """
    async with a_directory() as directory, a_disk(directory / "disk", megabytes=700) as disk:
        if disk is None:
            return None
        witness, gateway = Witness(directory), Gateway(disk.directory)
        try:
            await witness.ready()
            await gateway.start()
            await gateway.furnish(witness.port)
            under = a_load(gateway, connections=16)
            async with under:
                await processes.until(lambda: len(under.asked) >= at, f"{at} answers")
                await asyncio.to_thread(disk.cut)
                gateway.kill("all")
                await disk.mount_again()
                await gateway.start()
                await _goes_on(under)
            count = await judge(gateway, witness, [under], kills=1, window=WINDOW)
            await gateway.stop()
            return count
        finally:
            gateway.clean_up()
            witness.stop()


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
