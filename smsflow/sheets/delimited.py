"""Files of values between separators: what separates them, and their records one after the other."""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TextIO

from smsflow.sheets.cells import looks_like_number
from smsflow.sheets.errors import Fault, SheetUnreadable

SEPARATORS = (";", ",", "\t", "|")

# A record of 30 attributes of 500 characters has 15,000; a line without an end is no CSV.
MAX_LINE = 1 << 17

# A quoted value may have line breaks. A quote that is never closed would take in the rest of the file.
_MAX_LINES_OF_RECORD = 100

_SNIFFED_RECORDS = 100

_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)


class _OpenQuoteError(Exception):
    """A record goes on over more lines than a value has."""


class _Lines:
    """The lines of a file, with those of the current record at hand so that it can be read again otherwise."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._again: list[str] = []
        self.record: list[str] = []
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.record) >= _MAX_LINES_OF_RECORD:
            raise _OpenQuoteError
        line = self._again.pop() if self._again else self._file.readline(MAX_LINE)
        if not line:
            raise StopIteration
        if len(line) >= MAX_LINE:
            raise SheetUnreadable(Fault.LINE_TOO_LONG, row=self.number + 1, limit=MAX_LINE)
        self.record.append(line)
        return line

    def put_back(self, *lines: str) -> None:
        """Let `lines` be read next, in their order."""
        self._again.extend(line for line in reversed(lines) if line)


def records(path: Path, *, encoding: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each record with its number, from 1, blank lines counted and left out."""
    # Universal newlines: a file may have CR, LF and CRLF.
    with path.open(encoding=encoding, errors="replace") as file:
        yield from _records(file, separator)


def _records(file: TextIO, separator: str) -> Iterator[tuple[int, list[str]]]:
    lines = _Lines(file)
    # Excel hides a first line that declares the separator, and numbers the rows below it.
    if not _SEPARATOR_LINE.fullmatch(first := file.readline(MAX_LINE)):
        lines.put_back(first)
    reader = _reader(lines, separator)
    while True:
        try:
            record = next(reader)
        except StopIteration:
            return
        except (csv.Error, _OpenQuoteError):
            first, *others = lines.record
            lines.put_back(*others)
            record = _lenient(first, separator)
            reader = _reader(lines, separator)
        lines.number += 1
        lines.record.clear()
        if any(record):
            yield lines.number, record


def _reader(lines: _Lines, separator: str) -> Iterator[list[str]]:
    # People put a space behind a separator, and the quotes of the next value behind that.
    return csv.reader(lines, delimiter=separator, strict=True, skipinitialspace=True)


def _lenient(line: str, separator: str) -> list[str]:
    """Return the values of a line whose quotes are not in order."""
    if line.count('"') % 2:
        return [value.strip().strip('"') for value in line.rstrip("\n").split(separator)]
    return next(csv.reader([line], delimiter=separator), [])


def sniff(path: Path, encoding: str) -> str:
    """Return the separator under which a column of phone numbers and columns of one width appear."""
    with path.open(encoding=encoding, errors="replace") as file:
        declared = _SEPARATOR_LINE.fullmatch(file.readline(MAX_LINE))
    if declared and declared[1] in SEPARATORS:
        return declared[1]
    return max(SEPARATORS, key=lambda separator: _merit(_first(path, encoding, separator)))


def _first(path: Path, encoding: str, separator: str) -> list[list[str]]:
    return [values for _, values in islice(records(path, encoding=encoding, separator=separator), _SNIFFED_RECORDS)]


def _merit(rows: Sequence[Sequence[str]]) -> tuple[float, float, int]:
    """Return how well a separator fits: rows with a cell that is a number, rows of the usual width, and that width."""
    if not rows:
        return (0.0, 0.0, 0)
    numbers = sum(any(map(looks_like_number, row)) for row in rows) / len(rows)
    width, usual = Counter(map(len, rows)).most_common(1)[0]
    consistent = usual / len(rows) if width > 1 else 0.0
    return (round(numbers, 1), round(consistent, 1), width)
