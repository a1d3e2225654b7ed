"""Parked receipts, looked at again: settled once their message is recorded, or recognised when they can only speak of one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from smsflow.domain.delivery import Policy
from smsflow.services.messages import closing, receipts
from smsflow.services.messages.closing import End
from smsflow.services.messages.receipts import Forms
from smsflow.store.messages import parked
from smsflow.store.messages.parked import Look, Looked
from smsflow.store.messages.receipts import News
from smsflow.store.postgres.transactions import Tx


@dataclass(frozen=True, slots=True)
class ReceiptRules:
    """How the receipts of an account are read: when a long SMS is delivered, and the ways that an id may be written."""

    policy: Policy
    forms: Forms


async def accounts(tx: Tx) -> list[int]:
    """Return the accounts that have parked receipts."""
    return await parked.accounts(tx)


async def settle_parked(
    tx: Tx, looks: Sequence[Look], *, read: Callable[[int], ReceiptRules], newest: bool, limit: int, now: datetime
) -> Looked:
    """Look at up to `limit` parked receipts of each account, the newest or the oldest, and settle those that have a message now."""
    seen = await parked.look(tx, looks, newest=newest, limit=limit)
    if not seen.ready:
        return seen
    answered = {look.account_id: look.answered for look in looks}
    by_account: dict[int, list[tuple[int, News]]] = {}
    for parked_id, receipt in await parked.lock(tx, seen.ready):
        by_account.setdefault(receipt.account_id, []).append((parked_id, receipt))
    for account_id, ours in by_account.items():
        rules = read(account_id)
        news = [n for _, n in ours]
        unmatched = await receipts.settle(tx, news, policy=rules.policy, forms=rules.forms, now=now)
        foreign = [p for p in unmatched if (came := news[p].parked_at) is not None and came < answered[account_id]]
        kept = set(unmatched) - await _guess(tx, news, foreign, now=now)
        await parked.drop(tx, [parked_id for place, (parked_id, _) in enumerate(ours) if place not in kept])
    return seen


async def _guess(tx: Tx, news: Sequence[News], places: Sequence[int], *, now: datetime) -> set[int]:
    """Settle the one unknown message that a receipt with a foreign id can only speak of (ADR 1); return the places of these receipts.

    Such a receipt moves no money: it was not found by its id.
    """
    if not places:
        return set()
    guessed = await parked.guess(tx, [news[p] for p in places])
    ends = [
        End(message_id, news[places[at]].status, news[places[at]].error, not_taken=False)
        for at, message_id in guessed.items()
    ]
    await closing.close(tx, ends, now=now)
    return {places[at] for at in guessed}
