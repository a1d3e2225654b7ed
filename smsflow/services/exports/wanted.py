"""An export as somebody asks for it, and the file that becomes of its rows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import BinaryIO, Final
from zoneinfo import ZoneInfo

from smsflow.sheets.export import Cell, csv_chunks, write_xlsx
from smsflow.sheets.paper import Paper, write_pdf

Rows = list[Sequence[Cell]]

# Rows that are read at once.
PAGE: Final = 2000

_NARROW: Final = "\u202f"
_MINUS: Final = "\u2212"


@dataclass(frozen=True, slots=True)
class WantedFile:
    """An export as somebody asks for it: the filter as an address has it, and how its reader calls columns and values."""

    kind: str
    asked: Mapping[str, str]
    heading: Sequence[str]
    words: Mapping[str, str] = field(default_factory=dict)
    timezone: str = "UTC"
    format: str = "csv"
    attributes: Sequence[str] = ()
    """The attributes of contacts, or the variables of a campaign, that become columns."""
    paper: Paper | None = None
    """The texts around the table of a PDF."""
    language: str = "fr"

    @property
    def name(self) -> str:
        """The name of the file."""
        which = self.asked.get("month") or self.asked.get("campaign")
        return f"{self.kind}-{which}.{self.format}" if which else f"{self.kind}.{self.format}"

    def word(self, word: str) -> str:
        """Return what the reader calls something; a word without a name of ours stays as it is."""
        return self.words.get(word, word)

    def time(self, moment: datetime | None) -> str:
        """Return a moment as `27/11/2026 18:52:00`."""
        return "" if moment is None else moment.astimezone(ZoneInfo(self.timezone)).strftime("%d/%m/%Y %H:%M:%S")

    def day(self, day: date) -> str:
        """Return a day as `27/11/2026`."""
        return day.strftime("%d/%m/%Y")

    def number(self, value: int, *, signed: bool = False) -> str:
        """Return a number with its thousands apart, with its sign where it is a movement."""
        apart = f"{abs(value):,}".replace(",", _NARROW if self.language == "fr" else ",")
        if value and signed:
            return f"{'+' if value > 0 else _MINUS}{_NARROW}{apart}"
        return f"{_MINUS}{apart}" if value < 0 else apart


def write(file: BinaryIO, wanted: WantedFile, rows: Iterable[Sequence[Cell]]) -> None:
    """Write rows below their heading, in the format that is wanted."""
    if wanted.format == "xlsx":
        write_xlsx(file, wanted.heading, rows)
    elif wanted.paper is not None:
        write_pdf(file, wanted.paper, wanted.heading, ([str(cell) for cell in row] for row in rows))
    else:
        file.writelines(csv_chunks(wanted.heading, rows))
