"""Workbooks: their sheets, and the rows of one. XLSX is read as a stream; XLS, XLSB and ODS by `python-calamine`."""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from xml.parsers.expat import ExpatError

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from smsflow.sheets import xlsx
from smsflow.sheets.cells import text_of
from smsflow.sheets.errors import Fault, SheetUnreadable
from smsflow.sheets.merged import Merged, filled
from smsflow.sheets.row import Row

# XML of a million rows of five columns has some 250 MB; a small file that unpacks to more is an attack or a mistake.
MAX_UNPACKED = 1 << 30

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

# A workbook with a password is an OLE file with this stream; its name is UTF-16.
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of a workbook."""

    name: str
    hidden: bool


def sheets(path: Path) -> tuple[Sheet, ...]:
    """Return the sheets with cells, visible ones first."""
    with _opened(path) as book:
        if isinstance(book, zipfile.ZipFile):
            found = [Sheet(name, hidden) for name, hidden in xlsx.sheets(book)]
        else:
            cells = (sheet for sheet in book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet)
            found = [Sheet(sheet.name, sheet.visible != SheetVisibleEnum.Visible) for sheet in cells]
    return tuple(sorted(found, key=lambda sheet: sheet.hidden))


def rows(path: Path, sheet: str) -> Iterator[Row]:
    """Yield the rows that are not blank. Hidden rows and columns are read: nobody would see that they were left out."""
    names = [found.name for found in sheets(path)]
    if sheet not in names:
        raise SheetUnreadable(Fault.NO_SUCH_SHEET, name=sheet, names=", ".join(names))
    with _opened(path) as book:
        if isinstance(book, zipfile.ZipFile):
            yield from filled(xlsx.rows(book, sheet), xlsx.merged(book, sheet))
        else:
            yield from _held(book, sheet)


def _held(book: CalamineWorkbook, name: str) -> Iterator[Row]:
    sheet = book.get_sheet_by_name(name)
    # The library gives every row from the first, and the columns from the first that is used.
    left = sheet.start[1] if sheet.start else 0
    merged = [
        Merged(top + 1, bottom + 1, column)
        for (top, column), (bottom, _) in sheet.merged_cell_ranges or []
        if bottom > top
    ]
    texts = (tuple(map(text_of, cells)) for cells in sheet.iter_rows())
    found = (Row(number, ("",) * left + cells) for number, cells in enumerate(texts, start=1) if any(cells))
    yield from filled(found, merged)


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile | CalamineWorkbook]:
    try:
        if _is_xlsx(path):
            with zipfile.ZipFile(path) as archive:
                yield archive
        else:
            with CalamineWorkbook.from_path(path) as book:
                yield book
    except PasswordError as error:
        raise SheetUnreadable(Fault.PROTECTED) from error
    except _DAMAGED as error:
        raise SheetUnreadable(Fault.DAMAGED) from error


# A part that is missing or cut off, XML that is none, and numbers that are none.
_DAMAGED = (
    CalamineError,
    zipfile.BadZipFile,
    zlib.error,
    ExpatError,
    EOFError,
    KeyError,
    ValueError,
    NotImplementedError,
)


def _is_xlsx(path: Path) -> bool:
    """Tell which reader a workbook wants; refuse what unpacks to more than we can hold, and what is encrypted."""
    with path.open("rb") as file:
        if file.read(len(OLE)) == OLE:
            file.seek(0)
            if any(_ENCRYPTED in chunk for chunk in iter(lambda: file.read(1 << 20), b"")):
                raise SheetUnreadable(Fault.PROTECTED)
            return False
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED:
        raise SheetUnreadable(Fault.TOO_LARGE, limit=MAX_UNPACKED)
    if any(entry.flag_bits & 1 for entry in entries):
        raise SheetUnreadable(Fault.PROTECTED)
    return any(entry.filename == xlsx.WORKBOOK for entry in entries)
