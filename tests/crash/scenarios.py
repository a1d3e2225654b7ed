"""Faults of the gateway and its operator, each followed by a check of the promises; tests and `script/soak` run the same."""

import asyncio
import signal
import uuid

from smsflow.smpp import spec
from tests.crash import processes
from tests.crash.gateway import ROLES, WINDOW
from tests.crash.load import Load
from tests.crash.promises import judge
from tests.waiting import until

# The acts of the operator, for how long, and how many messages one such act may let come twice.
MISDEEDS = {
    "cuts the connection at every 40th": {"disconnect_every": 40},
    "cuts the connection and sends no receipt": {"disconnect_every": 40, "receipts": "none"},
    "loses one in 10": {"lose_every": 10},
    "never answers one in 15": {"lose_response_every": 15},
    "never answers at all": {"lose_response_every": 1},
    "answers too late": {"latency": 4.0},
    "throttles": {"throttle_rate": 60},
    "refuses everything": {"refuse": [[".", spec.ESME_RINVDSTADR]]},
    "has a fault of its own": {"refuse_every": 1, "refuse_status": spec.ESME_RSYSERR},
    "is full": {"refuse_every": 2, "refuse_status": spec.ESME_RMSGQFUL},
    "sends receipts before responses": {"receipts": "early"},
    "sends receipts twice": {"receipts": "duplicate"},
    "sends receipts of foreign SMS": {"stray_every": 3},
    "sends no receipts": {"receipts": "none"},
    "writes ids of receipts in decimal": {"ids": "hex", "receipt_ids": "other"},
    "writes ids of receipts in hexadecimal": {"ids": "decimal", "receipt_ids": "other"},
}  # fmt: skip

# How it behaves again, where what it does must end for the others to get through.
_MENDED = {
    "disconnect_every": 0, "lose_every": 0, "lose_response_every": 0, "refuse_every": 0, "latency": 0.01, "throttle_rate": None
}  # fmt: skip
# By which count one sees that it was done.
_COUNTED = {
    "disconnect_every": "disconnects", "lose_every": "lost", "lose_response_every": "responses_lost",
    "throttle_rate": "throttled", "refuse": "refused", "refuse_every": "refused",
}  # fmt: skip


def a_prefix():
    """Return words that no other load has in its texts."""
    return uuid.uuid4().hex[:8]


def a_load(gateway, **shape):
    """Return a load on the gateway by its company."""
    return Load(gateway.port, gateway.token, a_prefix(), **shape)


async def kill_under_load(gateway, smsc, what, *, at, after=1.0, connections=16, at_most_once=False):
    """Kill when `at` have been answered, start again what nobody else does, and judge."""
    under = a_load(gateway, connections=connections)
    async with under:
        await until(lambda: len(under.asked) >= at, f"{at} answers")
        gateway.kill(what)
        if what in {"all", "supervisor"}:
            await gateway.start()
        else:
            await asyncio.sleep(after)
            await gateway.ready()
        await goes_on(under)
    return await judge(gateway, smsc, [under], kills=1, window=WINDOW, at_most_once=at_most_once)


async def misbehave_under_load(gateway, smsc, misdeed, *, most=100, seconds=None):
    """Send while the operator misbehaves; without `seconds` it does so until everything has been asked for."""
    script = MISDEEDS[misdeed]
    await smsc.behave(**script)
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
    did = await smsc.ask("stats")
    for field, counter in _COUNTED.items():
        assert field not in script or did[counter] > 0, f"the operator did nothing: {did}"
    if _MENDED.keys() & script.keys():
        await asyncio.sleep(2.5)  # longer than the time an answer has
        await smsc.behave(**_MENDED)
    stats = await smsc.ask("stats")
    return await judge(
        gateway, smsc, [under], kills=stats["disconnects"], window=WINDOW, no_receipts=no_receipts,
        per_kill=not {"lose_every", "lose_response_every", "latency"} & set(script),
    )  # fmt: skip


async def stop_under_load(gateway, smsc, *, seconds, connections=2):
    """Stop the operator's process for a while, connections open, and let it go on."""
    under = a_load(gateway, connections=connections, pause=0.05)
    async with under:
        await until(lambda: len(under.of("accepted")) >= 50, "a load")
        processes.send(smsc.process.pid, signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            processes.send(smsc.process.pid, signal.SIGCONT)
    return await judge(gateway, smsc, [under], kills=0, window=WINDOW, per_kill=False)


async def replace_under_load(gateway, smsc, *, connections=8):
    """Replace every process under load; judge that nobody noticed."""
    before = {name: gateway.pids(name) for name in ROLES}
    under = a_load(gateway, connections=connections, pause=0.002)
    async with under:
        await until(lambda: len(under.of("accepted")) >= 100, "a load")
        processes.send(gateway.process.pid, signal.SIGHUP)
        try:
            await until(
                lambda: all(gateway.pids(n) and not set(gateway.pids(n)) & set(p) for n, p in before.items()),
                "new processes in the place of all",
                timeout=90,  # three roles may each take their whole drain, one after the other
            )
        except AssertionError as error:
            now = {name: gateway.pids(name) for name in before}
            said = gateway.log.read_text()[-3000:]
            raise AssertionError(f"{error}: {before} became {now}, {gateway.process.poll()}\n{said}") from None
        await gateway.ready()
        await goes_on(under)
    count = await judge(gateway, smsc, [under], kills=0, window=WINDOW)
    noticed = [a for a in under.asked if a.answer != "accepted"]
    assert not noticed, f"{len(noticed)} of {len(under.asked)} requests noticed the restart: {noticed[:3]}"
    return count


async def drain_under_load(gateway, smsc, *, connections=8):
    """Stop under load as its operator would, start again, and judge that every accepted request was answered."""
    unknown = len(gateway.connect("SELECT 1 FROM seen_unknown"))
    under = a_load(gateway, connections=connections)
    async with under:
        await until(lambda: len(under.of("accepted")) >= 200, "a load")
        stopped = asyncio.create_task(gateway.stop())
        await asyncio.sleep(1)
        under.stop()
        assert await stopped == 0, "it did not end as it should"
    assert (await smsc.ask("stats"))["binds"] == 0, "a bind was left open"
    await gateway.start()
    count = await judge(gateway, smsc, [under], kills=0, window=WINDOW)
    answered = {a.text for a in under.asked if a.answer == "accepted"}
    stored = {row[0] for row in gateway.connect("SELECT text FROM message WHERE text LIKE %s", (under.prefix + "%",))}
    assert stored == answered, f"stored and not answered: {sorted(stored - answered)[:5]}"
    assert len(gateway.connect("SELECT 1 FROM seen_unknown")) == unknown, "a graceful stop left something unknown"
    return count


async def freeze_under_load(gateway, smsc):
    """Stop the dispatcher that is bound for longer than its lease, beside a second one, and let it go on."""
    second = processes.start(
        ["dispatch"], {**gateway.settings, "database_url": gateway.url}, gateway.directory / "second.log"
    )
    (first,) = gateway.pids("dispatch")
    try:
        await until(lambda: len(gateway.connect("SELECT 1 FROM instance")) == 2, "a second dispatcher")
        under = a_load(gateway, connections=8, pause=0.01)
        async with under:
            await until(lambda: len(under.of("accepted")) >= 100, "a load")
            # Slow from now on, so that whoever is stopped has a window of messages on their way.
            await smsc.behave(latency=1.0)
            await asyncio.sleep(1.5)
            ((holder,),) = await until(lambda: gateway.connect(_HOLDER), "a dispatcher that is bound")
            stopped = holder if holder in {first, second.pid} else first
            processes.send(stopped, signal.SIGSTOP)
            try:
                await smsc.behave(latency=0.01)
                await until(
                    lambda: holder not in {row[0] for row in gateway.connect("SELECT pid FROM instance")},
                    "the dispatcher that stands still to be declared dead",
                )
                await until(
                    lambda: (holder,) not in gateway.connect(_HOLDER) and gateway.connect(_HOLDER),
                    "another dispatcher that is bound",
                )
                known = (await smsc.ask("stats"))["messages"]

                async def more():
                    return (await smsc.ask("stats"))["messages"] >= known + 20

                await until(more, "messages that leave by the other")
            finally:
                processes.send(stopped, signal.SIGCONT)
            await until(
                lambda: (holder,) in gateway.connect("SELECT pid FROM instance"),
                "a dispatcher that asks for a new lease",
            )
        count = await judge(gateway, smsc, [under], kills=1, window=WINDOW)
    finally:
        processes.end(second, 20)
    assert not [a for a in under.asked if a.answer != "accepted"]
    return count


_HOLDER = "SELECT i.pid FROM bind_state b JOIN instance i ON i.id = b.instance_id WHERE b.state = 'bound'"


async def goes_on(under):
    """Wait until requests are accepted that were not asked for yet."""
    known = len(under.of("accepted"))
    await until(lambda: len(under.of("accepted")) > known + 50, "new requests that are accepted")
