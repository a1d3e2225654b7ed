"""Files that are written for people: CSV or XLSX, by the ending of their name."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from smsflow.errors import ParameterInvalid
from smsflow.sheets.export import Cell, csv_chunks, write_xlsx

_ENDINGS = (".csv", ".xlsx")


def check(file: Path) -> None:
    """Raise ParameterInvalid when a name has no ending that says how to write the file."""
    if file.suffix.lower() not in _ENDINGS:
        raise ParameterInvalid(parameter="file", expected="a name that ends in .csv or .xlsx")


def write(file: Path, heading: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Write rows below their heading."""
    check(file)
    with file.open("wb") as stream:
        if file.suffix.lower() == ".xlsx":
            write_xlsx(stream, heading, rows)
        else:
            for chunk in csv_chunks(heading, rows):
                stream.write(chunk)
