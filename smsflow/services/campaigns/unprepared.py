"""Campaigns that are drafts again, and say why: their preparation came to nothing, or was not used for long."""

from datetime import datetime

from smsflow.services.campaigns.draft import held
from smsflow.store.campaigns import drafts, recipients, unused
from smsflow.store.postgres.transactions import Tx

FAILED = "its preparation failed"
LIST_GONE = "one of its lists was deleted: choose its lists again"
NOT_KEPT = "its recipients were prepared long ago and are not kept any longer: prepare it again"


async def fall_back(tx: Tx, company_id: int, campaign_id: int, why: str) -> None:
    """Make a campaign that is not launched a draft again for a reason; its prepared recipients go."""
    await recipients.clear(tx, company_id, campaign_id)
    await drafts.set_preparing(tx, company_id, campaign_id, None)
    await drafts.set_state(tx, company_id, campaign_id, "draft", why=why)


async def end_failed(tx: Tx, company_id: int, campaign_id: int, error: str, *, now: datetime) -> None:  # noqa: ARG001 - the contract of services
    """End a preparation in the background that fails by itself, as it would for ever."""
    campaign = await held(tx, company_id, campaign_id)
    if campaign.state == "draft" and campaign.preparing is not None:
        why = f"{FAILED}: {error} (prepare it again; if it fails again, the log says more at preparation_failed)"
        await fall_back(tx, company_id, campaign_id, why)


async def note_unused(tx: Tx, *, now: datetime) -> None:
    """Note of each prepared campaign that it is not launched now; whatever is done to it makes this undone."""
    await unused.note(tx, now=now)


async def long_unused(tx: Tx, *, before: datetime) -> list[tuple[int, int]]:
    """Return the company and the id of each prepared campaign that nobody has touched since then."""
    return await unused.since(tx, before=before)


async def forget(tx: Tx, company_id: int, campaign_id: int, *, before: datetime) -> None:
    """Remove the prepared recipients of a campaign that nobody has touched since then; the draft stays as it was written."""
    await held(tx, company_id, campaign_id)
    if (company_id, campaign_id) in await unused.since(tx, before=before):
        await fall_back(tx, company_id, campaign_id, NOT_KEPT)
