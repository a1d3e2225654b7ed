"""An operator that does wrong all that real ones were seen to do, and kills in between, followed by a check of the promises."""

import asyncio
import time

from smsflow.simulator.misbehaviour import FAULTS
from tests.crash.gateway import ROLES, WINDOW
from tests.crash.promises import judge
from tests.crash.scenarios import a_load, goes_on
from tests.waiting import until

# A late error comes after the gateway's time for responses (Gateway.furnish).
_EVERYTHING = {"misbehave_every": 3, "late_error_after": 3.0, "ids": "base62"}
# The rest of a long SMS still gets the id of its first part.
_WELL = {"misbehave": ["same-id"], "misbehave_every": 0}
_VICTIMS = (*ROLES, "postgres", "backend", "supervisor", "all")


async def misbehave_in_every_way_under_load(gateway, smsc, *, seconds, chance, every=12.0, faults=tuple(FAULTS)):
    """Send for this long while the operator does everything wrong, kill something every so often, and judge.

    Afterwards each fault was done, every bind is up, and what is sent to an operator that behaves is delivered.
    """
    await smsc.behave(misbehave=list(faults), **_EVERYTHING)
    under = a_load(gateway, connections=4, pause=0.05, long_every=4)
    ends, kills = time.monotonic() + seconds, 0
    async with under:
        while True:
            await goes_on(under)
            await asyncio.sleep(min(chance.uniform(0.2, 1.0) * every, max(ends - time.monotonic(), 0)))
            if time.monotonic() >= ends:
                break
            victim = chance.choice(_VICTIMS)
            gateway.kill(victim)
            kills += 1
            if victim in {"all", "supervisor"}:
                await gateway.start()
            await gateway.ready()
    did = (await smsc.ask("stats"))["faults"]
    await smsc.behave(**_WELL)
    # A message that was refused or lost again and again waits for minutes, a refused one in the memory of its dispatcher too.
    gateway.kill("dispatch")
    await gateway.ready()
    gateway.connect("UPDATE queue SET due_at = now() WHERE due_at > now()")
    sooner = "now() + interval '20 s'"
    gateway.connect(f"UPDATE unknown_outcome SET resend_at = {sooner} WHERE resend_at > {sooner}")
    after = a_load(gateway, connections=1, most=20)
    async with after:
        await after.finished()

    count = await judge(gateway, smsc, [under, after], kills=kills + 1, window=WINDOW)
    assert did.keys() == {*faults}, f"the operator did not do everything: {set(faults) - did.keys()}"
    await until(lambda: not gateway.connect(_NOT_BOUND), "binds that are up")
    return count


_NOT_BOUND = "SELECT state, detail FROM bind_state WHERE state <> 'bound'"
