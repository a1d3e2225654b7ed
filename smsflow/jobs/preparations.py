"""Large campaigns are prepared in the background, from where they were after a restart."""

import asyncio

import structlog

from smsflow.runtime import Platform, links
from smsflow.services.accounts import companies
from smsflow.services.campaigns import prepare, unprepared
from smsflow.services.messages.prepare import Limits
from smsflow.store.postgres.outages import first_line, may_pass, named
from smsflow.store.postgres.revision import lacks_migration

log = structlog.get_logger(__name__)

_LOOK_AGAIN = 0.5
# Steps that fail one after the other before a preparation ends: what made the first one fail may pass.
_MOST_FAILURES = 3


class Preparer:
    """Prepares the campaigns that wait for it; all but its count of failures is in the database, so it may be killed at any moment."""

    def __init__(self, platform: Platform) -> None:
        """Prepare the campaigns of `platform`."""
        self._platform = platform
        self._failures: dict[int, int] = {}

    async def run(self) -> None:
        """Prepare until cancelled."""
        while True:
            again = False
            try:
                again = await self.turn()
            except Exception as error:  # noqa: BLE001 - the database is away: say so and try again
                log.warning("preparations_wait", reason=first_line(error))
            await asyncio.sleep(0 if again else _LOOK_AGAIN)

    async def turn(self) -> bool:
        """Prepare one step of each campaign; tell whether one of them has more."""
        async with self._platform.database.autocommit() as tx:
            waiting = await prepare.waiting(tx)
        again = False
        for company_id, campaign_id in waiting:
            try:
                again = await prepare_next(self._platform, company_id, campaign_id) or again
            except Exception as error:  # noqa: BLE001 - one campaign that fails must not stop the others
                await self._take_failure(company_id, campaign_id, error)
            else:
                self._failures.pop(campaign_id, None)
        return again

    async def _take_failure(self, company_id: int, campaign_id: int, error: Exception) -> None:
        """Let a campaign wait for a database that is away; a preparation that fails by itself again and again ends and says so."""
        log.warning("preparation_failed", campaign_id=campaign_id, reason=first_line(error))
        if may_pass(error) or lacks_migration(error):
            return
        failures = self._failures[campaign_id] = self._failures.get(campaign_id, 0) + 1
        if failures < _MOST_FAILURES:
            return
        del self._failures[campaign_id]
        try:
            async with self._platform.database.transaction() as tx:
                await unprepared.end_failed(tx, company_id, campaign_id, named(error), now=self._platform.clock())
        except Exception as failure:  # noqa: BLE001 - the database has gone away meanwhile: the next turn fails, too
            log.warning("preparation_not_ended", campaign_id=campaign_id, reason=first_line(failure))


async def prepare_next(platform: Platform, company_id: int, campaign_id: int) -> bool:
    """Prepare the next recipients of a campaign; tell whether there are more."""
    routes = (await platform.directory.routing()).table
    limits = Limits(segments=platform.settings.message_segments_limit)
    async with platform.database.transaction() as tx:
        company = (await companies.account(tx, company_id)).company
        return await prepare.go_on(
            tx, company, campaign_id, routes=routes, limits=limits, links=links(platform.settings)
        )
