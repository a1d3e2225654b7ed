"""A dry run: how a file is written, what its columns become, and its first rows as they would be read."""

from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from smsflow.sheets.columns import Mapping, guess, records
from smsflow.sheets.layout import SAMPLE_ROWS, Layout, inspect, rows
from smsflow.sheets.row import Record

SHOWN_ROWS = 20


@dataclass(frozen=True, slots=True)
class Preview:
    """The dry run of a file: how it is read, before anything is stored."""

    layout: Layout
    mapping: Mapping
    records: tuple[Record, ...]


def preview(path: Path, layout: Layout | None = None, mapping: Mapping | None = None) -> Preview:
    """Return the dry run of a file, as it seems to be or as a person corrected it."""
    layout = layout or inspect(path)
    sample = list(islice(rows(path, layout), SAMPLE_ROWS))
    mapping = mapping or guess(layout.headings, sample)
    return Preview(layout, mapping, tuple(records(iter(sample[:SHOWN_ROWS]), mapping)))
