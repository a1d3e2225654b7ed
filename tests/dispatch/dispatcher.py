"""A dispatcher without sockets for the tests: it claims, reports and sweeps when it is told to."""

from datetime import timedelta

from smsflow import runtime, testing
from smsflow.dispatch import recorder
from smsflow.dispatch.sweep import Sweep
from smsflow.domain.delivery import Accepted, Unanswered
from smsflow.services.messages.outcomes import Report, Way
from smsflow.store.messages import queue
from smsflow.store.messages.receipts import News
from smsflow.store.routing import dispatchers
from tests.dispatch.stage import SOON, a_message, accepted

NUMBER = "+237690000001"


class Dispatcher:
    """A dispatcher without sockets: it claims, reports and sweeps when it is told to."""

    def __init__(self, platform, instance_id, company, connector):
        self.platform = platform
        self.company = company
        self.connector = connector
        self.way = Way(connector, connector, instance_id, SOON)
        self.now = runtime.now()
        self.sweep = Sweep(platform, instance_id, SOON, lambda: self.now)

    async def accepts(self, **fields):
        (message,) = await accepted(self.platform, a_message(self.company, self.connector, **fields), now=self.now)
        return message

    async def claims(self, connector=None, limit=100):
        async with self.platform.database.autocommit() as tx:
            return await queue.claim(tx, connector or self.connector, instance_id=self.way.instance_id, limit=limit)

    async def reports(self, claim, outcome):
        await recorder.record(
            self.platform.database, self.way, [Report(claim.id, claim.attempt, outcome)], now=self.now
        )

    async def receives(self, reference, status, *, refused=False, number=NUMBER, sender="AWA", forms=()):
        news = News(self.connector, reference, status, refused, status.name, number, sender)
        await recorder.receive(self.platform.database, [news], policy="all", forms=lambda _r: forms, now=self.now)

    async def sweeps(self):
        await self.sweep._resend_unknown()
        await self.sweep._release_due()

    async def waits_for_answers(self):
        self.now += timedelta(seconds=33)
        await self.sweep._settle_young_receipts()

    async def sends(self, *references, **fields):
        """Have a message accepted by the operator with these ids, one for each part."""
        message = await self.accepts(**{"number": NUMBER, "segments": len(references), **fields})
        (claim,) = await self.claims()
        await self.reports(claim, Accepted(references))
        return message

    async def loses(self, **fields):
        message = await self.accepts(number=NUMBER, **fields)
        (claim,) = await self.claims()
        await self.reports(claim, Unanswered("no answer"))
        return message, claim


async def an_instance(platform):
    async with platform.database.transaction() as tx:
        return await dispatchers.register(tx, host="test", pid=1, now=runtime.now())


async def a_dispatcher(platform, credits=100):
    """Return a dispatcher of a company and a connector."""
    company = await testing.a_company(platform, credits=credits)
    connector = await testing.a_connector(platform)
    return Dispatcher(platform, await an_instance(platform), company, connector)
