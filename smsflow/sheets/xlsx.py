"""XLSX read as a stream: a million rows pass in the memory of the texts that they share.

`python-calamine`, which reads the other kinds of workbook, holds every cell of a sheet at once: 90 bytes each.
"""

import re
import zipfile
from array import array
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final
from xml.parsers import expat

from smsflow.sheets.cells import date_of, text_of
from smsflow.sheets.errors import Fault, SheetUnreadable
from smsflow.sheets.merged import Merged
from smsflow.sheets.row import Row

WORKBOOK = "xl/workbook.xml"

_RELATIONS = "xl/_rels/workbook.xml.rels"
_STRINGS = "xl/sharedStrings.xml"
_STYLES = "xl/styles.xml"

_CHUNK = 64 * 1024

# ECMA-376, section 18.8.30: the formats of days and times that a file need not define; 27 to 58 are those of East Asia.
_DATE_FORMATS = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
_LITERAL = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|_.')

_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]+)(\d+):[A-Z]+(\d+)"')
# Long enough for one element of the list, which may lie across two chunks.
_OVERLAP = 200
_MOST_MERGED = 100_000

# The root element has the prefix of nearly all that follow, and mostly none.
_PREFIXED = re.compile(rb"(?:\xef\xbb\xbf)?(?:\s++|<\?[^>]*+>|(?><!--.*?-->))*+<\w+:", re.DOTALL)

_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")

# Excel's own bounds: the characters of a cell, and its last column, which is XFD.
_MOST_TEXT: Final = 32_767
_MOST_COLUMNS: Final = 16_384


@dataclass(frozen=True, slots=True)
class _Part:
    """A sheet, and the file of the archive that holds it."""

    name: str
    hidden: bool
    path: str


def sheets(archive: zipfile.ZipFile) -> list[tuple[str, bool]]:
    """Return the name of each sheet with cells, and whether it is hidden."""
    return [(part.name, part.hidden) for part in _parts(archive)[0]]


def rows(archive: zipfile.ZipFile, sheet: str) -> Iterator[Row]:
    """Yield the rows of a sheet that are not blank."""
    parts, from_1904 = _parts(archive)
    path = next(part.path for part in parts if part.name == sheet)
    with closing(_SharedStrings(archive)) as strings:
        cells = _Cells(strings, _date_styles(archive), from_1904=from_1904)
        for _ in _parse(archive, path, cells.start, cells.end, cells.text):
            yield from cells.rows
            cells.rows.clear()


def path_of(archive: zipfile.ZipFile, sheet: str) -> str:
    """Return the file of the archive that holds a sheet."""
    return next(part.path for part in _parts(archive)[0] if part.name == sheet)


def merged(archive: zipfile.ZipFile, sheet: str) -> list[Merged]:
    """Return the cells merged over several rows; a sheet lists them behind its cells."""
    path = path_of(archive, sheet)
    found: set[Merged] = set()
    tail = b""
    with archive.open(path) as file:
        while (chunk := file.read(_CHUNK)) and len(found) < _MOST_MERGED:
            for column, top, bottom in _MERGED.findall(tail + chunk):
                if int(bottom) > int(top):
                    found.add(Merged(int(top), int(bottom), _column(column.decode())))
            tail = chunk[-_OVERLAP:]
    return list(found)


Start = Callable[[str, dict[str, str]], None]
Text = Callable[[str], None]


def _parse(
    archive: zipfile.ZipFile, path: str, start: Start, end: Text | None = None, text: Text | None = None
) -> Generator[None]:
    """Parse a part of the archive, handing over between its chunks; elements come without their prefix."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    file = archive.open(path)
    try:
        chunk = file.read(_CHUNK)
        if _PREFIXED.match(chunk):
            parser.StartElementHandler = lambda name, attributes: start(name.rpartition(":")[2], attributes)
            parser.EndElementHandler = end and (lambda name: end(name.rpartition(":")[2]))
        while chunk:
            parser.Parse(chunk)
            yield
            chunk = file.read(_CHUNK)
        parser.Parse(b"", True)
        yield
    finally:
        file.close()


def _refuse(*_: object) -> None:
    """Spreadsheets declare no document type; entities that multiply come with one."""
    raise SheetUnreadable(Fault.DAMAGED)


def _parts(archive: zipfile.ZipFile) -> tuple[list[_Part], bool]:
    """Return the worksheets in their order, and whether days count from 1904 as on old Macs."""
    targets: dict[str, str] = {}
    parts: list[_Part] = []
    from_1904 = False

    def relation(name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship" and attributes["Type"].endswith("/worksheet"):
            target = PurePosixPath("/xl") / attributes["Target"]
            targets[attributes["Id"]] = str(target).lstrip("/")

    def book(name: str, attributes: dict[str, str]) -> None:
        nonlocal from_1904
        if name == "workbookPr":
            from_1904 = attributes.get("date1904") in ("1", "true")
        elif name == "sheet":
            id_ = next((value for key, value in attributes.items() if key.endswith(":id")), "")
            if id_ in targets:
                parts.append(_Part(attributes["name"], attributes.get("state", "visible") != "visible", targets[id_]))

    for _ in _parse(archive, _RELATIONS, relation):
        pass
    for _ in _parse(archive, WORKBOOK, book):
        pass
    return parts, from_1904


def _date_styles(archive: zipfile.ZipFile) -> list[bool]:
    """Return for each style of cells whether it shows a number as a day or a time."""
    custom: dict[str, bool] = {}
    styles: list[bool] = []
    inside = False

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal inside
        if name == "numFmt":
            custom[attributes["numFmtId"]] = bool(
                re.search("[dmyhs]", _LITERAL.sub("", attributes["formatCode"]), re.IGNORECASE)
            )
        elif name in ("cellXfs", "cellStyleXfs"):
            inside = name == "cellXfs"
        elif name == "xf" and inside:
            format_ = attributes.get("numFmtId", "0")
            styles.append(custom.get(format_, format_.isdigit() and int(format_) in _DATE_FORMATS))

    if _STYLES in archive.namelist():
        for _ in _parse(archive, _STYLES, start):
            pass
    return styles


class _SharedStrings:
    """The texts that cells name by number, read as far as a cell has asked for, and kept as bytes end to end."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._bytes = bytearray()
        self._ends = array("Q", [0])
        self._inside = self._silent = False
        self._text = ""
        self._parsing = _parse(archive, _STRINGS, self._start, self._end, self._part)

    def close(self) -> None:
        """Leave the rest unread."""
        self._parsing.close()

    def __getitem__(self, index: int) -> str:
        while index + 1 >= len(self._ends):
            try:
                next(self._parsing)
            except StopIteration:
                raise SheetUnreadable(Fault.DAMAGED) from None
        return self._bytes[self._ends[index] : self._ends[index + 1]].decode("utf-8", "replace")

    def _start(self, name: str, _: dict[str, str]) -> None:
        if name == "t":
            self._inside = not self._silent
        elif name == "rPh":
            self._silent = True  # how a Japanese text is pronounced

    def _part(self, text: str) -> None:
        if self._inside and len(self._text) < _MOST_TEXT:
            self._text += text

    def _end(self, name: str) -> None:
        if name == "t":
            self._inside = False
        elif name == "rPh":
            self._silent = False
        elif name == "si":
            self._bytes += _unescaped(self._text).encode("utf-8", "replace")
            self._ends.append(len(self._bytes))
            self._text = ""


class _Cells:
    """Turns the elements of a sheet into rows; called several times for each cell, so little is done in each call."""

    def __init__(self, strings: _SharedStrings, dates: list[bool], *, from_1904: bool) -> None:
        self.rows: list[Row] = []
        self._strings, self._dates, self._from_1904 = strings, dates, from_1904
        self._columns: dict[str, int] = {}
        self._number = 0
        self._cells: list[str] = []
        self._next = 0
        self._cell: dict[str, str] = {}
        self._text = ""
        self._inside = self._silent = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            self._cell = attributes
            self._text = ""
        elif name in ("v", "t"):
            self._inside = not self._silent
        elif name == "row":
            self._number = int(attributes.get("r", self._number + 1))
            self._cells, self._next = [], 0
        elif name == "rPh":
            self._silent = True

    def text(self, text: str) -> None:
        if self._inside and len(self._text) < _MOST_TEXT:
            self._text += text

    def end(self, name: str) -> None:
        if name == "c":
            reference = self._cell.get("r")
            if reference:
                self._next = self._place(reference)
            if self._text and self._next < _MOST_COLUMNS and (value := self._value(self._text)):
                self._cells.extend([""] * (self._next + 1 - len(self._cells)))
                self._cells[self._next] = value
            self._next += 1
        elif name in ("v", "t"):
            self._inside = False
        elif name == "row":
            if self._cells:
                self.rows.append(Row(self._number, tuple(self._cells)))
        elif name == "rPh":
            self._silent = False

    def _place(self, reference: str) -> int:
        """Return the column of a reference such as AB12: the columns of a sheet are few, and known after a row."""
        letters = reference.rstrip("0123456789")
        place = self._columns.get(letters)
        if place is None:
            place = self._columns[letters] = _column(letters)
        return place

    def _value(self, written: str) -> str:
        kind = self._cell.get("t", "n")
        if kind == "s":
            return self._strings[int(written)]
        if kind == "n":
            style = int(self._cell.get("s", 0))
            if style < len(self._dates) and self._dates[style]:
                return date_of(float(written), from_1904=self._from_1904)
            return written if written.isdecimal() else text_of(float(written))
        if kind == "b":
            return text_of(written.strip() == "1")
        if kind == "d":
            return written.replace("T", " ").removesuffix(" 00:00:00")
        return "" if kind == "e" else _unescaped(written)


def _unescaped(text: str) -> str:
    """Return `text` with the characters that XML cannot hold, which the format writes _x000D_."""
    return _ESCAPED.sub(lambda escape: chr(int(escape[1], 16)), text) if "_x" in text else text


def _column(letters: str) -> int:
    """Return the place of a column, from 0: A is 0, and AA is 26."""
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - 64
    return place - 1
