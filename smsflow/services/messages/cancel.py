"""Cancelling: messages that have not left are closed, and their credits go back."""

from collections.abc import Sequence
from datetime import datetime

from smsflow.domain.message import Status, public_id
from smsflow.errors import AlreadyLeft, NotFound, Refused
from smsflow.services.messages import closing
from smsflow.services.messages.closing import End
from smsflow.store.messages import closing as stored
from smsflow.store.messages import queue
from smsflow.store.postgres.transactions import Tx


async def cancel(
    tx: Tx, ids: Sequence[int], *, company_id: int | None = None, why: str | None = None, now: datetime
) -> list[Refused | None]:
    """Cancel planned and waiting messages, for a reason that is kept; return for each why it alone is refused, or None.

    With `company_id`, messages of other companies are not found. A message that was claimed, or whose outcome was ever unknown,
    may be on the handset: it is refused and keeps its charge (ADR 1).
    """
    here = await queue.keep_back(tx, ids)
    locked = await stored.lock(tx, ids)
    answers: list[Refused | None] = []
    ended: dict[int, End] = {}
    for message_id in ids:
        message = locked.get(message_id)
        if message is None or company_id not in {None, message.company_id}:
            answers.append(NotFound(what="sms", id=public_id(message_id)))
        elif message_id not in here:
            answers.append(AlreadyLeft(id=public_id(message_id)))
        else:
            ended[message_id] = End(message_id, Status.CANCELLED, why, not_taken=True)
            answers.append(None)
    await closing.close(tx, list(ended.values()), now=now, locked=locked)
    return answers
