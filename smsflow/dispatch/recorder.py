"""Opens the transactions in which a bind's outcomes and receipts are recorded: one statement for nearly all of them."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from smsflow.domain.delivery import Accepted, Policy
from smsflow.services.messages import outcomes, receipts
from smsflow.services.messages.outcomes import Report, Way
from smsflow.store.messages.receipts import News
from smsflow.store.postgres.transactions import Database


async def record(database: Database, way: Way, reports: Sequence[Report], *, now: datetime) -> None:
    """Record what became of claims; when this returns it is on disk."""
    accepted = [r for r in reports if isinstance(r.outcome, Accepted)]
    others = [r for r in reports if not isinstance(r.outcome, Accepted)]
    if accepted:
        async with database.autocommit() as tx:
            await outcomes.record_accepted(tx, way, accepted, now=now)
    if others:
        async with database.transaction() as tx:
            await outcomes.record_others(tx, way, others, now=now)


async def receive(
    database: Database,
    news: Sequence[News],
    *,
    policy: Policy,
    forms: Callable[[str], Iterable[str]],
    now: datetime,
    near: int = 0,
) -> list[News]:
    """Record receipts; when this returns they are on disk and may be acknowledged. Texts that only look like one are returned.

    `near` is the id of a message that was sent lately: receipts of such messages are recorded in one statement.
    """
    async with database.autocommit() as tx:
        left = await receipts.deliver(tx, news, near=near, now=now)
    if not left:
        return []
    async with database.transaction() as tx:
        return await receipts.settle_or_park(tx, left, policy=policy, forms=forms, now=now)
