"""The exports that there are: who may have them, their columns, and the words in them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from smsflow.domain.access import Right
from smsflow.services.campaigns import export
from smsflow.web.console.shell.acts import ACTS
from smsflow.web.console.shell.marks import gettext
from smsflow.web.console.shell.results import RESULTS
from smsflow.web.console.shell.roles import NAMES as ROLES
from smsflow.web.console.shell.words import (
    CAMPAIGNS,
    CAUSES,
    CODES,
    IMPORTS,
    LEDGER,
    PURPOSES,
    SCOPES,
    SENDERS,
    SOURCES,
    STATUSES,
)


@dataclass(frozen=True, slots=True)
class ExportedTable:
    """A table that becomes a file; `asked` are the fields of its filter."""

    name: str
    page: str
    rights: frozenset[Right]
    heading: Sequence[str]
    asked: Sequence[str]
    words: Mapping[str, str] = field(default_factory=dict)
    printed: "PrintedTable | None" = None


@dataclass(frozen=True, slots=True)
class PrintedTable:
    """How a table stands in a PDF: its own columns, their widths in points, and those that hold numbers."""

    heading: Sequence[str]
    widths: Sequence[int]
    numbers: Sequence[int]


_SEES_CONTACTS: Final = frozenset({Right.SEE_CONTACTS})

KINDS: Final[Mapping[str, ExportedTable]] = {
    "contacts": ExportedTable(
        gettext("Contacts"),
        "/app/contacts",
        _SEES_CONTACTS,
        (gettext("Number"), gettext("Opt-outs"), gettext("Added"), gettext("Last written to")),
        ("q", "list"),
        SCOPES,
    ),
    "opt-outs": ExportedTable(
        gettext("Opt-outs"),
        "/app/opt-outs",
        _SEES_CONTACTS,
        (gettext("Number"), gettext("Scope"), gettext("By what"), gettext("Since")),
        ("q", "source"),
        {**SCOPES, **SOURCES},
    ),
    "messages": ExportedTable(
        gettext("Message log"),
        "/app/messages",
        frozenset({Right.SEE_MESSAGES}),
        (
            gettext("Number"),
            gettext("SMS"),
            gettext("Date"),
            gettext("Sender"),
            gettext("Campaign"),
            gettext("Credits"),
            gettext("Status"),
        ),
        ("q", "status", "campaign", "operator", "day"),
        {str(int(status)): word for status, (word, _) in STATUSES.items()},
    ),
    "inbox": ExportedTable(
        gettext("Inbox"),
        "/app/inbox",
        frozenset({Right.SEE_INBOX, Right.SEE_TEXTS}),
        (gettext("From"), gettext("Text"), gettext("To"), gettext("Keyword"), gettext("Date")),
        ("q",),
    ),
    "campaign": ExportedTable(
        gettext("Result of a campaign"),
        "/app/campaigns",
        frozenset({Right.SEE_CAMPAIGNS, Right.SEE_CONTACTS}),
        [RESULTS[column] for column in export.COLUMNS],
        ("campaign",),
        RESULTS,
    ),
    "codes": ExportedTable(
        gettext("Codes"),
        "/app/codes",
        frozenset({Right.SEE_CODES}),
        (gettext("Number"), gettext("Asked"), gettext("Valid until"), gettext("Wrong tries"), gettext("State")),
        (),
        {state.name: word for state, (word, _) in CODES.items()},
    ),
    "team": ExportedTable(
        gettext("Team"),
        "/app/team",
        frozenset({Right.ADMINISTER}),
        (
            gettext("Username"),
            gettext("Name"),
            gettext("Email"),
            gettext("Role"),
            gettext("State"),
            gettext("Second factor"),
        ),
        (),
        {
            **{str(role): word for role, word in ROLES.items()},
            "active": gettext("Active"),
            "disabled": gettext("Disabled"),
            "on": gettext("On"),
            "off": gettext("Off"),
        },
    ),
    "audit": ExportedTable(
        gettext("Audit log"),
        "/app/audit",
        frozenset({Right.ADMINISTER}),
        (
            gettext("Date"),
            gettext("Act"),
            gettext("What about"),
            gettext("Author"),
            gettext("Address"),
            gettext("Before"),
            gettext("After"),
        ),
        ("author", "act"),
        ACTS,
    ),
    "statement": ExportedTable(
        gettext("Statement"),
        "/app/credits",
        frozenset({Right.SEE_CREDITS}),
        tuple(map(gettext, ("Date", "Cause", "Credits", "Reserve", "SMS", "Campaign", "Note"))),
        ("month",),
        {
            **CAUSES,
            "opening": gettext("Balance at the beginning"),
            "closing": gettext("Balance at the end"),
            "bought": gettext("Bought"),
            "given back": gettext("Returned"),
            "charged": gettext("Charged"),
        },
        PrintedTable(
            tuple(map(gettext, ("Date", "Cause", "Campaign or note", "SMS", "Reserve", "Credits"))),
            (62, 140, 133, 45, 65, 70),
            (3, 4, 5),
        ),
    ),
    "ledger": ExportedTable(
        gettext("Ledger"),
        "/app/credits/lines",
        frozenset({Right.SEE_CREDITS}),
        (
            gettext("Date"),
            gettext("Cause"),
            gettext("Credits"),
            gettext("Reserve"),
            gettext("SMS"),
            gettext("Campaign"),
            gettext("Note"),
        ),
        ("reason", "from", "to"),
        {str(reason): word for reason, word in LEDGER.items()},
    ),
    "campaigns": ExportedTable(
        gettext("Campaigns"),
        "/app/campaigns",
        frozenset({Right.SEE_CAMPAIGNS}),
        (
            gettext("Name"),
            gettext("State"),
            gettext("Recipients"),
            gettext("SMS accepted"),
            gettext("Credits"),
            gettext("When"),
        ),
        (),
        {state: word for state, (word, _) in CAMPAIGNS.items()},
    ),
    "lists": ExportedTable(
        gettext("Lists"),
        "/app/lists",
        _SEES_CONTACTS,
        (gettext("Name of the list"), gettext("Contacts")),
        (),
    ),
    "imports": ExportedTable(
        gettext("Imports"),
        "/app/imports",
        _SEES_CONTACTS,
        tuple(map(gettext, ("File", "State", "Rows read", "New contacts", "Refused", "When"))),
        (),
        {state: word for state, (word, _) in IMPORTS.items()},
    ),
    "senders": ExportedTable(
        gettext("Senders"),
        "/app/senders",
        frozenset({Right.SEE_SENDERS}),
        tuple(map(gettext, ("Sender", "What it is for", "State", "Reason"))),
        (),
        {state: word for state, (word, _) in SENDERS.items()},
    ),
    "templates": ExportedTable(
        gettext("Templates"),
        "/app/templates",
        frozenset({Right.SEE_TEMPLATES}),
        (gettext("Name"), gettext("For"), gettext("Text"), gettext("Changed")),
        (),
        PURPOSES,
    ),
}
