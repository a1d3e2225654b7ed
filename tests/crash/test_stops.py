"""Handsets that send STOP while campaigns run, as the operator sees it, to the last SMS."""

import pytest

from smsflow.services.routing import numbers
from tests.crash.campaigns import a_launch, ended, judge_campaigns
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("crash-kills")]

_SHORT_CODE = "8787"
_OPT_OUT = "SELECT 1 FROM opt_out WHERE company_id = %s AND number = %s AND source = 'sms'"
_ACCEPTED_AFTER = """
SELECT m.id, m.number FROM message m JOIN unnest(%s::text[], %s::bigint[]) AS t(number, newest) USING (number)
WHERE m.company_id = %s AND m.campaign_id IS NOT NULL AND m.id > t.newest
"""
_REFUSED = """
SELECT count(*) FROM campaign_recipient WHERE company_id = %s AND number = ANY(%s) AND reason = 'opted_out'
"""


async def stop(gateway, smsc, company_id, number):
    """Send STOP from a handset; return the newest message that existed once it was stored, which is before it was acknowledged."""
    await smsc.ask("mo", source=number, destination=_SHORT_CODE, text="Stop svp")
    await until(lambda: gateway.connect(_OPT_OUT, (company_id, number)), f"the opt-out of {number}", step=0.01)
    return gateway.connect("SELECT last_value FROM message_id_seq")[0][0]


async def test_nobody_gets_an_sms_accepted_after_their_stop_was_acknowledged(gateway, smsc):
    await smsc.behave(latency=0.15)
    async with gateway.platform() as platform:
        campaigns = await a_launch(platform, people=240)
        company_id = campaigns[0].company_id
        async with platform.database.transaction() as tx:
            await numbers.add(tx, _SHORT_CODE, connector="operator", company_id=company_id)
    query = "SELECT number FROM campaign_recipient WHERE campaign_id = %s AND reason IS NULL ORDER BY place"
    people = [number for (number,) in gateway.connect(query, (campaigns[0].id,))]

    # From both ends: some who were written to, some whose SMS waits, and some whose turn comes later.
    stopped = [*people[:60:6], *people[:60:-6]]
    newest = {number: await stop(gateway, smsc, company_id, number) for number in stopped}
    await ended(gateway, campaigns)

    count = await judge_campaigns(gateway, smsc, campaigns, kills=0, one_day=False)
    assert gateway.connect(_ACCEPTED_AFTER, ([*newest], [*newest.values()], company_id)) == []
    assert gateway.connect(_REFUSED, (company_id, stopped))[0][0] > 0
    assert count.accepted > 0
