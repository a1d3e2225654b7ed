"""The log of a company's messages: filtered and paged without counting."""

from datetime import datetime, timedelta

from smsflow.store.messages import log
from smsflow.store.messages.log import LogFilter, LogPage
from smsflow.store.postgres.transactions import Tx

__all__ = ["LogFilter", "LogPage", "page"]

# As many rows are read for a page at most; the next page goes on from there.
_WITHIN = 20_000
# Ids are given before rows are written, so they follow the time only so closely.
_SLACK = timedelta(minutes=10)


async def page(tx: Tx, company_id: int, wanted: LogFilter, *, before: int | None, limit: int) -> LogPage:
    """Return the company's next messages older than the id `before`, newest first."""
    if before is None and wanted.until is not None:
        before = await _first_id_from(tx, wanted.until + _SLACK)
    return await log.page(tx, company_id, wanted, before=before, limit=limit, within=_WITHIN)


async def _first_id_from(tx: Tx, moment: datetime) -> int:
    """Return the id from which on messages are of `moment` or later, by halves: there is no index by time."""
    low, high = 0, await log.last_id(tx) + 1
    while low < high:
        middle = (low + high) // 2
        found = await log.first_from(tx, middle)
        if found is None or found[1] >= moment:
            high = middle
        else:
            low = found[0] + 1
    return low
