"""Campaigns that run are watched, beside their turns: every few seconds, for reasons to pause them."""

import asyncio
import time

import structlog

from smsflow.runtime import Platform, mail
from smsflow.services.accounts import companies
from smsflow.services.campaigns import letters, watch
from smsflow.services.campaigns.turns import due
from smsflow.services.campaigns.watch import Health
from smsflow.store.postgres.outages import first_line

log = structlog.get_logger(__name__)

_EVERY = 5.0


class Watcher:
    """Pauses campaigns that must not go on; how long connectors have been down is what it has seen itself."""

    def __init__(self, platform: Platform) -> None:
        """Watch the campaigns of `platform`."""
        self._platform = platform
        self._down_since: dict[int, float] = {}

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            try:
                await self.look(time.monotonic())
            except Exception as error:  # noqa: BLE001 - the database is away: say so and try again
                log.warning("campaigns_not_watched", reason=first_line(error))
            await asyncio.sleep(_EVERY)

    async def look(self, moment: float) -> None:
        """Look once at every campaign that runs; `moment` is in monotonic seconds."""
        platform, routing = self._platform, await self._platform.directory.routing()
        async with platform.database.autocommit() as tx:
            bound = await watch.bound(tx)
            running = [c for c in await due(tx) if c.state == "running"]
        down = {c.id: c.name for c in routing.connectors if not c.enabled or c.id not in bound}
        self._down_since = {c: self._down_since.get(c, moment) for c in down}
        patience = platform.settings.campaign_connector_down
        long_down = {c: name for c, name in down.items() if moment - self._down_since[c] > patience}
        health = Health(platform.settings.campaign_failures_percent / 100, routing.table, long_down)
        for campaign in running:
            try:
                async with platform.database.transaction() as tx:
                    company = (await companies.account(tx, campaign.company_id)).company
                    now = platform.clock()
                    why = await watch.watch(tx, company, campaign.id, health, now=now)
                    if why is not None:
                        await letters.notify_paused(tx, company, campaign.id, why, mail=mail(platform), now=now)
            except Exception as error:  # noqa: BLE001 - one campaign that fails must not hide the others
                log.warning("campaign_not_watched", campaign_id=campaign.id, reason=first_line(error))
                continue
            if why is not None:
                log.warning("campaign_paused", campaign_id=campaign.id, reason=why)
