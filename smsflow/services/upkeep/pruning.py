"""Pruning: tables without an index by age are gone through by their keys, a page of each transaction, and lose what is old.

Each step takes the key of the page before, None at first, and returns that of its own, None at the end.
"""

from datetime import datetime, timedelta

from smsflow.services.upkeep.retention import BATCH, DAYS_COUNTED
from smsflow.store.campaigns import written
from smsflow.store.campaigns.written import WriterKey
from smsflow.store.contacts import replies as answers
from smsflow.store.contacts.replies import ReplyKey
from smsflow.store.messages import set_aside as entries
from smsflow.store.postgres.transactions import Tx

# For so long `doctor` calls an entry that was set aside wrong.
_SHOWN = timedelta(days=1)


async def writers(tx: Tx, after: WriterKey | None, *, kept: timedelta, now: datetime) -> WriterKey | None:
    """Remove who wrote marketing to whom so long ago."""
    before = (now - kept).date()
    return await written.forget_writers(tx, before=before, after=after or written.FIRST_WRITER, limit=BATCH)


async def replies(tx: Tx, after: ReplyKey | None, *, kept: timedelta, now: datetime) -> ReplyKey | None:
    """Remove the answers to STOP, START and HELP of past days whose SMS are gone, as they are when they were `kept` so long."""
    before = (now - min(kept, DAYS_COUNTED)).date()
    return await answers.forget(tx, before=before, after=after or answers.FIRST_REPLY, limit=BATCH)


async def set_aside(tx: Tx, after: int | None, *, kept: timedelta, now: datetime) -> int | None:
    """Remove entries that were set aside so long ago, and after a day those whose SMS has ended in another way."""
    return await entries.forget(tx, old=now - kept, ended=now - _SHOWN, after=after or 0, limit=BATCH)
