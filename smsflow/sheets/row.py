"""A row of a file, as it is written and as it is understood."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of a row, and its number as a spreadsheet shows it; a vCard file has one row for each card."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """A row by its fields: the cells with phone numbers, best first, and the attributes, empty ones included."""

    row: int
    numbers: tuple[str, ...]
    attributes: dict[str, str]
