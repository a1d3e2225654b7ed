"""One company's backlog does not delay another's first message, nor anybody's OTP."""

import json

import pytest

from tests.crash.load import Load, a_number, once
from tests.crash.scenarios import a_load, a_prefix

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("crash-operator")]


async def test_another_companys_otp_and_first_message_overtake_a_backlog(gateway, smsc):
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
        await smsc.receives(a_number(9_999_998), json.loads(body)["code"])
        await smsc.receives(a_number(0), ordinary.asked[0].text)
        texts = await smsc.received()
    finally:
        gateway.connect("UPDATE connector SET rate = NULL")

    assert sum(t.startswith(big.prefix) for t in texts) < 300, "they waited for the backlog"
