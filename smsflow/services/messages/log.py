"""The log of a company's messages: filtered and paged without counting."""

from datetime import timedelta

from smsflow.store.messages import log
from smsflow.store.messages.log import LogFilter, LogPage
from smsflow.store.postgres.moments import first_id_from
from smsflow.store.postgres.transactions import Tx

__all__ = ["LogFilter", "LogPage", "page"]

# As many rows are read for a page at most; the next page goes on from there.
_WITHIN = 20_000
# Ids are given before rows are written, so they follow the time only so closely.
_SLACK = timedelta(minutes=10)


async def page(tx: Tx, company_id: int, wanted: LogFilter, *, before: int | None, limit: int) -> LogPage:
    """Return the company's next messages older than the id `before`, newest first."""
    if before is None and wanted.until is not None:
        before = await first_id_from(tx, "message", wanted.until + _SLACK)
    return await log.page(tx, company_id, wanted, before=before, limit=limit, within=_WITHIN)
