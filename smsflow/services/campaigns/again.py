"""Writing again: a campaign like another one, or one of those whose SMS failed for a reason that may pass."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from smsflow.domain import campaign as rules
from smsflow.domain.schedule import Plan
from smsflow.errors import AlreadyExists, NotFound
from smsflow.services.campaigns import failures
from smsflow.services.campaigns.draft import held, show
from smsflow.smpp.meanings import meaning
from smsflow.store.campaigns import chosen, drafts, names, recipients
from smsflow.store.campaigns.drafts import Campaign
from smsflow.store.postgres.transactions import Tx

_MOST_NAME = 200
_MOST_COPIES = 1000


@dataclass(frozen=True, slots=True)
class FailedFor:
    """How many SMS failed for one reason, what it means, and whether they are sent again."""

    reason: str
    meaning: str | None
    again: bool
    recipients: int


@dataclass(frozen=True, slots=True)
class Split:
    """The SMS of a campaign that failed or expired: those that may arrive another time, and those that will not or may have."""

    failed: int
    again: int
    reasons: list[FailedFor]
    gone: bool = False
    """Its recipients are not kept any longer: nobody can be written to again."""


async def split(tx: Tx, company_id: int, campaign_id: int) -> Split:
    """Tell which SMS of a campaign failed for a reason that may pass; raise Refused while it runs."""
    campaign = await show(tx, company_id, campaign_id)
    rules.check(campaign.state, "retry")
    if await recipients.are_gone(tx, company_id, campaign_id):
        return Split(0, 0, [], gone=True)
    found = await failures.why(tx, company_id, campaign_id)
    reasons = [FailedFor(w.reason, meaning(w.reason), w.passes, w.recipients) for w in found]
    return Split(sum(r.recipients for r in reasons), sum(r.recipients for r in reasons if r.again), reasons)


async def retry(tx: Tx, company_id: int, campaign_id: int, *, name: str | None = None, now: datetime) -> int:
    """Draft a campaign of those whose SMS failed for a reason that may pass, with the values that they had; return its id.

    Its preparation chooses them: what comes back from the operators until then counts.
    """
    campaign = await held(tx, company_id, campaign_id)
    rules.check(campaign.state, "retry")
    if not (await split(tx, company_id, campaign_id)).again:
        raise NotFound(what="SMS that failed for a reason that may pass in campaign", id=campaign_id)
    plan = {**Plan.read(campaign.plan).stored(), "lists": [], "without": [], "again": campaign_id}
    return await _add(tx, campaign, name, plan, now=now)


async def duplicate(tx: Tx, company_id: int, campaign_id: int, *, name: str | None = None, now: datetime) -> int:
    """Draft a campaign with the text, the recipients and the pace of another one; return its id."""
    campaign = await show(tx, company_id, campaign_id)
    made = await _add(tx, campaign, name, campaign.plan, now=now)
    await chosen.copy(tx, company_id, campaign_id, into=made)
    return made


async def _add(tx: Tx, like: Campaign, name: str | None, plan: Mapping[str, Any], *, now: datetime) -> int:
    wanted = name or await _free_name(tx, like)
    made = await drafts.add(
        tx,
        like.company_id,
        wanted,
        kind=like.kind,
        body=like.text,
        sender=like.sender,
        plan=plan,
        starts_at=None,
        now=now,
    )
    if made is None:
        raise AlreadyExists(what="campaign", name=wanted)
    return made


async def _free_name(tx: Tx, like: Campaign) -> str:
    """Return the campaign's name with the next number that is free: « Rentrée 2 »."""
    copies = [f"{like.name[: _MOST_NAME - 5]} {number}" for number in range(2, _MOST_COPIES)]
    taken = await names.taken(tx, like.company_id, copies)
    return next((copy for copy in copies if copy.lower() not in taken), copies[-1])
