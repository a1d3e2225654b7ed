"""Messages that must not leave any more, or not now: their campaign, their reader or their code has changed meanwhile."""

from collections.abc import Mapping, Sequence
from enum import Enum, auto

from smsflow.domain.message import Status
from smsflow.domain.optout import OPTED_OUT, forbids
from smsflow.services.messages.closing import End
from smsflow.store import verifications
from smsflow.store.campaigns import drafts
from smsflow.store.contacts import optouts
from smsflow.store.messages import campaign_queue, queue
from smsflow.store.postgres.transactions import Tx


class StopReason(Enum):
    """The reason why a message does not leave now."""

    PAUSED = auto()
    """Its campaign is paused."""
    ENDED = auto()
    """Its campaign was cancelled, or its code counts no more."""
    OPTED_OUT = auto()
    """Its reader has opted out."""


async def stopped(tx: Tx, ids: Sequence[int]) -> dict[int, StopReason]:
    """Return which of these messages do not leave now; that stays true until the transaction ends.

    Must be asked before their rows are locked: a pause, a cancel and an opt-out lock them last.
    """
    if not ids:
        return {}
    stops = dict.fromkeys(await verifications.over(tx, ids), StopReason.ENDED)
    found = await campaign_queue.of_campaigns(tx, ids)
    if not found:
        return stops
    states = await drafts.hold_states(tx, {(m.company_id, m.campaign_id) for m in found if m.campaign_id is not None})
    companies = {m.company_id for m in found}
    await optouts.open_marketing(tx, *companies)
    for company_id in companies:
        ours = [m for m in found if m.company_id == company_id]
        scopes = await optouts.scopes(tx, company_id, list({m.number for m in ours}))
        for m in ours:
            scope, state = scopes.get(m.number), states.get(m.campaign_id or 0)
            if state == "cancelled":
                stops[m.id] = StopReason.ENDED
            elif scope is not None and forbids(scope, m.kind):
                stops[m.id] = StopReason.OPTED_OUT
            elif state == "paused":
                stops[m.id] = StopReason.PAUSED
    return stops


async def stop(tx: Tx, ids: Sequence[int], stops: Mapping[int, StopReason]) -> list[End]:
    """Hold what is stopped of these messages, which are in the queue again; return the ends of those that are to be cancelled.

    One that may have reached the handset already is held alone, and ends by its validity.
    """
    held = [i for i in ids if i in stops]
    if not held:
        return []
    await campaign_queue.hold(tx, held)
    here = await queue.keep_back(tx, [i for i in held if stops[i] is not StopReason.PAUSED])
    return [
        End(i, Status.CANCELLED, OPTED_OUT if stops[i] is StopReason.OPTED_OUT else None, not_taken=True)
        for i in sorted(here)
    ]
