"""More than the gateway takes, for as long as one wants, followed by a check of the promises; tests and `script/soak` run the same."""

import asyncio
import json
import time
from itertools import count

from tests.crash.gateway import WINDOW, Gateway, a_directory
from tests.crash.load import a_number, once
from tests.crash.pair import a_pair
from tests.crash.promises import judge
from tests.crash.scenarios import a_load
from tests.crash.smsc import Smsc
from tests.machine import resident
from tests.waiting import until

# The most that a process may grow by in an overload, and how soon after the end all is well (bytes, seconds).
_GROWTH = 100
_WELL_AFTER = 5.0


async def overload(*, seconds, rate=20, every=5.0):
    """Ask for more than the gateway takes, for this long; judge its memory, its refusals, its OTPs and how soon it is well again.

    An OTP is asked for every `every` seconds, and must reach its handset while others wait.
    """
    async with a_directory() as directory:
        gateway = Gateway(directory, patience=60 + 4 * seconds, intake_bound=20, intake_batch=1)
        smsc = Smsc(directory, "--keep", "2000000")  # every text, however long it lasts
        async with a_pair(gateway, smsc, rate=rate):
            (web,), (dispatch,) = gateway.pids("web"), gateway.pids("dispatch")
            before = [resident(pid) for pid in (web, dispatch)]
            under = a_load(gateway, connections=60)
            ends = time.monotonic() + seconds
            async with under:
                await until(lambda: len(under.of("accepted")) > 200 and len(under.of("refused")) > 100, "an overload")
                for n in count():
                    await _otp_leaves(gateway, smsc, a_number(9_000_000 + n))
                    if time.monotonic() >= ends:
                        break
                    await asyncio.sleep(every)
                grown = [resident(pid) - b for pid, b in zip((web, dispatch), before, strict=True)]
            after = a_load(gateway, connections=2, most=20)
            ended = time.monotonic()
            async with after:
                await after.finished()
            well_after = time.monotonic() - ended
            gateway.connect("UPDATE connector SET rate = NULL")
            came_to = await judge(gateway, smsc, [under, after], kills=0, window=WINDOW)
    assert {(a.status, a.retry_after) for a in under.of("refused")} == {(503, "1")}
    assert not under.of("unanswered")
    assert max(grown) < _GROWTH, f"web and dispatch grew by {grown} MiB"
    assert {a.answer for a in after.asked} == {"accepted"}
    assert well_after < _WELL_AFTER
    return came_to


async def _otp_leaves(gateway, smsc, number):
    for _ in range(50):
        status, _, body = await once(gateway.port, gateway.token, "/apiv2/smscode/", phone_number=number)
        if status != 503:
            break
        await asyncio.sleep(0.1)
    assert status == 200, f"no code in 50 attempts: {status} {body!r}"
    waiting = gateway.connect("SELECT count(*) FROM queue")[0][0]
    before = (await smsc.ask("stats"))["messages"]
    await smsc.receives(number, json.loads(body)["code"])
    others = (await smsc.ask("stats"))["messages"] - before
    assert waiting > 100, f"only {waiting} to overtake"
    assert others < waiting / 2, f"{others} of the {waiting} that were there before it came first"
