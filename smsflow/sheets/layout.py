"""How a file is written: kind, encoding, separator, sheet and headings, found out once and kept beside the file."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice
from pathlib import Path

from smsflow.sheets import delimited, vcard, workbook
from smsflow.sheets.columns import find_heading, guess
from smsflow.sheets.encoding import detect
from smsflow.sheets.errors import Fault, SheetUnreadable
from smsflow.sheets.row import Row

# Enough rows to know a column by its cells.
SAMPLE_ROWS = 100

_HEAD = 4096
_BINARY = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b")
_MARKUP = ("<html", "<!doctype", "<?xml", "<table", "{\\rtf")

# Text has hardly any control characters; a binary file has many, in whatever encoding it is read.
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")
_MOST_CONTROL = 0.05

_HALF = re.compile(r"[\ud800-\udfff]")


class FileKind(StrEnum):
    """The kind of a file."""

    CSV = "csv"
    WORKBOOK = "workbook"
    VCARD = "vcard"


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is written. A job that keeps it reads the same rows after a restart.

    `heading` is the number of the row with the `headings`, None where the file has none.
    """

    kind: FileKind
    encoding: str = ""
    separator: str = ""
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    heading: int | None = None
    headings: tuple[str, ...] = ()


def inspect(path: Path, *, sheet: str | None = None) -> Layout:
    """Return how the file is written, or raise SheetUnreadable; `sheet` names the one to read of a workbook."""
    layout = _written(path, sheet)
    sample = list(islice(_all_rows(path, layout), SAMPLE_ROWS))
    if not any(character.isalnum() for row in sample for cell in row.cells for character in cell):
        raise SheetUnreadable(Fault.EMPTY)
    if layout.kind is FileKind.VCARD:
        return replace(layout, headings=vcard.HEADINGS)
    return with_heading(layout, find_heading(sample))


def with_heading(layout: Layout, row: Row | None) -> Layout:
    """Return the layout with the headings of `row`, or without any."""
    if row is None:
        return replace(layout, heading=None, headings=())
    return replace(layout, heading=row.number, headings=tuple(" ".join(cell.split()) for cell in row.cells))


def rows(path: Path, layout: Layout, *, after: int = 0) -> Iterator[Row]:
    """Yield the rows of data, those after row `after` when a job goes on where it was."""
    first = max(after, layout.heading or 0)
    return (row for row in _all_rows(path, layout) if row.number > first)


def _all_rows(path: Path, layout: Layout) -> Iterator[Row]:
    return map(_storable, _written_rows(path, layout))


def _storable(row: Row) -> Row:
    """Return a row without the characters that no database keeps as text: NULs, and halves of a pair."""
    whole = "".join(row.cells)
    if "\0" not in whole and (whole.isascii() or not _HALF.search(whole)):
        return row
    return Row(row.number, tuple(_HALF.sub("\ufffd", cell.replace("\0", "")) for cell in row.cells))


def _written_rows(path: Path, layout: Layout) -> Iterator[Row]:
    match layout.kind:
        case FileKind.CSV:
            for number, values in delimited.records(path, encoding=layout.encoding, separator=layout.separator):
                yield Row(number, tuple(values))
        case FileKind.WORKBOOK:
            yield from workbook.rows(path, layout.sheet)
        case FileKind.VCARD:
            yield from vcard.rows(path, layout.encoding)


def _written(path: Path, sheet: str | None) -> Layout:
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if head.startswith((workbook.ZIP, workbook.OLE)):
        return _workbook(path, sheet)
    if not head.strip():
        raise SheetUnreadable(Fault.EMPTY)
    encoding = "" if head.startswith(_BINARY) else detect(path)
    start = head.decode(encoding, "replace").lstrip("\ufeff \t\r\n").lower() if encoding else ""
    if not start or start.startswith(_MARKUP) or len(_CONTROL.findall(start)) > len(start) * _MOST_CONTROL:
        raise SheetUnreadable(Fault.NOT_A_SHEET)
    if start.startswith("begin:vcard"):
        return Layout(FileKind.VCARD, encoding)
    return Layout(FileKind.CSV, encoding, delimited.sniff(path, encoding))


def _workbook(path: Path, wanted: str | None) -> Layout:
    """Return the layout of the sheet that is wanted, else of the first visible one with numbers, else with rows."""
    found = workbook.sheets(path)
    layout = Layout(FileKind.WORKBOOK, sheets=tuple(s.name for s in found))
    if wanted is not None:
        if wanted not in layout.sheets:
            raise SheetUnreadable(Fault.NO_SUCH_SHEET, name=wanted, names=", ".join(layout.sheets))
        return replace(layout, sheet=wanted)
    filled = None
    for name in layout.sheets:
        sample = list(islice(workbook.rows(path, name), SAMPLE_ROWS))
        if _has_numbers(sample):
            return replace(layout, sheet=name)
        filled = filled or (name if sample else None)
    if filled is None:
        raise SheetUnreadable(Fault.EMPTY)
    return replace(layout, sheet=filled)


def _has_numbers(sample: Sequence[Row]) -> bool:
    heading = find_heading(sample)
    data = [row for row in sample if heading is None or row.number > heading.number]
    return bool(data) and guess(heading.cells if heading else (), data).has_number
