"""Drafting: what a campaign says, to whom, when and how fast, before anything is counted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from smsflow.domain import campaign as rules
from smsflow.domain import phone, template
from smsflow.domain.account import Company
from smsflow.domain.message import Kind
from smsflow.domain.schedule import Plan
from smsflow.errors import AlreadyExists, NotFound, ParameterInvalid, SenderNotAllowed
from smsflow.services.campaigns import hours, stop
from smsflow.services.contacts.lists import lists_named
from smsflow.store.campaigns import approvals, chosen, drafts, recipients
from smsflow.store.campaigns.chosen import ChosenNumber
from smsflow.store.credits import reserve
from smsflow.store.postgres.transactions import Tx

Campaign = drafts.Campaign

# As many campaigns a page shows.
SHOWN = 200
_FARTHEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Draft:
    """A campaign as somebody asks for it; lists by name, numbers as they were typed, and the values of some of them."""

    name: str
    text: str
    lists: Sequence[str] = ()
    without: Sequence[str] = ()
    numbers: Sequence[str] = ()
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    sender: str | None = None
    kind: Kind = Kind.MARKETING
    starts_at: datetime | None = None
    plan: Plan = field(default=Plan())


@dataclass(frozen=True, slots=True)
class _Checked:
    """A draft whose lists and numbers are known."""

    plan: dict[str, Any]
    numbers: list[ChosenNumber]


async def _checked(tx: Tx, company: Company, wanted: Draft, *, again: int | None = None, now: datetime) -> _Checked:
    """Return what a draft asks for as it is stored; raise Refused for what can never be sent. Its text may come later.

    Without lists and numbers it goes on writing to those whom the campaign `again` failed to reach.
    """
    if wanted.text:
        template.parse(wanted.text)
        await stop.check(tx, company, wanted.kind, wanted.text)
    await hours.check(tx, company, wanted.kind, wanted.plan, now=now)
    if company.sender(wanted.sender) is None:
        raise SenderNotAllowed(sender=wanted.sender or "")
    if wanted.kind is Kind.OTP:
        raise ParameterInvalid(parameter="kind", expected="marketing or transactional")
    if wanted.starts_at is not None and not now <= wanted.starts_at <= now + _FARTHEST:
        raise ParameterInvalid(parameter="at", expected="a time from now to one year ahead")
    named = bool(wanted.lists or wanted.numbers)
    if not named and again is None:
        raise ParameterInvalid(parameter="list", expected="at least one list or number to write to")
    lists = await lists_named(tx, company.id, wanted.lists)
    without = await lists_named(tx, company.id, wanted.without)
    parsed = [(phone.parse(number, country=company.country), wanted.values.get(number)) for number in wanted.numbers]
    plan = {**wanted.plan.stored(), "lists": lists, "without": without, "again": None if named else again}
    return _Checked(plan, [ChosenNumber(n.e164, n.country, values) for n, values in parsed])


async def draft(tx: Tx, company: Company, wanted: Draft, *, author: str = "", now: datetime) -> int:
    """Store a draft of `author` (empty: the platform's own); return its id. Raises Refused for what can never be sent."""
    checked = await _checked(tx, company, wanted, now=now)
    campaign_id = await drafts.add(
        tx,
        company.id,
        wanted.name,
        kind=wanted.kind,
        body=wanted.text,
        sender=wanted.sender,
        plan=checked.plan,
        starts_at=wanted.starts_at,
        now=now,
    )
    if campaign_id is None:
        raise AlreadyExists(what="campaign", name=wanted.name)
    if checked.numbers:
        await chosen.add(tx, company.id, campaign_id, checked.numbers)
    await approvals.written(tx, company.id, campaign_id, author)
    return campaign_id


async def edit(tx: Tx, company: Company, campaign_id: int, wanted: Draft, *, author: str = "", now: datetime) -> None:
    """Change a campaign that has not begun; it must be prepared and approved anew. Raises Refused, as `draft` does."""
    campaign = await held(tx, company.id, campaign_id)
    rules.check(campaign.state, "edit")
    if campaign.reserved:
        await reserve.release(tx, company.id, campaign.reserved, campaign_id=campaign_id, now=now)
        await recipients.set_reserved(tx, company.id, campaign_id, 0)
    checked = await _checked(tx, company, wanted, again=campaign.plan.get("again"), now=now)
    changed = await drafts.change(
        tx,
        company.id,
        campaign_id,
        wanted.name,
        kind=wanted.kind,
        body=wanted.text,
        sender=wanted.sender,
        plan=checked.plan,
        starts_at=wanted.starts_at,
    )
    if not changed:
        raise AlreadyExists(what="campaign", name=wanted.name)
    await approvals.written(tx, company.id, campaign_id, author)
    await recipients.clear(tx, company.id, campaign_id)
    # A number that stays keeps the values that it came with.
    await chosen.keep(tx, company.id, campaign_id, (n.number for n in checked.numbers))
    if checked.numbers:
        await chosen.add(tx, company.id, campaign_id, checked.numbers)


async def show(tx: Tx, company_id: int, campaign_id: int) -> Campaign:
    """Return a drafted campaign; raise NotFound."""
    found = await drafts.find(tx, company_id, campaign_id)
    if found is None:
        raise NotFound(what="campaign", id=campaign_id)
    return found


async def latest(tx: Tx, company_id: int, *, limit: int) -> list[Campaign]:
    """Return the company's drafted campaigns, newest first."""
    return await drafts.latest(tx, company_id, limit=limit)


async def held(tx: Tx, company_id: int, campaign_id: int) -> Campaign:
    """Return a drafted campaign, locked until the transaction ends; raise NotFound."""
    found = await drafts.lock(tx, company_id, campaign_id)
    if found is None:
        raise NotFound(what="campaign", id=campaign_id)
    return found


async def numbers(tx: Tx, company_id: int, campaign_id: int) -> list[str]:
    """Return the numbers that a campaign names beside its lists."""
    return await chosen.every(tx, company_id, campaign_id)
