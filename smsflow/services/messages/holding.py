"""Queued messages that must not leave: those whose validity has ended are closed, those of suspended companies are held and freed."""

from datetime import datetime

from smsflow.domain.message import OUTLIVED, Status
from smsflow.services.messages import closing
from smsflow.services.messages.closing import End
from smsflow.store.messages import holding, validity
from smsflow.store.postgres.transactions import Tx


async def expire(tx: Tx, *, after: int, limit: int, now: datetime) -> int:
    """End the unclaimed messages of a page of the queue whose validity has ended; return the place after which the next page begins.

    Credits go back, except for a message whose earlier attempt may be on the handset (ADR 1). The place 0 is the front.
    """
    page = await validity.ended(tx, after=after, limit=limit, now=now)
    if page.ended:
        ends = [End(m, Status.EXPIRED, OUTLIVED, not_taken=True) for m in page.ended]
        await closing.close(tx, ends, now=now)
    return page.after


async def free_resumed(tx: Tx, *, limit: int, now: datetime) -> int:
    """Let messages go that were held while their company was suspended; return how many there were."""
    return await holding.free(tx, limit=limit, now=now)
