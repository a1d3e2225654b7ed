"""Campaigns that run: each in its turn, and never more than a few seconds ahead of what its lanes send."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

import structlog

from smsflow import observe
from smsflow.domain.account import Company
from smsflow.runtime import Platform, links, mail
from smsflow.services.accounts import companies
from smsflow.services.campaigns import letters
from smsflow.services.campaigns.run import Ran, run_batch, start_due
from smsflow.services.campaigns.turns import OpenCampaign, due, policies, waiting
from smsflow.services.campaigns.watch import pause_failed
from smsflow.store.postgres.outages import first_line, may_pass, named
from smsflow.store.postgres.revision import lacks_migration
from smsflow.store.postgres.transactions import Tx

log = structlog.get_logger(__name__)

_LOOK_AGAIN = 0.5
# The most recipients of one transaction: some 10 ms, for which the company's other SMS, a pause or a STOP wait.
_BATCH = 400
# Turns that fail one after the other before a campaign pauses: what made the first one fail may pass.
_MOST_FAILURES = 3
# A lane is given this many to begin with, and then as many as it sends in this many seconds, whatever its speed at least a few.
_FIRST = 200
_AHEAD_SECONDS = 3.0
# The dispatcher takes SMS in batches: how fast a lane is shows after a while.
_MEASURED_SECONDS = 0.25
_LEAST_AHEAD, _MOST_AHEAD = 10, 50_000


@dataclass(slots=True)
class LaneRoom:
    """The SMS that one connector has been given, and how fast it takes them."""

    given: int = 0
    waited: int = 0
    offered: int = 0
    at: float = 0.0
    target: int = _FIRST

    def room(self, waits: int, moment: float, *, rate: int | None = None) -> int:
        """Return how many more may wait for the lane, given how many do; the target follows the speed of the lane, `rate` at most."""
        seconds = moment - self.at
        measured = seconds >= _MEASURED_SECONDS
        if self.at and measured:
            left = max(0, self.waited + self.given - waits)
            self.target = max(_LEAST_AHEAD, self._wanted(waits, int(left / seconds * _AHEAD_SECONDS)))
        most = _MOST_AHEAD if rate is None else min(_MOST_AHEAD, max(1, int(rate * _AHEAD_SECONDS)))
        self.target = min(self.target, most)
        room = max(0, self.target - waits)
        if measured:
            self.given, self.waited, self.at, self.offered = 0, waits, moment, room
        return room

    def _wanted(self, waits: int, sent: int) -> int:
        if waits or not (self.given or self.waited):
            return sent if waits else _FIRST
        # One that has sent all that there was room for may be faster; one that had room left shows nothing.
        return max(sent, self.target * 2 if self.given >= self.offered > 0 else min(self.target, _FIRST))


def part_of(room: Mapping[int, int], among: int) -> dict[int, int]:
    """Return an equal part of the room of every lane; of little room, one at least."""
    return {connector_id: max(1, n // among) if n > 0 else 0 for connector_id, n in room.items()}


class Runner:
    """Lets campaigns run; all that it must not lose is in the database, so it may be killed at any moment, and be one of several."""

    def __init__(self, platform: Platform, clock: Callable[[], datetime]) -> None:
        """Run the campaigns of `platform`."""
        self._platform = platform
        self._clock = clock
        self._lanes: dict[int, LaneRoom] = {}
        self._failures: dict[int, int] = {}

    async def run(self) -> None:
        """Run campaigns until cancelled."""
        while True:
            try:
                again = await self._turn()
            except Exception as error:  # noqa: BLE001 - the database is away, or one campaign cannot be run: say so and go on
                log.warning("campaigns_wait", reason=first_line(error))
                again = False
            await asyncio.sleep(0 if again else _LOOK_AGAIN)

    async def _turn(self) -> bool:
        """Give each campaign that is due one batch; tell whether one of them has more at once."""
        async with self._platform.database.autocommit() as tx:
            campaigns = await due(tx)
        if not campaigns:
            return False
        room = await self._room()
        again = False
        # A company's share does not grow with the number of its campaigns.
        companies_left = len({c.company_id for c in campaigns})
        for _, group in groupby(sorted(campaigns, key=lambda c: (c.company_id, c.id)), key=lambda c: c.company_id):
            of_company = list(group)
            budget = part_of(room, companies_left)
            companies_left -= 1
            for place, campaign in enumerate(of_company):
                try:
                    ran = await self._run_one(campaign, part_of(budget, len(of_company) - place))
                except Exception as error:  # noqa: BLE001 - one campaign that fails must not stop the others
                    await self._take_failure(campaign, error)
                    continue
                self._failures.pop(campaign.id, None)
                again = again or ran.again
                observe.accepted_total.inc(sum(ran.accepted.values()))
                for connector_id, number in ran.accepted.items():
                    budget[connector_id] -= number
                    room[connector_id] -= number
                    self._lanes[connector_id].given += number
        return again

    async def _take_failure(self, campaign: OpenCampaign, error: Exception) -> None:
        """Let a campaign wait for a database that is away; one whose turn fails by itself again and again pauses and says so."""
        log.warning("campaign_turn_failed", campaign_id=campaign.id, reason=first_line(error))
        if may_pass(error) or lacks_migration(error):
            return
        failures = self._failures[campaign.id] = self._failures.get(campaign.id, 0) + 1
        if failures < _MOST_FAILURES:
            return
        del self._failures[campaign.id]
        try:
            async with self._platform.database.transaction() as tx:
                company, now = (await companies.account(tx, campaign.company_id)).company, self._clock()
                why = await pause_failed(tx, company.id, campaign.id, named(error), now=now)
                await self._notified(tx, company, campaign.id, Ran({}, paused=why or ""), now)
        except Exception as failure:  # noqa: BLE001 - the database has gone away meanwhile: the next turn fails, too
            log.warning("campaign_not_paused", campaign_id=campaign.id, reason=first_line(failure))

    async def _room(self) -> dict[int, int]:
        connectors = [c for c in (await self._platform.directory.routing()).connectors if c.enabled]
        room = {}
        async with self._platform.database.autocommit() as tx:
            for connector in connectors:
                lane = self._lanes.setdefault(connector.id, LaneRoom())
                waits = await waiting(tx, connector.id, most=_MOST_AHEAD)
                room[connector.id] = lane.room(waits, time.monotonic(), rate=connector.rate)
        return room

    async def _run_one(self, campaign: OpenCampaign, room: Mapping[int, int]) -> Ran:
        platform, now = self._platform, self._clock()
        async with platform.database.transaction() as tx:
            company = (await companies.account(tx, campaign.company_id)).company
            if campaign.state == "scheduled":
                ran = await start_due(tx, campaign.company_id, campaign.id, now=now)
                return await self._notified(tx, company, campaign.id, ran, now)
            ran = await run_batch(
                tx,
                company,
                campaign.id,
                routes=(await platform.directory.routing()).table,
                policies=await policies(tx),
                room=room,
                validity=timedelta(hours=platform.settings.validity_hours),
                fingerprint=platform.vault.fingerprint,
                now=now,
                batch=_BATCH,
                links=links(platform.settings),
            )
            return await self._notified(tx, company, campaign.id, ran, now)

    async def _notified(self, tx: Tx, company: Company, campaign_id: int, ran: Ran, now: datetime) -> Ran:
        """Notify the people of a campaign that was paused; return the result of its turn."""
        if ran.paused:
            log.warning("campaign_paused", campaign_id=campaign_id, reason=ran.paused)
            await letters.notify_paused(tx, company, campaign_id, ran.paused, mail=mail(self._platform), now=now)
        return ran
