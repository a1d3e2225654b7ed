"""Retention: old rows and partitions are removed, in steps behind which no other statement waits for long."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from smsflow.services.mail import outbox
from smsflow.store import inbound, verifications
from smsflow.store.accounts import attempts, audit, links, sender_requests, sessions, tokens
from smsflow.store.campaigns import written
from smsflow.store.contacts import stop_links
from smsflow.store.messages import late_refusals, parked, retirement
from smsflow.store.postgres import partitions
from smsflow.store.postgres.partitions import Partition
from smsflow.store.postgres.transactions import Tx

_TOKENS_AFTER_EXPIRY = timedelta(days=1)
_ATTEMPTS = timedelta(days=1)
# An invitation that nobody used is shown as such for a while.
_LINKS_AFTER_END = timedelta(days=30)
# An SMS is given up, or its validity has ended, long before.
_LATE_REFUSALS = timedelta(days=30)
# A day of any time zone is over by then.
DAYS_COUNTED = timedelta(days=2)
# Messages of one statement: a second of reading, far below the time-out of a statement.
SLICE = 1_000_000
# Rows of one transaction that removes.
BATCH = 10_000


@dataclass(slots=True)
class Read:
    """The charges of a partition's messages by company, and the latest date that one was planned for."""

    charges: dict[int, int] = field(default_factory=dict)
    planned_at: datetime | None = None

    def add(self, found: Mapping[int, tuple[int, datetime | None]]) -> None:
        """Add what was found in a slice."""
        for company_id, (amount, planned_at) in found.items():
            self.charges[company_id] = self.charges.get(company_id, 0) + amount
            self.planned_at = max((t for t in (self.planned_at, planned_at) if t is not None), default=None)

    def is_past(self, moment: datetime) -> bool:
        """Tell whether no message was planned for that moment or later."""
        return self.planned_at is None or self.planned_at < moment


async def make_partitions(tx: Tx) -> list[str]:
    """Make the partitions that the next messages need; return their names."""
    return await partitions.ensure(tx)


async def forget(tx: Tx, *, receipts_kept: timedelta, now: datetime) -> int:
    """Remove expired tokens and sessions, old attempts and letters, and receipts that never found their message; return how many receipts."""
    await tokens.forget_tokens(tx, before=now - _TOKENS_AFTER_EXPIRY)
    await sessions.forget(tx, before=now - _TOKENS_AFTER_EXPIRY)
    await links.forget(tx, before=now - _LINKS_AFTER_END)
    await outbox.forget(tx, now=now)
    await attempts.forget_attempts(tx, before=now - _ATTEMPTS)
    await late_refusals.forget(tx, before=now - _LATE_REFUSALS)
    return await parked.forget(tx, before=now - receipts_kept)


async def forget_codes(tx: Tx, *, kept: timedelta, now: datetime) -> bool:
    """Remove old codes, a batch at a time; False when none is left."""
    return await verifications.forget(tx, before=now - kept, limit=BATCH) == BATCH


async def forget_links(tx: Tx, *, kept: timedelta, now: datetime) -> bool:
    """Remove the links of old SMS, by which people opt out, a batch at a time; False when none is left."""
    return await stop_links.forget(tx, before=now - kept, limit=BATCH) == BATCH


async def forget_inbound(tx: Tx, *, kept: timedelta, now: datetime) -> bool:
    """Remove old inbound SMS with their texts, a batch at a time; False when none is left."""
    return await inbound.forget(tx, before=now - kept, limit=BATCH) == BATCH


async def forget_audit(tx: Tx, *, kept: timedelta, now: datetime) -> bool:
    """Remove old lines of the audit log, a batch at a time; False when none is left."""
    return await audit.forget(tx, before=now - kept, limit=BATCH) == BATCH


async def forget_documents(tx: Tx, *, kept: timedelta, now: datetime) -> bool:
    """Remove the documents of senders that were refused long ago, a batch at a time; False when none is left."""
    return await sender_requests.forget_documents(tx, before=now - kept, limit=BATCH) == BATCH


async def forget_counts(tx: Tx, *, now: datetime) -> bool:
    """Remove how many marketing SMS people got on past days, a batch at a time; False when none is left."""
    return await written.forget_counts(tx, before=(now - DAYS_COUNTED).date(), limit=BATCH) == BATCH


async def old_parts(tx: Tx, *, kept: timedelta, now: datetime) -> list[Partition]:
    """Return the partitions of parts whose messages are all older than `kept` and have ended, but for their planned dates."""
    return [p for p in await partitions.full(tx, "part") if await _is_over(tx, p, before=now - kept)]


async def old_messages(tx: Tx, *, kept: timedelta, now: datetime) -> list[Partition]:
    """Return the partitions of messages that are all older than `kept`, have ended and have no parts, but for their planned dates."""
    parts = await partitions.partitions(tx, "part")
    return [
        p
        for p in await partitions.full(tx, "message")
        if not any(q.low < p.high and p.low < q.high for q in parts) and await _is_over(tx, p, before=now - kept)
    ]


async def read(tx: Tx, low: int, high: int) -> Mapping[int, tuple[int, datetime | None]]:
    """Return what a slice of messages is charged, and its latest planned date, by company."""
    return await retirement.charged(tx, low, high)


async def drop(tx: Tx, partition: Partition, charges: Mapping[int, int]) -> None:
    """Drop a partition and keep what its messages were charged; raises PartitionInUse at once when a long reader is at work.

    The charges were read before, without a lock: a message without queue row, unknown outcome and parts never changes again.
    """
    await partitions.drop(tx, partition)
    await retirement.keep_charges(tx, charges)


async def _is_over(tx: Tx, partition: Partition, *, before: datetime) -> bool:
    newest = await retirement.newest(tx, partition)
    return (newest is None or newest < before) and not await retirement.is_open(tx, partition)
