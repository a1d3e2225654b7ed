"""The nightly removal of the people that campaigns, drafts and imports keep."""

from datetime import timedelta

import structlog

from smsflow.runtime import Platform
from smsflow.services.campaigns import unprepared
from smsflow.services.upkeep import people, texts

log = structlog.get_logger(__name__)


async def forget_people(platform: Platform) -> None:
    """Go through the campaigns and the imports that ended long ago, a batch of each transaction, and through prepared campaigns that nobody launches."""
    database, now = platform.database, platform.clock()
    unused_before = now - timedelta(days=platform.settings.drafts_kept_days)
    async with database.transaction() as tx:
        await unprepared.note_unused(tx, now=now)
        files = await people.stop_unconfirmed(tx, now=now)
    async with database.autocommit() as tx:
        kept = timedelta(days=platform.settings.messages_kept_days)
        campaigns = await people.old_campaigns(tx, kept=kept, now=now)
        imports = await people.old_imports(tx, now=now)
        drafts = await unprepared.long_unused(tx, before=unused_before)
        stricter = await texts.stricter(tx)
    for old, forget in ((campaigns, people.forget_recipients), (imports, people.forget_rows)):
        for company_id, id_ in old:
            more = True
            while more:
                async with database.transaction() as tx:
                    more = await forget(tx, company_id, id_)
    for company_id, campaign_id in drafts:
        async with database.transaction() as tx:
            await unprepared.forget(tx, company_id, campaign_id, before=unused_before)
    for company_id, kept in stricter.items():
        async with database.autocommit() as tx:
            with_values = await people.campaigns_with_values(tx, company_id, kept=kept, now=now)
        for campaign_id in with_values:
            after: int | None = 0
            while after is not None:
                async with database.transaction() as tx:
                    after = await people.forget_values(tx, company_id, campaign_id, after)
    if campaigns or imports or files or drafts:
        log.info("people_forgotten", campaigns=len(campaigns), imports=len(imports), files=files, drafts=len(drafts))
