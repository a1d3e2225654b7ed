"""More requests than the gateway takes: it says so at once, an OTP still leaves, and afterwards all is as before."""

import asyncio
import json

import pytest

from tests.crash import processes
from tests.crash.gateway import WINDOW, Gateway, a_directory
from tests.crash.load import a_number, once
from tests.crash.scenarios import a_load
from tests.crash.verdict import judge
from tests.crash.witness import Witness

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("crash-operator")]
# What a process may grow by while it is asked for more than it can do.
_GROWTH = 100 * 1024 * 1024


async def test_an_overload_is_refused_with_the_time_to_come_back_and_an_otp_leaves_before_the_rest():
    async with a_directory() as directory:
        witness, gateway = Witness(directory), Gateway(directory, intake_bound=20, intake_batch=10)
        try:
            await witness.ready()
            await gateway.start()
            await gateway.furnish(witness.port, rate=20)
            (web,) = gateway.pids("web")
            before = processes.resident(web)
            under = a_load(gateway, connections=60)
            async with under:
                await processes.until(
                    lambda: len(under.of("accepted")) > 200 and len(under.of("refused")) > 100, "an overload"
                )
                status, _, body = await _until_accepted(gateway)
                code = json.loads(body)["code"]
                await processes.until(lambda: _came(witness, code), "the OTP at its handset")
                waiting = gateway.connect("SELECT count(*) FROM queue")[0][0]
                grown = processes.resident(web) - before
            after = a_load(gateway, connections=2, most=20)
            async with after:
                await after.finished()
            gateway.connect("UPDATE connector SET rate = NULL")
            await judge(gateway, witness, [under, after], kills=0, window=WINDOW)
            await gateway.stop()
        finally:
            gateway.clean_up()
            witness.stop()

    assert status == 200
    assert waiting > 50, "the OTP overtook those that were there before"
    assert {(a.status, a.retry_after) for a in under.of("refused")} == {(503, "1")}
    assert not under.of("unanswered")
    assert grown < _GROWTH
    assert {a.answer for a in after.asked} == {"accepted"}


async def _until_accepted(gateway):
    for _ in range(50):
        answer = await once(gateway.port, gateway.token, "/apiv2/smscode/", phone_number=a_number(9_999_999))
        if answer[0] != 503:
            return answer
        await asyncio.sleep(0.1)
    return answer


async def _came(witness, code):
    return any(code in text for text in await witness.received())
