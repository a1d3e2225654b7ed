"""The navigation: which pages there are, in which group, and who sees them."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from smsflow.domain.access import Right
from smsflow.web.console.shell.visitor import Visitor


@dataclass(frozen=True, slots=True)
class Entry:
    """A page in the navigation; its label is translated where it is shown."""

    label: str
    address: str
    right: Right
    icon: str


@dataclass(frozen=True, slots=True)
class Group:
    """Entries that belong together."""

    label: str
    entries: tuple[Entry, ...]


APP: Final = (
    Group(
        "",
        (
            Entry("Dashboard", "/app", Right.DASHBOARD, "home"),
            Entry("Send SMS", "/app/send", Right.SEE_SEND, "send"),
            Entry("Campaigns", "/app/campaigns", Right.SEE_CAMPAIGNS, "campaign"),
        ),
    ),
    Group(
        "Recipients",
        (
            Entry("Contacts", "/app/contacts", Right.SEE_CONTACTS, "contacts"),
            Entry("Lists", "/app/lists", Right.SEE_CONTACTS, "list"),
            Entry("Imports", "/app/imports", Right.SEE_CONTACTS, "import"),
            Entry("Opt-outs", "/app/opt-outs", Right.SEE_CONTACTS, "stop"),
        ),
    ),
    Group(
        "Messages",
        (
            Entry("Message log", "/app/messages", Right.SEE_MESSAGES, "log"),
            Entry("Inbox", "/app/inbox", Right.SEE_INBOX, "inbox"),
            Entry("Codes", "/app/codes", Right.SEE_CODES, "code"),
            Entry("Templates", "/app/templates", Right.SEE_TEMPLATES, "template"),
        ),
    ),
    Group(
        "Company",
        (
            Entry("Credits", "/app/credits", Right.SEE_BALANCE, "credits"),
            Entry("Senders", "/app/senders", Right.SEE_SENDERS, "sender"),
            Entry("Team", "/app/team", Right.ADMINISTER, "team"),
            Entry("Audit log", "/app/audit", Right.ADMINISTER, "audit"),
            Entry("Background work", "/app/jobs", Right.DASHBOARD, "clock"),
            Entry("Settings", "/app/settings", Right.ADMINISTER, "settings"),
        ),
    ),
)

OPS: Final = (Group("Platform", (Entry("Monitoring", "/ops", Right.SEE_PLATFORM, "pulse"),)),)


def navigation(visitor: Visitor, addresses: Collection[str]) -> list[Group]:
    """Return the groups with the entries that the visitor may see and that there is a page for."""
    groups = OPS if visitor.person.operator else APP
    seen = [
        Group(g.label, tuple(e for e in g.entries if e.address in addresses and visitor.may(e.right))) for g in groups
    ]
    return [g for g in seen if g.entries]


def current(address: str, groups: list[Group]) -> str:
    """Return the address of the entry that a page belongs to."""
    entries = [e.address for g in groups for e in g.entries]
    # Every address lies under that of the first page.
    fitting = [e for e in entries if address == e or (e.count("/") > 1 and address.startswith(e + "/"))]
    return max(fitting, key=len, default="")
