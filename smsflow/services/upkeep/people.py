"""People of campaigns and imports that ended long ago: removed in batches, for none of which another statement waits long."""

from datetime import datetime, timedelta
from typing import Final

from smsflow.services.contacts import importing
from smsflow.store.campaigns import forgetting
from smsflow.store.contacts import import_rows
from smsflow.store.postgres.transactions import Tx

# Rows of one transaction.
BATCH = 10_000
# An uploaded file that nobody has looked at any more by then is not wanted.
FILES_KEPT: Final = timedelta(days=7)


async def old_campaigns(tx: Tx, *, kept: timedelta, now: datetime) -> list[tuple[int, int]]:
    """Return the company and the id of each campaign that ended so long ago and has recipients still."""
    return await forgetting.with_recipients(tx, before=now - kept)


async def forget_recipients(tx: Tx, company_id: int, campaign_id: int) -> bool:
    """Remove some recipients of a campaign; tell whether there may be more."""
    return await forgetting.forget(tx, company_id, campaign_id, limit=BATCH) == BATCH


async def campaigns_with_values(tx: Tx, company_id: int, *, kept: timedelta, now: datetime) -> list[int]:
    """Return a company's campaigns that ended so long ago and whose recipients have values still."""
    return await forgetting.with_values(tx, company_id, before=now - kept)


async def forget_values(tx: Tx, company_id: int, campaign_id: int, after: int) -> int | None:
    """Remove the values, which the texts were made of, of some recipients; return the place to go on after, None at the end."""
    return await forgetting.forget_values(tx, company_id, campaign_id, after=after, limit=BATCH)


async def old_imports(tx: Tx, *, now: datetime) -> list[tuple[int, int]]:
    """Return the company and the id of each import that cannot be undone any more and has rows still."""
    return await import_rows.with_rows(tx, before=now - importing.UNDO_WITHIN)


async def forget_rows(tx: Tx, company_id: int, import_id: int) -> bool:
    """Remove some rows of an import; tell whether there may be more."""
    return await import_rows.forget(tx, company_id, import_id, limit=BATCH)


async def stop_unconfirmed(tx: Tx, *, now: datetime) -> int:
    """End the imports that were uploaded long ago and that nobody has begun, with their files; return how many."""
    unconfirmed = await import_rows.unconfirmed(tx, before=now - FILES_KEPT)
    for company_id, import_id in unconfirmed:
        await importing.stop(tx, company_id, import_id, now=now)
    return len(unconfirmed)
