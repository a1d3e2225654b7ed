"""The charge of one message: as many segments as leave by its route."""

import pytest

from smsflow import runtime, testing
from smsflow.domain.message import Status
from smsflow.services.messages.prepare import Limits, Order, prepare
from tests.dispatch.stage import accepted, an_engine, an_operator, row, until_status


@pytest.mark.parametrize(
    ("text", "latin1", "charged"), [("ê" * 140, True, 1), ("ê" * 140, False, 3), ("x" * 306, False, 2)]
)
async def test_the_charge_is_the_number_of_pdus_that_leave(open_platform, text, latin1, charged):
    async with open_platform(poll_interval=0.05) as platform, an_operator() as operator, an_engine(platform):
        company = await testing.a_company(platform, credits=10)
        connector = await testing.a_connector(platform, port=operator.port, latin1=latin1)
        await testing.a_route(platform, connector)
        table = (await platform.directory.routing()).table
        order = Order("690000001", text)
        message = prepare(order, company=company, routes=table, now=runtime.now(), limits=Limits())
        (message_id,) = await accepted(platform, message)
        await until_status(platform, message_id, Status.DELIVERED)

        assert operator.submits == charged
        assert (await row(platform, message_id)).charged == charged
        assert [m.text for m in operator.inbox] == [text]
