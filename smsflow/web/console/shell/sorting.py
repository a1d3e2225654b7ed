"""The order of a table: a column of the address, for tables whose rows are all read for their page."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar
from urllib.parse import urlencode

from smsflow.domain.selection import fold
from smsflow.web.http.request import Request

Row = TypeVar("Row")
Value = str | int | datetime | None
Columns = Mapping[str, Callable[[Row], Value]]

# Another order begins on the first page, and says nothing of what was done before.
_NOT_KEPT: Final = frozenset({"sort", "before", "after", "done"})
# French sorts these as two letters; `fold` leaves them.
_LIGATURES: Final = str.maketrans({"œ": "oe", "æ": "ae"})


@dataclass(frozen=True, slots=True)
class TableOrder(Generic[Row]):
    """The order that the address asks for; without a column, that in which the rows were read."""

    columns: Columns[Row]
    column: str
    descending: bool
    path: str
    kept: Mapping[str, Any]
    """The other fields of the address that stay."""

    def state(self, column: str) -> str:
        """Return `ascending` or `descending` for the column of the order, nothing for others."""
        if column != self.column:
            return ""
        return "descending" if self.descending else "ascending"

    def address(self, column: str) -> str:
        """Return where the heading of a column leads: to its order, from there to the other direction."""
        sign = "-" if self.state(column) == "ascending" else ""
        return f"{self.path}?{urlencode({**self.kept, 'sort': sign + column}, doseq=True)}"

    def sort(self, rows: Iterable[Row]) -> list[Row]:
        """Return rows in this order: text as people read it, empty last in both directions, equal ones as they came."""
        if not self.column:
            return list(rows)
        value = self.columns[self.column]
        written: list[Row] = []
        empty: list[Row] = []
        for row in rows:
            (empty if value(row) in {None, ""} else written).append(row)
        return sorted(written, key=lambda row: _key(value(row)), reverse=self.descending) + empty


def asked_order(req: Request, columns: Columns[Row]) -> TableOrder[Row]:
    """Return the order in `sort=column` or `sort=-column`; that of a column which the table lacks is none."""
    wanted = req.get_param("sort", default="")
    column = wanted.removeprefix("-")
    return TableOrder(
        columns,
        column if column in columns else "",
        wanted.startswith("-"),
        req.path,
        {name: value for name, value in req.params.items() if name not in _NOT_KEPT},
    )


def _key(value: Value) -> Any:
    return fold(value).translate(_LIGATURES) if isinstance(value, str) else value
