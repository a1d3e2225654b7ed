"""An export as a page asks for it: whether the visitor may have it, and in whose words."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

from smsflow.services import statements
from smsflow.services.exports.wanted import WantedFile
from smsflow.sheets.paper import Paper
from smsflow.web.console.app.jobs.tables import KINDS, PrintedTable
from smsflow.web.console.shell.guard import RightMissing
from smsflow.web.console.shell.visitor import Visitor

_LONGEST: Final = 100
_DAY: Final = "2026-01-01"
_ID: Final = re.compile("[0-9]{1,18}")


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
    if kind == "ledger" and not all(map(_is_day, (filter_["from"] or _DAY, filter_["to"] or _DAY))):
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


def _is_day(written: str) -> bool:
    try:
        return bool(date.fromisoformat(written))
    except ValueError:
        return False


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
