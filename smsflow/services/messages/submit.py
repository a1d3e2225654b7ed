"""Submitting: the transaction that stores and charges many messages."""

from collections.abc import Sequence
from datetime import datetime

from smsflow.domain import credits
from smsflow.domain.message import NewMessage
from smsflow.errors import AccountSuspended, Refused, Unavailable
from smsflow.services.messages import permission
from smsflow.services.messages.permission import Fingerprint
from smsflow.store.credits import balances
from smsflow.store.messages import accept
from smsflow.store.postgres.transactions import Tx


async def submit(
    tx: Tx, batch: Sequence[NewMessage], *, fingerprint: Fingerprint, now: datetime
) -> list[int | Refused]:
    """Store, queue and charge `batch`; return each message's id, or why it alone is refused.

    Works inside a transaction. Nothing was charged for what is refused. People are counted by the `fingerprint` of their number.
    """
    await permission.hold(tx, batch)
    ids = await accept.accept(tx, batch, now=now)
    left = [place for place, message_id in enumerate(ids) if message_id is None]
    answers: list[int | Refused] = [Unavailable(retry_after=1) if i is None else i for i in ids]
    if left:
        decided = await _one_by_one(tx, [batch[p] for p in left], fingerprint=fingerprint, now=now)
        for place, answer in zip(left, decided, strict=True):
            answers[place] = answer
    return answers


async def _one_by_one(
    tx: Tx, batch: Sequence[NewMessage], *, fingerprint: Fingerprint, now: datetime
) -> list[int | Refused]:
    """Decide message by message, under the companies' locks; then store those that can be paid."""
    budgets = await balances.lock_budgets(tx, sorted({m.company_id for m in batch}))
    verdicts: list[Refused | None] = [AccountSuspended()] * len(batch)
    for company_id, budget in budgets.items():
        places = [p for p, m in enumerate(batch) if m.company_id == company_id]
        permitted = await permission.judge(
            tx, company_id, [batch[p] for p in places], opted_out_of_all=budget.opted_out_of_all, now=now
        )
        for place, verdict in zip(places, permitted, strict=True):
            verdicts[place] = verdict
    permitted_places = [p for p, verdict in enumerate(verdicts) if verdict is None]
    beyond = await permission.count(tx, [batch[p] for p in permitted_places], fingerprint=fingerprint, now=now)
    for at, refusal in beyond.items():
        verdicts[permitted_places[at]] = refusal
    counted = [p for p in permitted_places if verdicts[p] is None]
    for company_id, budget in budgets.items():
        places = [p for p in counted if batch[p].company_id == company_id]
        decided, room = credits.decide(budget, [batch[p] for p in places], now=now)
        for place, verdict in zip(places, decided, strict=True):
            verdicts[place] = verdict
        if budget.send_rate is not None:
            await balances.keep_rate(tx, company_id, left=room, now=now)
    unpaid = [batch[p] for p in counted if verdicts[p] is not None]
    await permission.uncount(tx, unpaid, fingerprint=fingerprint, now=now)
    paid = [p for p, verdict in enumerate(verdicts) if verdict is None]
    ids = iter(await accept.accept(tx, [batch[p] for p in paid], now=now, checked=True) if paid else [])
    await permission.note_writers(tx, [batch[p] for p in paid], fingerprint=fingerprint, now=now)
    answers: list[int | Refused] = []
    for verdict in verdicts:
        if verdict is not None:
            answers.append(verdict)
        else:
            stored = next(ids)
            answers.append(Unavailable(retry_after=1) if stored is None else stored)
    return answers
