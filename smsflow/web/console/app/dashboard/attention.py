"""What needs attention in a company, the worst first, each with the page where something is done about it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from smsflow.domain.access import Right
from smsflow.services.campaigns.draft import Campaign
from smsflow.services.credits import Standing
from smsflow.web.console.shell.visitor import Visitor


@dataclass(frozen=True, slots=True)
class Attention:
    """A thing to do: `tone` is bad, warn or info; without an address it is not the visitor's to do."""

    tone: str
    title: str
    text: str
    label: str = ""
    address: str = ""


def attention(visitor: Visitor, standing: Standing, campaigns: Sequence[Campaign]) -> list[Attention]:
    """Return what needs attention, as far as the visitor may see it."""
    order = {"bad": 0, "warn": 1, "info": 2}
    return sorted(
        [*_company(visitor), *_credits(visitor, standing), *_campaigns(visitor, campaigns)], key=lambda a: order[a.tone]
    )


def _company(visitor: Visitor) -> Iterator[Attention]:
    company, _ = visitor.company, visitor.locale.gettext
    if company is None:
        return
    if company.suspended:
        yield Attention(
            "bad", _("Your company is suspended"), _("Nothing leaves until the platform lets it send again.")
        )
    if not visitor.may(Right.SEE_SENDERS):
        return
    if not any(s.state == "approved" for s in company.senders):
        yield Attention(
            "bad",
            _("No sender is approved"),
            _("Nothing can be sent without one."),
            _("Ask for a sender"),
            "/app/senders",
        )
    for sender in company.senders:
        if sender.state == "refused":
            title = _("The sender {name} was turned down", name=sender.name)
            yield Attention("warn", title, _("Your SMS leave from another one."), _("See the senders"), "/app/senders")
        if sender.state == "pending":
            title = _("The sender {name} waits for approval", name=sender.name)
            yield Attention("info", title, _("The platform looks at it."), _("See the senders"), "/app/senders")


def _credits(visitor: Visitor, standing: Standing) -> Iterator[Attention]:
    company, _ = visitor.company, visitor.locale.gettext
    if company is None or not visitor.may(Right.SEE_BALANCE):
        return
    if standing.available == 0:
        yield Attention(
            "bad", _("No credits are left"), _("No SMS is accepted any more."), _("See the credits"), "/app/credits"
        )
    elif company.alert_below is not None and standing.available < company.alert_below:
        text = _(
            "{left} are left; you wanted to know below {limit}.", left=standing.available, limit=company.alert_below
        )
        yield Attention("warn", _("Credits run low"), text, _("See the credits"), "/app/credits")


def _campaigns(visitor: Visitor, campaigns: Sequence[Campaign]) -> Iterator[Attention]:
    _ = visitor.locale.gettext
    for campaign in campaigns:
        address = f"/app/campaigns/{campaign.id}"
        if campaign.state == "paused":
            title = _("The campaign {name} is paused", name=campaign.name)
            yield Attention(
                "warn", title, _("Nothing of it leaves until it is resumed."), _("See the campaign"), address
            )
        if campaign.state == "approval":
            title = _("The campaign {name} waits for approval", name=campaign.name)
            yield Attention("info", title, _("Nothing leaves without it."), _("Read the campaign"), address)
