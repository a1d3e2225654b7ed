"""One campaign on a page: what it will cost before it is launched, what it has come to afterwards."""

from typing import Any

import falcon
import falcon.asgi

from smsflow.domain import template
from smsflow.domain.access import Right
from smsflow.domain.message import Kind
from smsflow.domain.schedule import Plan
from smsflow.errors import (
    HoursNeverOpen,
    ListGone,
    NotEnoughCredits,
    NotFound,
    NumberInvalid,
    NumberNotMobile,
    OwnCampaign,
    Refused,
    StateRefused,
    StopMissing,
)
from smsflow.runtime import links
from smsflow.services.campaigns import approval, draft, hours, preview, stop
from smsflow.services.campaigns.cost import cost_of
from smsflow.services.contacts import lists
from smsflow.web.console.app.campaigns.live import live
from smsflow.web.console.app.campaigns.words import HOURS_NEVER_OPEN, hours_text, pause_of, unprepared_of
from smsflow.web.console.shell.forms import Filled
from smsflow.web.console.shell.results import REASONS, REMEDIES, failure
from smsflow.web.console.shell.shell import Shell
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.console.shell.words import CAMPAIGNS, STOP_DEMANDED
from smsflow.web.http.request import Request

_BEFORE_LAUNCH = frozenset({"draft", "prepared", "approval"})


async def show(
    shell: Shell,
    req: Request,
    resp: falcon.asgi.Response,
    visitor: Visitor,
    campaign_id: int,
    *,
    filled: Filled | None = None,
) -> None:
    """Answer the page of a campaign; one of another company does not exist."""
    company = visitor.company
    operators = {c.id: c.name for c in (await shell.platform.directory.routing()).connectors}
    try:
        async with shell.reading() as tx:
            found = await draft.show(tx, visitor.company_id, campaign_id)
            cost = await cost_of(tx, found, now=shell.clock())
            people = await approval.people(tx, visitor.company_id, campaign_id)
            names_of = {one.id: one.name for one in await lists.show_lists(tx, visitor.company_id)}
            pasted = len(await draft.numbers(tx, visitor.company_id, campaign_id))
            longest = company and await preview.longest(tx, company, found, links=links(shell.platform.settings))
            demanded = company is not None and bool(await stop.demanded(tx, company))
            launched = found.state not in _BEFORE_LAUNCH
            begins = max(shell.clock(), found.starts_at or shell.clock())
            wanted = Plan.read(found.plan)
            allowed = await hours.allowed(tx, company, found.kind, wanted, at=begins) if company else None
            more: dict[str, Any] = {}
            if launched:
                more = await live(tx, found, cost, operators, visitor.locale, allowed=allowed, now=shell.clock())
    except NotFound:
        raise falcon.HTTPNotFound from None
    plan = found.plan
    lacking = missing_credits(visitor, -cost.balance_after) if cost.balance_after < 0 else ""
    approver = visitor.may(Right.APPROVE_CAMPAIGNS)
    await shell.show(
        req,
        resp,
        visitor,
        "app/campaigns/one.html" if launched else "app/campaigns/check.html",
        filled=filled,
        campaign=found,
        cost=cost,
        shares=[(operators.get(s.connector_id, "—"), s) for s in cost.shares],
        lacking=lacking,
        people=people,
        must_submit=company is not None and approval.must_submit(company, approver=approver),
        may_review=approver and visitor.person.username not in people.authors,
        lists=[names_of[i] for i in plan["lists"] if i in names_of],
        without=[names_of[i] for i in plan["without"] if i in names_of],
        numbers=pasted,
        expected=(found.preparing or {}).get("expected"),
        plan=Plan.read(plan),
        hours=hours_text(allowed.hours) if allowed else "",
        opens_at=allowed.opens_at if allowed and allowed.opens_at and allowed.opens_at > begins else None,
        states=CAMPAIGNS,
        reasons=REASONS,
        remedies=REMEDIES,
        pause=pause_of(found.why) if found.state == "paused" else None,
        unprepared=unprepared_of(found.why) if found.state == "draft" else None,
        failure=failure,
        longest=longest,
        sender_name=sender.name if company and (sender := company.sender(found.sender)) else found.sender or "",
        without_stop=found.kind is Kind.MARKETING and bool(found.text) and template.STOP not in _variables(found.text),
        stop_demanded=demanded,
        **more,
    )


def _variables(written: str) -> tuple[str, ...]:
    return template.parse(written).variables


def missing_credits(visitor: Visitor, lacking: int) -> str:
    """Say how many credits are missing, and what to do."""
    return visitor.locale.ngettext(
        "{n} credit is missing. Buy some, or remove recipients.",
        "{n} credits are missing. Buy some, or remove recipients.",
        lacking,
    )


def refusal(visitor: Visitor, refused: Refused) -> str:
    """Say why an act on a campaign was refused, and what to do."""
    _ = visitor.locale.gettext
    if isinstance(refused, NotEnoughCredits):
        return missing_credits(visitor, int(refused.details["needed"]) - int(refused.details["balance"]))
    if isinstance(refused, StopMissing):
        return _(STOP_DEMANDED)
    if isinstance(refused, HoursNeverOpen):
        return _(HOURS_NEVER_OPEN, **refused.details)
    if isinstance(refused, ListGone):
        return _("One of these lists is gone. Choose the lists again.")
    if isinstance(refused, OwnCampaign):
        return _("You have written or submitted this campaign: somebody else approves it.")
    if isinstance(refused, StateRefused):
        return _("Somebody has changed this campaign meanwhile. This is how it stands now.")
    if isinstance(refused, NumberInvalid | NumberNotMobile):
        return _("This is no phone number. Correct or remove it.")
    return _("This cannot be sent. Look at the numbers, at the text and at its sender.")
