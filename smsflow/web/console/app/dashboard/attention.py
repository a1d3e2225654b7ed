"""Matters of a company that need attention, the worst first, each with the page where something is done about it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from smsflow.domain.access import Right
from smsflow.services.campaigns.draft import Campaign
from smsflow.services.contacts.importing import ContactImport
from smsflow.services.credits import Standing
from smsflow.web.console.app.dashboard.traffic import Outcome
from smsflow.web.console.shell.locale import own
from smsflow.web.console.shell.visitor import Visitor

_FEW_DAYS = 4
# A share says nothing of a handful of SMS.
_ENOUGH = 50
_MANY_FAIL = 0.1


@dataclass(frozen=True, slots=True)
class Attention:
    """A thing to do: `tone` is bad, warn or info; without an address it is not the visitor's to do."""

    tone: str
    title: str
    text: str
    label: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Situation:
    """The facts that are looked at: credits and the days for which they last, today's SMS, and what the visitor may see of the rest."""

    standing: Standing
    days: int | None
    today: Outcome
    campaigns: Sequence[Campaign]
    imports: Sequence[ContactImport]


def attention(visitor: Visitor, seen: Situation) -> list[Attention]:
    """Return what needs attention, as far as the visitor may see it."""
    order = {"bad": 0, "warn": 1, "info": 2}
    found = [
        *_company(visitor),
        *_credits(visitor, seen),
        *_failures(visitor, seen.today),
        *_campaigns(visitor, seen.campaigns),
        *_imports(visitor, seen.imports),
    ]
    return sorted(found, key=lambda a: order[a.tone])


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
            title = _("The sender {name} was turned down", name=own(sender.name))
            yield Attention("warn", title, _("Your SMS leave from another one."), _("See the senders"), "/app/senders")
        if sender.state == "pending":
            title = _("The sender {name} waits for approval", name=own(sender.name))
            yield Attention("info", title, _("The platform looks at it."), _("See the senders"), "/app/senders")


def _credits(visitor: Visitor, seen: Situation) -> Iterator[Attention]:
    company, _ = visitor.company, visitor.locale.gettext
    if company is None or not visitor.may(Right.SEE_BALANCE):
        return
    standing, days = seen.standing, seen.days
    see = (_("See the credits"), "/app/credits")
    if standing.available == 0:
        yield Attention("bad", _("No credits are left"), _("No SMS is accepted any more."), *see)
    elif company.alert_below is not None and standing.available < company.alert_below:
        text = _(
            "{left} are left; you wanted to know below {limit}.", left=standing.available, limit=company.alert_below
        )
        yield Attention("warn", _("Credits run low"), text, *see)
    elif days is not None and days < _FEW_DAYS:
        text = visitor.locale.ngettext(
            "They last for {n} day at the pace of the last 30.",
            "They last for {n} days at the pace of the last 30.",
            days,
        )
        yield Attention("warn", _("Credits run low"), text, *see)


def _failures(visitor: Visitor, today: Outcome) -> Iterator[Attention]:
    _ = visitor.locale.gettext
    if today.sent >= _ENOUGH and today.failed >= today.sent * _MANY_FAIL:
        share = visitor.locale.percent(today.failed, today.sent)
        yield Attention(
            "warn",
            _("Many SMS fail today"),
            _("{n} of {whole}, that is {share}. Each says its reason.", n=today.failed, whole=today.sent, share=share),
            _("See the failures"),
            "/app/messages?status=4",
        )


def _campaigns(visitor: Visitor, campaigns: Sequence[Campaign]) -> Iterator[Attention]:
    _ = visitor.locale.gettext
    for campaign in campaigns:
        address = f"/app/campaigns/{campaign.id}"
        if campaign.state == "paused":
            title = _("The campaign {name} is paused", name=own(campaign.name))
            yield Attention(
                "warn", title, _("Nothing of it leaves until it is resumed."), _("See the campaign"), address
            )
        if campaign.state == "approval":
            title = _("The campaign {name} waits for approval", name=own(campaign.name))
            yield Attention("info", title, _("Nothing leaves without it."), _("Read the campaign"), address)


def _imports(visitor: Visitor, imports: Sequence[ContactImport]) -> Iterator[Attention]:
    _ = visitor.locale.gettext
    for one in imports:
        address = f"/app/imports/{one.id}"
        if one.state == "checking" and visitor.may(Right.WRITE_CONTACTS):
            title = _("The file {name} waits for your look", name=own(one.file_name))
            yield Attention("info", title, _("Nothing was imported yet."), _("Look at the file"), address)
        if one.state == "failed":
            title = _("The file {name} was not read to its end", name=own(one.file_name))
            yield Attention("warn", title, _("The page says why, and what was imported."), _("See the import"), address)
