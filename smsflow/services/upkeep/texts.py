"""A company's own retention: its texts, the SMS it received and its codes go sooner than the platform's rule has it.

The SMS stay with their numbers and what became of them: the log, the figures and the ledger are proved by them.
"""

from datetime import datetime, timedelta

from smsflow.store import inbound, verifications
from smsflow.store.accounts import companies
from smsflow.store.messages import texts
from smsflow.store.postgres.transactions import Tx

# Rows of one transaction: some tens of milliseconds, for which a receipt of one of them waits.
BATCH = 1000


async def stricter(tx: Tx) -> dict[int, timedelta]:
    """Return how long companies keep texts that have a rule of their own."""
    return {c.id: timedelta(days=c.texts_kept_days) for c in await companies.companies(tx) if c.texts_kept_days}


async def forget_texts(tx: Tx, company_id: int, *, kept: timedelta, now: datetime) -> bool:
    """Delete some texts of old SMS, once they have left; tell whether there may be more."""
    ids = await texts.following(tx, company_id, before=now - kept, limit=BATCH)
    if ids:
        await texts.leave(tx, company_id, await texts.empty(tx, company_id, ids), mark=ids[-1])
    return len(ids) == BATCH


async def forget_left(tx: Tx, company_id: int, *, after: int) -> int | None:
    """Delete the texts of SMS that had still to leave and have left meanwhile; return where to go on, None at the end."""
    ids = await texts.left(tx, company_id, after=after, limit=BATCH)
    if ids:
        still = set(await texts.empty(tx, company_id, ids))
        await texts.done(tx, company_id, [message_id for message_id in ids if message_id not in still])
    return ids[-1] if len(ids) == BATCH else None


async def forget_received(tx: Tx, company_id: int, *, kept: timedelta, now: datetime) -> bool:
    """Remove some old inbound SMS and codes of a company; tell whether there may be more."""
    before = now - kept
    received = await inbound.forget(tx, before=before, limit=BATCH, company_id=company_id)
    codes = await verifications.forget(tx, before=before, limit=BATCH, company_id=company_id)
    return BATCH in {received, codes}
