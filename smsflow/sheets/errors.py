"""Why a file cannot be read."""

from enum import StrEnum
from typing import Any


class Fault(StrEnum):
    """The fault of a file; the values are stable."""

    EMPTY = "sheet_empty"
    NOT_A_SHEET = "sheet_not_a_sheet"
    DAMAGED = "sheet_damaged"
    PROTECTED = "sheet_protected"
    TOO_LARGE = "sheet_too_large"
    LINE_TOO_LONG = "sheet_line_too_long"
    NO_SUCH_SHEET = "sheet_no_such_sheet"
    NO_SUCH_COLUMN = "sheet_no_such_column"


_SENTENCES = {
    Fault.EMPTY: "The file holds no rows.",
    Fault.NOT_A_SHEET: "The file is not a CSV, XLSX, ODS, XLS or vCard file.",
    Fault.DAMAGED: "The workbook is damaged: open it, and save it again.",
    Fault.PROTECTED: "The workbook is protected by a password: save it without one.",
    Fault.TOO_LARGE: "The workbook is larger than {limit} bytes when it is unpacked: save it as CSV.",
    Fault.LINE_TOO_LONG: "Row {row} is longer than {limit} characters.",
    Fault.NO_SUCH_SHEET: "The workbook has no sheet {name}; it has {names}.",
    Fault.NO_SUCH_COLUMN: "The file has no column {name}; it has {names}.",
}


class SheetUnreadable(Exception):
    """A file, a sheet or a column cannot be read; `code` says why and `details` where."""

    def __init__(self, code: Fault, **details: Any) -> None:
        """Keep the code, and fill its sentence with `details`."""
        self.code = code
        self.details = details
        super().__init__(_SENTENCES[code].format_map(details))
