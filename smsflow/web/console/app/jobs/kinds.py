"""The exports that there are: who may have them, their columns, and the words in them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from smsflow.domain.access import Right
from smsflow.services import statements
from smsflow.services.campaigns import export
from smsflow.services.exports.wanted import WantedFile
from smsflow.sheets.paper import Paper
from smsflow.web.console.shell.acts import ACTS
from smsflow.web.console.shell.guard import RightMissing
from smsflow.web.console.shell.marks import gettext
from smsflow.web.console.shell.results import RESULTS
from smsflow.web.console.shell.roles import NAMES as ROLES
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.console.shell.words import CAUSES, CODES, SCOPES, SOURCES, STATUSES

_LONGEST: Final = 100
_ID: Final = re.compile("[0-9]{1,18}")


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
            "given back": gettext("Given back"),
            "charged": gettext("Charged"),
        },
        PrintedTable(
            tuple(map(gettext, ("Date", "Cause", "Campaign or note", "SMS", "Reserve", "Credits"))),
            (62, 140, 133, 45, 65, 70),
            (3, 4, 5),
        ),
    ),
}


def may(visitor: Visitor, kind: str) -> bool:
    """Tell whether the visitor may have an export of that kind."""
    return kind in KINDS and all(map(visitor.may, KINDS[kind].rights))


def check(visitor: Visitor, kind: str) -> None:
    """Raise RightMissing where the visitor may not have an export that there is."""
    if kind in KINDS:
        for right in KINDS[kind].rights:
            if not visitor.may(right):
                raise RightMissing(visitor, right)


def wanted(visitor: Visitor, asked: Mapping[str, str], *, now: datetime) -> WantedFile | None:
    """Return the export that an address or a form asks for, in the visitor's words; None for none that the visitor may have."""
    kind, said = asked.get("kind", ""), visitor.locale.gettext
    if not may(visitor, kind):
        return None
    found = KINDS[kind]
    filter_ = {name: asked.get(name, "").replace("\x00", "").strip()[:_LONGEST] for name in found.asked}
    if filter_.get("list") and not _ID.fullmatch(filter_["list"]):
        filter_["list"] = "0"
    if kind == "campaign" and not _ID.fullmatch(filter_["campaign"]):
        return None
    if "month" in filter_ and statements.month_of(filter_["month"], visitor.locale.timezone) is None:
        return None
    format_, heading, paper = asked.get("format"), found.heading, None
    if format_ == "pdf" and found.printed:
        heading, paper = found.printed.heading, _paper(visitor, found.printed, filter_["month"], now)
    elif format_ != "xlsx":
        format_ = "csv"
    return WantedFile(
        kind,
        {name: value for name, value in filter_.items() if value},
        [said(name) for name in heading],
        {name: said(word) for name, word in found.words.items()},
        visitor.locale.timezone,
        format_,
        paper=paper,
        language=visitor.locale.language,
    )


def _paper(visitor: Visitor, printed: PrintedTable, month: str, now: datetime) -> Paper:
    locale, company = visitor.locale, visitor.company
    said, (year, number) = locale.gettext, month.split("-")
    return Paper(
        said("Statement of credits, {month}", month=f"{number}/{year}"),
        [company.name if company else "", said("Made on {when} ({zone})", when=locale.time(now), zone=locale.timezone)],
        printed.widths,
        printed.numbers,
        page=said("Page"),
        replaced=said("A letter that this file cannot show stands as ?. The CSV file has it."),
    )
