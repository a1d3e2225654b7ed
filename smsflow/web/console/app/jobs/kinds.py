"""The exports that there are: who may have them, their columns, and the words in them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from smsflow.domain.access import Right
from smsflow.services.exports.rows import WantedFile
from smsflow.web.console.shell.marks import gettext
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.console.shell.words import SCOPES, SOURCES, STATUSES

FORMATS: Final = ("csv", "xlsx")
_LONGEST: Final = 100


@dataclass(frozen=True, slots=True)
class ExportedTable:
    """A table that becomes a file; `asked` are the fields of its filter."""

    name: str
    page: str
    rights: frozenset[Right]
    heading: Sequence[str]
    asked: Sequence[str]
    words: Mapping[str, str] = field(default_factory=dict)


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
}


def may(visitor: Visitor, kind: str) -> bool:
    """Tell whether the visitor may have an export of that kind."""
    return kind in KINDS and all(map(visitor.may, KINDS[kind].rights))


def wanted(visitor: Visitor, asked: Mapping[str, str]) -> WantedFile | None:
    """Return the export that an address or a form asks for, in the visitor's words; None for none that the visitor may have."""
    kind, said = asked.get("kind", ""), visitor.locale.gettext
    if not may(visitor, kind):
        return None
    found = KINDS[kind]
    filter_ = {name: asked.get(name, "").replace("\x00", "").strip()[:_LONGEST] for name in found.asked}
    if not (filter_.get("list") or "0").isascii() or not (filter_.get("list") or "0").isdigit():
        filter_["list"] = "0"
    return WantedFile(
        kind,
        {name: value for name, value in filter_.items() if value},
        [said(name) for name in found.heading],
        {name: said(word) for name, word in found.words.items()},
        visitor.locale.timezone,
        "xlsx" if asked.get("format") == "xlsx" else "csv",
    )
