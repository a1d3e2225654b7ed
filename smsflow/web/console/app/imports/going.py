"""How an import is getting on: how many rows its file seems to have, and when they are read at this speed."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from smsflow.services.contacts.importing import ContactImport


@dataclass(frozen=True, slots=True)
class Going:
    """The row that an import is at, the last one, the rows of data that there are about, and the time that is left."""

    row: int
    last: int
    rows: int
    rest: timedelta


def going(found: ContactImport, *, heading: int, now: datetime) -> Going | None:
    """Return how an import is getting on; None before its first rows, or where its file does not tell its last row."""
    done, last = found.next_row - heading, found.last_row
    if found.begun_at is None or last is None or not 0 < done <= last - heading:
        return None
    left = last - found.next_row
    rest = (now - found.begun_at) * left / done
    # Rows that are blank so far are not counted as those to come.
    return Going(found.next_row, last, found.rows + left, max(timedelta(seconds=1), rest))
