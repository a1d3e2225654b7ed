"""Large campaigns are prepared in the background, from where they were after a restart."""

import asyncio

import structlog

from smsflow.runtime import Platform, links
from smsflow.services.accounts import companies
from smsflow.services.campaigns import prepare
from smsflow.services.messages.prepare import Limits
from smsflow.store.postgres.outages import first_line

log = structlog.get_logger(__name__)

_LOOK_AGAIN = 0.5


async def keep_preparing(platform: Platform) -> None:
    """Prepare the campaigns that wait for it, one step of each in turn, until cancelled."""
    while True:
        again = False
        try:
            async with platform.database.autocommit() as tx:
                waiting = await prepare.waiting(tx)
        except Exception as error:  # noqa: BLE001 - the database is away: say so and try again
            log.warning("preparations_wait", reason=first_line(error))
            waiting = []
        for company_id, campaign_id in waiting:
            try:
                again = await prepare_next(platform, company_id, campaign_id) or again
            except Exception as error:  # noqa: BLE001 - one campaign that fails must not stop the others
                log.warning("preparation_failed", campaign_id=campaign_id, reason=first_line(error))
        await asyncio.sleep(0 if again else _LOOK_AGAIN)


async def prepare_next(platform: Platform, company_id: int, campaign_id: int) -> bool:
    """Prepare the next recipients of a campaign; tell whether there are more."""
    routes = (await platform.directory.routing()).table
    limits = Limits(segments=platform.settings.message_segments_limit)
    async with platform.database.transaction() as tx:
        company = (await companies.account(tx, company_id)).company
        return await prepare.go_on(
            tx, company, campaign_id, routes=routes, limits=limits, links=links(platform.settings)
        )
