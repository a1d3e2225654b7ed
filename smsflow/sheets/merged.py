"""Merged cells: one value that stands beside several rows."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from smsflow.sheets.row import Row


@dataclass(frozen=True, slots=True)
class Merged:
    """A cell that goes from row `top` to row `bottom`; its value stands in the first."""

    top: int
    bottom: int
    column: int


def filled(rows: Iterable[Row], merged: Iterable[Merged]) -> Iterator[Row]:
    """Yield rows with the value of a merged cell in each row that it stands beside, as people see it."""
    coming = sorted(merged, key=lambda cell: cell.top, reverse=True)
    values: dict[Merged, str] = {}
    for row in rows:
        while coming and coming[-1].top <= row.number:
            cell = coming.pop()
            first = row.number == cell.top and cell.column < len(row.cells)
            values[cell] = row.cells[cell.column] if first else ""
        if values:
            values = {cell: value for cell, value in values.items() if cell.bottom >= row.number}
            yield _with(row, {cell.column: value for cell, value in values.items() if value})
        else:
            yield row


def _with(row: Row, values: dict[int, str]) -> Row:
    """Return the row with `values` in its empty cells."""
    cells = [*row.cells, *[""] * (max(values, default=-1) + 1 - len(row.cells))]
    for column, value in values.items():
        cells[column] = cells[column] or value
    return Row(row.number, tuple(cells))
