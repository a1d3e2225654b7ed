"""The columns of a file: which hold phone numbers, and how the others are called."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from smsflow.sheets.cells import day_of, fold, looks_like_number, plain
from smsflow.sheets.errors import Fault, SheetUnreadable
from smsflow.sheets.row import Record, Row
from smsflow.sheets.vocabulary import (
    ATTRIBUTES,
    DATES,
    NEVER_NUMBERS,
    NOT_CALLED,
    NUMBERED,
    WEAK,
    is_heading,
    label_rank,
    rank_of,
)

NUMBER = "number"
IGNORED = ""

# As many attributes as the platform keeps of a contact; columns beyond are ignored unless somebody asks for them.
MOST_ATTRIBUTES = 30
_LONGEST_NAME = 40

# A row with more cells is no row of a person, and guessing takes time for each.
_MOST_COLUMNS = 500

# A heading is looked for below titles and blank rows, but not far.
_HEADING_WITHIN = 20

# The first headings of the refused rows that we write: corrected and imported again, these two say nothing of a person.
_OF_REFUSED_ROWS = (["row", "reason"], ["ligne", "raison"])

# From half of its cells on, a column is taken for one of numbers whatever its name.
_HALF = 0.5

# The digits of a phone number in most countries, at least.
_LONG = 8


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its place, its heading, and its field: `number`, the name of an attribute, or "" where it is ignored."""

    index: int
    heading: str
    field: str
    rank: int = 0
    label: int | None = None
    dates: bool = False


@dataclass(frozen=True, slots=True)
class Mapping:
    """The columns of a file with the field that each becomes."""

    columns: tuple[Column, ...]

    def with_field(self, name: str, field: str) -> "Mapping":
        """Return the mapping in which the column of this heading (or place, from 1) becomes `field`."""
        wanted = fold(name)
        found = [c for c in self.columns if c.heading == name] or [
            c for c in self.columns if wanted and fold(c.heading) == wanted
        ]
        if not found and name.isascii() and name.isdigit():
            found = [c for c in self.columns if c.index == int(name) - 1]
        if not found:
            names = ", ".join(filter(None, (c.heading for c in self.columns)))
            raise SheetUnreadable(
                Fault.NO_SUCH_COLUMN, name=name, names=names or f"no headings, and columns 1 to {len(self.columns)}"
            )
        chosen = found[0]
        # A column that a person chose for numbers comes before those that were recognised.
        changed = replace(chosen, field=field, rank=-1, label=None) if field == NUMBER else replace(chosen, field=field)
        others = (
            c if c.field != field or field in (NUMBER, IGNORED) else replace(c, field=IGNORED) for c in self.columns
        )
        return Mapping(tuple(changed if c.index == chosen.index else c for c in others))

    @property
    def has_number(self) -> bool:
        """Tell whether a column holds the numbers."""
        return any(column.field == NUMBER for column in self.columns)


def records(rows: Iterator[Row], mapping: Mapping) -> Iterator[Record]:
    """Yield each row as its numbers, the likely mobile ones first, and its attributes."""
    numbers = sorted((c for c in mapping.columns if c.field == NUMBER), key=lambda c: c.rank)
    labelled = any(c.label is not None for c in numbers)
    attributes = [(c.index, c.field, c.dates) for c in mapping.columns if c.field not in (NUMBER, IGNORED)]
    for row in rows:
        cells = row.cells
        width = len(cells)
        if labelled:
            numbers.sort(key=lambda c: _labelled_rank(c, cells))
        values = {}
        for index, field, dates in attributes:
            cell = plain(cells[index]) if index < width else ""
            values[field] = day_of(cell) if dates else cell
        found = tuple(cell for c in numbers if c.index < width and (cell := cells[c.index].strip()))
        yield Record(row.number, found, values)


def _labelled_rank(column: Column, cells: Sequence[str]) -> int:
    """Return the rank that a row itself gives to a number: Google's files have "Mobile" in the cell before it."""
    label = cells[column.label] if column.label is not None and column.label < len(cells) else ""
    return label_rank(fold(label).split(), column.rank)


def find_heading(rows: Sequence[Row]) -> Row | None:
    """Return the row of headings, or None when the file begins with its data.

    It comes before the first number and has a name that is known. A file with other names has no headings: its first row
    is then reported as one without a number, where a wrong guess would leave out a person.
    """
    filled = [sum(1 for cell in row.cells if cell.strip()) for row in rows]
    usual = max(set(filled), key=filled.count, default=0)
    for row, cells in zip(rows[:_HEADING_WITHIN], filled, strict=False):
        if any(map(looks_like_number, row.cells)):
            return None
        title = cells == 1 and usual > 1
        if not title and any(is_heading(fold(cell)) for cell in row.cells):
            return row
    return None


def guess(headings: Sequence[str], sample: Sequence[Row]) -> Mapping:
    """Return what the columns seem to be, by their headings and by the first rows."""
    width = min(max([len(headings), *(len(row.cells) for row in sample)], default=0), _MOST_COLUMNS)
    names = [*headings, *[""] * (width - len(headings))][:width]
    shares = [_share_of_numbers(sample, index) for index in range(width)]
    ranks = [_rank(name, share) for name, share in zip(names, shares, strict=True)]
    if not any(rank is not None for rank in ranks) and max(shares, default=0.0) >= _HALF:
        ranks[shares.index(max(shares))] = 0
        if not headings:
            # Nothing says which of them is the mobile one: a person's number is looked for in each.
            ranks = [
                1 if rank is None and _holds_long_numbers(sample, index) else rank for index, rank in enumerate(ranks)
            ]
    labels = {
        match[1]: index
        for index, name in enumerate(names)
        if (match := NUMBERED.fullmatch(fold(name))) and match[2] != "value"
    }
    address_book = bool(labels) or {"mobile phone", "business phone"} <= {fold(name) for name in names}
    ours = 2 if [fold(name) for name in names[:2]] in _OF_REFUSED_ROWS else 0
    taken: dict[str, int] = {}
    columns = []
    for index, (name, rank) in enumerate(zip(names, ranks, strict=True)):
        folded = fold(name)
        if rank is not None:
            pair = NUMBERED.fullmatch(folded)
            columns.append(Column(index, name, NUMBER, rank, labels.get(pair[1]) if pair else None))
            continue
        unnamed = bool(headings) and not folded and not any(_cells(sample, index))
        left_out = index < ours or unnamed or (address_book and folded not in ATTRIBUTES)
        field = IGNORED if left_out else _field(folded, index, taken)
        columns.append(Column(index, name, field, dates=bool(DATES & set(folded.split()))))
    return Mapping(tuple(columns))


def _share_of_numbers(sample: Sequence[Row], index: int) -> float:
    cells = _cells(sample, index)
    return sum(map(looks_like_number, cells)) / len(cells) if cells else 0.0


def _holds_long_numbers(sample: Sequence[Row], index: int) -> bool:
    """Tell whether a column without a name has nothing but numbers that are longer than most amounts."""
    cells = _cells(sample, index)
    return bool(cells) and all(looks_like_number(cell) and sum(map(str.isdigit, cell)) >= _LONG for cell in cells)


def _cells(sample: Sequence[Row], index: int) -> list[str]:
    """Return the cells of a column that are not empty."""
    return [cell for row in sample if index < len(row.cells) and (cell := row.cells[index].strip())]


def _rank(heading: str, share: float) -> int | None:
    """Return the rank of a column of numbers, or None when it is none: a vague name is believed when the cells agree."""
    words = fold(heading).split()
    doubtful = set(words) <= WEAK or NEVER_NUMBERS & set(words)
    return None if NOT_CALLED & set(words) or (doubtful and share < _HALF) else rank_of(words)


def _field(folded: str, index: int, taken: dict[str, int]) -> str:
    """Return the attribute's name of a column, unlike those before it; "" when there are enough."""
    if len(taken) >= MOST_ATTRIBUTES:
        return IGNORED
    name = ATTRIBUTES.get(folded) or folded.replace(" ", "_")[:_LONGEST_NAME].strip("_") or f"column_{index + 1}"
    if name in (NUMBER, "stop"):
        name += "_2"
    unique, copies = name, 1
    while unique in taken:
        copies += 1
        unique = f"{name[: _LONGEST_NAME - 3]}_{copies}"
    taken[unique] = index
    return unique
