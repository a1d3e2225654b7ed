"""The last row of a file, as far as it can be told without reading the cells: for a progress bar, never for a decision."""

import re
import zipfile
from pathlib import Path

from smsflow.sheets import xlsx
from smsflow.sheets.layout import FileKind, Layout

_CHUNK = 1 << 20
_HEAD = 64 * 1024
# Programs write it before the cells; some write A1, whatever comes.
_DIMENSION = re.compile(rb'<(?:\w+:)?dimension\s[^>]*?ref="[A-Z]+\d+:[A-Z]+(\d+)"')


def last_row(path: Path, layout: Layout) -> int | None:
    """Return the number that the last row seems to have, None where the file does not tell."""
    match layout.kind:
        case FileKind.CSV:
            # A cell with several lines makes it more.
            return _count(path, b"\n") + 1
        case FileKind.VCARD:
            return _count(path, b"BEGIN:VCARD") or None
        case FileKind.WORKBOOK:
            return _of_workbook(path, layout.sheet)


def _count(path: Path, wanted: bytes) -> int:
    found, tail = 0, b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            found += (tail + chunk).count(wanted)
            # Too short to hold one that was counted.
            tail = chunk[len(chunk) - len(wanted) + 1 :]
    return found


def _of_workbook(path: Path, sheet: str) -> int | None:
    try:
        with zipfile.ZipFile(path) as archive, archive.open(xlsx.path_of(archive, sheet)) as file:
            found = _DIMENSION.search(file.read(_HEAD))
    # Not of this kind, or damaged, which its reader will say.
    except (zipfile.BadZipFile, KeyError, StopIteration, ValueError):
        return None
    return int(found[1]) if found else None
