"""One company's backlog does not delay another's first message, nor anybody's OTP."""

import asyncio
import json

import pytest

from tests.crash import processes
from tests.crash.load import Load, a_number, once
from tests.crash.scenarios import a_load, a_prefix

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("crash-operator")]


async def test_another_companys_otp_and_first_message_overtake_a_backlog(gateway, witness):
    gateway.connect("UPDATE connector SET rate = 20")
    try:
        big = a_load(gateway, connections=8, most=400)
        async with big:
            await big.finished()
        small = await gateway.another(f"small {a_prefix()}", credits=10)
        ordinary = Load(gateway.port, small, a_prefix(), connections=1, most=1)
        async with ordinary:
            await ordinary.finished()
        _, _, body = await once(gateway.port, small, "/apiv2/smscode/", phone_number=a_number(9_999_998))
        code = json.loads(body)["code"]

        async def both_came():
            texts = [m["text"] for m in await witness.messages()]
            return texts if ordinary.asked[0].text in texts and any(code in t for t in texts) else None

        texts = await processes.until(both_came, "the other company's messages")
    finally:
        gateway.connect("UPDATE connector SET rate = NULL")
    await asyncio.sleep(0)

    assert sum(t.startswith(big.prefix) for t in texts) < 300, "they waited for the backlog"
