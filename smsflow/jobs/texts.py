"""The nightly deletion of texts for companies that keep them shorter than the platform does."""

import structlog

from smsflow.runtime import Platform
from smsflow.services.upkeep import texts

log = structlog.get_logger(__name__)


async def forget_texts(platform: Platform) -> None:
    """Go through the companies, a batch of each transaction."""
    database, now = platform.database, platform.clock()
    async with database.autocommit() as tx:
        stricter = await texts.stricter(tx)
    for company_id, kept in stricter.items():
        for forget in (texts.forget_texts, texts.forget_received):
            more = True
            while more:
                async with database.transaction() as tx:
                    more = await forget(tx, company_id, kept=kept, now=now)
        after: int | None = 0
        while after is not None:
            async with database.transaction() as tx:
                after = await texts.forget_left(tx, company_id, after=after)
    if stricter:
        log.info("texts_deleted", companies=len(stricter))
