"""Files written for people: CSV and XLSX in which no cell is a formula, and phone numbers stay text."""

import csv
import datetime as dt
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO

import xlsxwriter

Cell = str | int | float | dt.date | dt.datetime | None

# The characters that begin a formula in a spreadsheet; a tab or a carriage return before one would be dropped.
_FORMULA = ("=", "+", "-", "@")
_DROPPED = ("\t", "\r", "\n")

# Excel's own bounds.
_MAX_ROWS = 1_048_576
_MAX_CELL = 32_767

_CHUNK = 64 * 1024


def defuse(text: str) -> str:
    """Return `text` with an apostrophe before what a spreadsheet would take for a formula; a number with + stays text so."""
    return f"'{text}" if text.startswith(_DROPPED) or text.lstrip().startswith(_FORMULA) else text


def csv_chunks(heading: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """Yield the bytes of a CSV file that a French Excel opens as it is: with a BOM, semicolons and CRLF."""
    buffer = io.StringIO(newline="")
    buffer.write("\ufeff")
    writer = csv.writer(buffer, delimiter=";")
    writer.writerow([defuse(name) for name in heading])
    for row in rows:
        writer.writerow([_csv_cell(cell) for cell in row])
        if buffer.tell() >= _CHUNK:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def _csv_cell(cell: Cell) -> str | int | float:
    match cell:
        case None:
            return ""
        case str():
            # Lone surrogates cannot be written, and no spreadsheet reads a NUL.
            return defuse(cell.encode("utf-8", "replace").decode().replace("\0", ""))
        case dt.datetime():
            return cell.isoformat(" ", "seconds")
        case dt.date():
            return cell.isoformat()
        case _:
            return cell


def write_xlsx(file: BinaryIO, heading: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Write a workbook row by row; rows beyond what a sheet holds go on in another."""
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(file, options) as book:
        bold = book.add_format({"bold": True})
        # Excel's own mark of text: a cell that is edited does not become a formula.
        quoted = book.add_format({"quote_prefix": True, "num_format": "@"})
        sheet, position = None, 0
        for row in rows:
            if sheet is None or position >= _MAX_ROWS:
                sheet, position = _sheet(book, heading, bold), 1
            for column, cell in enumerate(row):
                match cell:
                    case None | "":
                        continue
                    case str():
                        text = cell.encode("utf-8", "replace").decode()[:_MAX_CELL]
                        sheet.write_string(position, column, text, quoted if defuse(text) != text else None)
                    case dt.date():
                        sheet.write_string(position, column, str(_csv_cell(cell)))
                    case _:
                        sheet.write_number(position, column, cell)
            position += 1
        if sheet is None:
            _sheet(book, heading, bold)


def _sheet(book: "xlsxwriter.Workbook", heading: Sequence[str], bold: object) -> "xlsxwriter.worksheet.Worksheet":
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 0)
    for column, name in enumerate(heading):
        sheet.write_string(0, column, name, bold)
    return sheet
