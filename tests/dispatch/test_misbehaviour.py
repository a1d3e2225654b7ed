"""An operator that does everything wrong that real ones did: nothing is lost, and the ledger is exact."""

import pytest

from smsflow import testing
from smsflow.domain.message import Status
from smsflow.simulator.misbehaviour import FAULTS
from tests.dispatch.stage import a_message, accepted, an_engine, an_operator, query, sound, statuses, until

FINAL = {Status.DELIVERED, Status.FAILED, Status.EXPIRED}
LONG = "Un texte en plusieurs parties. " * 12


# A long id has no receipt that can be matched; the others take their time (see test_traffic and test_unknown).
OPEN = {"long-id", "late-error", "full"}


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault not in OPEN])
async def test_an_operator_with_a_fault_still_settles_every_sms(open_platform, fault):
    async with open_platform(poll_interval=0.05) as platform:
        script = {"misbehave": [fault], "misbehave_every": 2}
        async with an_operator(ids="hex", **script) as operator, an_engine(platform):
            company = await testing.a_company(platform, credits=100)
            connector = await testing.a_connector(platform, port=operator.port)
            texts = [("Bonjour", 1), (LONG, 3)] * 4
            batch = [a_message(company, connector, text=text, segments=n) for text, n in texts]
            ids = await accepted(platform, *batch)

            async def settled():
                return FINAL.issuperset(await statuses(platform, ids))

            await until(settled)
            await operator.wait_for(lambda o: o.deliveries.waiting == 0)

            async def stored():
                return len(await query(platform, "SELECT 1 FROM inbound")) >= operator.people.sent

            await until(stored)

        assert set(await statuses(platform, ids)) == {Status.DELIVERED}
        assert operator.handsets.duplicates == 0
        assert len(await query(platform, "SELECT 1 FROM inbound")) == operator.people.sent
        await sound(platform)


async def test_a_message_id_of_3000_octets_is_that_sms_alone(open_platform):
    async with open_platform(poll_interval=0.05) as platform:
        async with an_operator(misbehave=["long-id"], misbehave_every=2) as operator, an_engine(platform):
            company = await testing.a_company(platform, credits=100)
            connector = await testing.a_connector(platform, port=operator.port)
            ids = await accepted(platform, *[a_message(company, connector) for _ in range(6)])
            await operator.wait_for(lambda o: o.deliveries.acknowledged == 6)

            async def settled():
                return (await statuses(platform, ids)).count(Status.DELIVERED) == 3

            await until(settled)

        assert (await statuses(platform, ids)).count(Status.SENT) == 3
        await sound(platform)
