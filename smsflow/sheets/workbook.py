"""Workbooks (XLSX, XLS, ODS): their sheets, and the rows of one."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from smsflow.sheets.cells import text_of
from smsflow.sheets.errors import Fault, SheetUnreadable
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
        cells = [s for s in book.sheets_metadata if s.typ == SheetTypeEnum.WorkSheet]
        found = (Sheet(s.name, s.visible != SheetVisibleEnum.Visible) for s in cells)
        return tuple(sorted(found, key=lambda sheet: sheet.hidden))


def rows(path: Path, sheet: str) -> Iterator[Row]:
    """Yield the rows that are not blank. Hidden rows and columns are read: what is left out would be left out unseen.

    The library holds the sheet in memory, about 90 bytes for a cell.
    """
    with _opened(path) as book:
        if sheet not in book.sheet_names:
            raise SheetUnreadable(Fault.NO_SUCH_SHEET, name=sheet, names=", ".join(book.sheet_names))
        opened = book.get_sheet_by_name(sheet)
        merged = _merged_downwards(opened)
        values: dict[int, str] = {}
        # The library gives every row from the first, and every column from the first that is used.
        for number, cells in enumerate(opened.iter_rows(), start=1):
            texts = [text_of(cell) for cell in cells]
            for column, last in merged.get(number, ()):
                if last:
                    values[column] = texts[column]
                else:
                    texts[column] = values.get(column, "")
            if any(texts):
                yield Row(number, tuple(texts))


def _merged_downwards(sheet: CalamineSheet) -> dict[int, list[tuple[int, bool]]]:
    """Return by row the columns of cells merged over several rows, and whether the row is their first, which has the value."""
    left = sheet.start[1] if sheet.start else 0
    found: dict[int, list[tuple[int, bool]]] = {}
    for (top, column), (bottom, _) in sheet.merged_cell_ranges or []:
        if bottom > top and column >= left:
            for row in range(top, bottom + 1):
                found.setdefault(row + 1, []).append((column - left, row == top))
    return found


@contextmanager
def _opened(path: Path) -> Iterator[CalamineWorkbook]:
    try:
        _check(path)
        with CalamineWorkbook.from_path(path) as book:
            yield book
    except PasswordError as error:
        raise SheetUnreadable(Fault.PROTECTED) from error
    except (CalamineError, zipfile.BadZipFile) as error:
        raise SheetUnreadable(Fault.DAMAGED) from error


def _check(path: Path) -> None:
    """Refuse what unpacks to more than we can hold, and what is encrypted, before the library reads it."""
    with path.open("rb") as file:
        if file.read(len(OLE)) == OLE:
            file.seek(0)
            if any(_ENCRYPTED in chunk for chunk in iter(lambda: file.read(1 << 20), b"")):
                raise SheetUnreadable(Fault.PROTECTED)
            return
    with zipfile.ZipFile(path) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED:
            raise SheetUnreadable(Fault.TOO_LARGE, limit=MAX_UNPACKED)
