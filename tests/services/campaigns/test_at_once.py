"""A campaign whose turns, lanes, receipts, sweeps, readers and owner all act at once: every promise holds in whatever order they come."""

import asyncio
import random
from datetime import timedelta

import pytest

from smsflow import testing
from smsflow.dispatch import recorder
from smsflow.domain.delivery import Accepted, Deferred, NotSent, Rejected, Unanswered
from smsflow.domain.message import Kind, Status
from smsflow.errors import Refused
from smsflow.services import credits
from smsflow.services.campaigns import launch
from smsflow.services.contacts import optouts
from smsflow.services.messages import overdue
from smsflow.services.messages.cancel import cancel
from smsflow.services.messages.outcomes import Graces, Report, Way
from smsflow.store.messages import queue
from smsflow.store.messages.receipts import News
from smsflow.store.routing import dispatchers
from tests.services.campaigns.test_story import campaigns, launched

__all__ = ["campaigns"]

_PEOPLE = 40
_ENDS = [(Status.DELIVERED, False), (Status.FAILED, True), (Status.FAILED, False)]


class Everybody:
    """All who act on one campaign, by the dice of a seed; `broken` tells each SMS that a lane got and must not have got."""

    def __init__(self, here, seed):
        self.here, self.dice = here, random.Random(seed)
        self.kind = self.dice.choice([Kind.MARKETING, Kind.TRANSACTIONAL])
        self.stopped, self.references, self.lost, self.broken = set(), {}, [], []
        self.pauses, self.paused, self.cancelled, self.over = 0, False, False, False

    async def open(self):
        await self.here.open(contacts_=_PEOPLE, credits=_PEOPLE + 10)
        self.campaign = await launched(self.here, kind=self.kind)
        if self.dice.random() < 0.4:
            await self.here.query("UPDATE company SET resend = 'at_least_once' RETURNING id")
        async with self.transaction() as tx:
            self.instance = await dispatchers.register(tx, host="test", pid=1, now=self.here.now)
        self.way = Way(self.here.connector, self.here.connector, self.instance, Graces())

    def transaction(self):
        return self.here.platform.database.transaction()

    async def keep(self, act, *, longest):
        """Act again and again, with pauses; a deadlock ends the test: all lock in one order."""
        while not self.over:
            await self.once(act)
            await asyncio.sleep(self.dice.random() * longest)

    async def once(self, act):
        """Act; tell whether it was done."""
        try:
            await act()
        except Refused:
            return False
        return True

    async def turn(self):
        await self.here.turn(self.campaign, batch=self.dice.randint(1, 4))

    async def claim(self):
        pauses, paused, cancelled, stopped = self.pauses, self.paused, self.cancelled, set(self.stopped)
        async with self.here.platform.database.autocommit() as tx:
            found = await queue.claim(tx, self.here.connector, instance_id=self.instance, limit=self.dice.randint(1, 4))
        if found and (cancelled or (paused and pauses == self.pauses)):
            self.broken += found
        if self.kind is Kind.MARKETING:
            self.broken += [c for c in found if c.number in stopped]
        return found

    async def lane(self):
        hand = []

        async def work():
            hand.extend(await self.claim())
            self.dice.shuffle(hand)
            reports = [self.report(hand.pop()) for _ in range(min(len(hand), self.dice.randint(0, 3)))]
            if self.lost and self.dice.random() < 0.5:
                reports.append(self.report(self.lost.pop(0), late=True))
            await self.record(reports)

        await self.keep(work, longest=0.01)
        await self.record([Report(c.id, c.attempt, NotSent()) for c in hand])

    def report(self, claim, *, late=False):
        reference = f"{claim.id}.{claim.attempt}"
        said = [Accepted((reference,)), Deferred("full", self.dice.choice([0.0, 1.0])), Rejected("no")]
        outcome = self.dice.choice(said if late else [*said, Accepted((reference,)), NotSent(), Unanswered("?")])
        if isinstance(outcome, Accepted):
            self.references[reference] = claim
        elif isinstance(outcome, Unanswered) and self.dice.random() < 0.5:
            self.lost.append(claim)
        return Report(claim.id, claim.attempt, outcome)

    async def record(self, reports):
        if reports:
            await recorder.record(self.here.platform.database, self.way, reports, now=self.here.now)

    async def receipt(self):
        if self.references:
            reference, claim = self.dice.choice(list(self.references.items()))
            status, refused = self.dice.choice(_ENDS)
            news = News(self.here.connector, reference, status, refused, "x", claim.number, "AWA")
            await recorder.receive(
                self.here.platform.database, [news], policy="all", forms=lambda _: (), now=self.here.now
            )

    async def sweep(self):
        table = (await self.here.platform.directory.routing()).table
        later = self.here.now + timedelta(minutes=self.dice.choice([1, 2, 70]))
        async with self.transaction() as tx:
            await overdue.release_due(tx, limit=100, now=later)
        async with self.transaction() as tx:
            await overdue.resend_unknown(tx, table, limit=100, now=later)

    async def stop(self):
        number = f"+2376900{self.dice.randint(1, _PEOPLE):05}"
        async with self.transaction() as tx:
            await optouts.opt_out(
                tx, self.here.company.id, [number], scope="marketing", source="sms", author="x", now=self.here.now
            )
        self.stopped.add(number)

    async def own(self):
        """Pause and resume, take credits back and add them, and cancel the campaign at last."""
        for _ in range(self.dice.randint(1, 4)):
            await asyncio.sleep(self.dice.random() * 0.15)
            if await self.once(lambda: self.here.act(launch.pause, self.campaign)):
                self.paused, self.pauses = True, self.pauses + 1
                await asyncio.sleep(self.dice.random() * 0.1)
                self.paused = False
                await self.once(lambda: self.here.act(launch.resume, self.campaign))
            await self.once(self.trade)
        if await self.once(lambda: self.here.act(launch.cancel, self.campaign)):
            self.cancelled = True
        await asyncio.sleep(0.2)
        self.over = True

    async def trade(self):
        async with self.transaction() as tx:
            amount = self.dice.choice([3, -3])
            await credits.add_credit(tx, self.here.company.id, amount, note="", now=self.here.now)

    async def cancel_some(self):
        ids = [message_id for (message_id,) in await self.here.query("SELECT id FROM message")]
        async with self.transaction() as tx:
            await cancel(tx, self.dice.sample(ids, min(3, len(ids))), now=self.here.now)


@pytest.mark.parametrize("seed", range(4))
async def test_nothing_leaves_after_a_cancel_a_stop_or_during_a_pause_and_the_ledger_adds_up(campaigns, seed):
    all_ = Everybody(campaigns, seed)
    await all_.open()

    await asyncio.gather(
        all_.keep(all_.turn, longest=0.01),
        all_.lane(),
        all_.lane(),
        all_.keep(all_.receipt, longest=0.02),
        all_.keep(all_.sweep, longest=0.01),
        all_.keep(all_.stop, longest=0.05),
        all_.keep(all_.cancel_some, longest=0.05),
        all_.own(),
    )

    assert all_.broken == []
    assert await testing.broken_invariants(campaigns.platform) == []
