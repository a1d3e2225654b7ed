"""What is done to the gateway, its operator and its database, each followed by the verdict; tests and `script/soak` run the same."""

import asyncio
import signal
import uuid

from smsflow.smpp import spec
from tests.crash import processes
from tests.crash.gateway import WINDOW
from tests.crash.load import Load
from tests.crash.verdict import judge, settled

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


async def misbehave_under_load(gateway, witness, misdeed, *, most=150, seconds=None, judged=True):
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
        await asyncio.sleep(3.5)  # longer than the time an answer has
        await witness.behave(
            disconnect_every=0, lose_response_every=0, refuse_every=0, latency=0.01, throttle_rate=None
        )
    if not judged:
        await settled(gateway, [under], no_receipts=no_receipts)
        return None
    stats = await witness.ask("stats")
    return await judge(
        gateway, witness, [under], kills=stats["disconnects"], window=WINDOW, no_receipts=no_receipts,
        per_kill=not {"lose_response_every", "latency"} & set(script),
    )  # fmt: skip


async def stop_under_load(gateway, witness, *, seconds, connections=8):
    """Stop the operator's process for a while, connections open, and let it go on."""
    under = a_load(gateway, connections=connections, pause=0.01)
    async with under:
        await processes.until(lambda: len(under.of("accepted")) >= 50, "a load")
        processes.send(witness.process.pid, signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            processes.send(witness.process.pid, signal.SIGCONT)
    return await judge(gateway, witness, [under], kills=0, window=WINDOW, per_kill=False)
