"""What a command prints: one JSON document for programs, a sentence or a table for people."""

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import Enum
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]

# Where nobody looks, a table must not be folded to the 80 columns of a terminal that is not there.
_WIDE: Final = 240


def document(value: Any) -> None:
    """Print one JSON document."""
    print(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


def result(value: Any, sentence: str, *, as_json: bool) -> None:
    """Print what a command did: the document for programs, the sentence for people."""
    if as_json:
        document(value)
    else:
        print(sentence)


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, none: str) -> None:
    """Print rows under their columns; `none` when there are no rows."""
    shown = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        shown.add_row(*(Text(cell(value), overflow="fold") for value in row))
    if not shown.row_count:
        print(none)
        return
    console().print(shown)


def facts(pairs: Iterable[tuple[str, Any]]) -> None:
    """Print names and values, one pair a line."""
    shown = Table(box=None, show_header=False, pad_edge=False)
    for name, value in pairs:
        shown.add_row(Text(name, style="bold"), Text(cell(value), overflow="fold"))
    console().print(shown)


def console() -> Console:
    """Return the console on stdout, as it is now."""
    return Console(file=sys.stdout, width=None if sys.stdout.isatty() else _WIDE, highlight=False, markup=False)


def cell(value: Any) -> str:
    """Return a value as people read it."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    raise TypeError(f"no JSON for {type(value).__name__}")
