"""Opting out and in again: recorded with who and when, and true for every message that is accepted afterwards."""

from collections.abc import Sequence
from datetime import datetime

from smsflow.domain.optout import OPTED_OUT, Scope
from smsflow.services.messages.cancel import cancel
from smsflow.store.contacts import optouts
from smsflow.store.messages import campaign_queue
from smsflow.store.postgres.transactions import Tx

OptOut = optouts.OptOut
OptOutChange = optouts.OptOutChange

_MOST_CHANGES = 100


async def opt_out(
    tx: Tx,
    company_id: int,
    numbers: Sequence[str],
    *,
    scope: str,
    source: str,
    author: str,
    reason: str = "",
    now: datetime,
) -> list[str]:
    """Opt numbers (E.164) out; return those for which that changed something.

    Waits for the marketing that is being accepted for this company, then cancels what of it still waits for these numbers.
    """
    await optouts.close_marketing(tx, company_id)
    changed = await optouts.add(
        tx, company_id, numbers, scope=scope, source=source, author=author, reason=reason, now=now
    )
    if changed:
        await cancel_waiting(tx, await waiting_for(tx, company_id, changed, scope=scope), now=now)
    if scope == Scope.ALL:
        # Last: a transaction that records an outcome locks messages before their company, as `cancel` does.
        await optouts.close_transactional(tx, company_id)
    return changed


async def waiting_for(tx: Tx, company_id: int, numbers: Sequence[str], *, scope: str) -> list[int]:
    """Return the SMS of a company that nobody has claimed and that must not reach these numbers any more."""
    return await campaign_queue.waiting_for(tx, company_id, numbers, transactional_too=scope == Scope.ALL)


async def cancel_waiting(tx: Tx, waiting: Sequence[int], *, now: datetime) -> None:
    """Cancel SMS whose readers have opted out; one that may have reached the handset already is not sent again."""
    if waiting:
        await cancel(tx, waiting, why=OPTED_OUT, now=now)
        await campaign_queue.hold(tx, waiting)


async def opt_in(
    tx: Tx, company_id: int, numbers: Sequence[str], *, source: str, author: str, reason: str = "", now: datetime
) -> list[str]:
    """Opt numbers in again; return those that had opted out."""
    return await optouts.remove(tx, company_id, numbers, source=source, author=author, reason=reason, now=now)


scopes = optouts.scopes


async def show_opt_outs(
    tx: Tx, company_id: int, *, after: str = "", limit: int = 1000, ending: str = "", source: str = ""
) -> list[OptOut]:
    """Return opt-outs behind a number, in the order of their numbers: those that end with digits, and of one source."""
    return await optouts.page(tx, company_id, after=after, limit=limit, ending=ending, source=source)


async def history(tx: Tx, company_id: int, number: str) -> list[OptOutChange]:
    """Return the changes of one number (E.164), newest first: the proof of who opted out, when and by what."""
    return await optouts.history(tx, company_id, number, limit=_MOST_CHANGES)
