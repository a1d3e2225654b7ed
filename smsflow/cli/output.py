"""The output of commands: one JSON document for programs, a sentence or a table for people."""

import io
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from smsflow.cli.streams import note, say

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]

# Without a terminal, a table is not folded to the 80 columns that Rich assumes.
_WIDE: Final = 240


def document(value: Any) -> None:
    """Print one JSON document."""
    say(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


def result(value: Any, sentence: str, *, as_json: bool) -> None:
    """Print what a command did: the document for programs, the sentence for people."""
    if as_json:
        document(value)
    else:
        say(sentence)


def reading(value: Mapping[str, Any], *, database: str, as_json: bool) -> bool:
    """Print what was read as a document, with the database that it was read from; False when people want it instead.

    People read the database's name on standard error, so that what they pipe onwards holds what they asked for alone.
    """
    if as_json:
        document({"database": database, **value})
        return True
    note(f"(database: {database})")
    return False


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, none: str) -> None:
    """Print rows under their columns; `none` when there are no rows."""
    shown = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        shown.add_row(*(Text(cell(value), overflow="fold") for value in row))
    if not shown.row_count:
        say(none)
        return
    _draw(shown)


def facts(pairs: Iterable[tuple[str, Any]]) -> None:
    """Print names and values, one pair a line."""
    shown = Table(box=None, show_header=False, pad_edge=False)
    for name, value in pairs:
        shown.add_row(Text(name, style="bold"), Text(cell(value), overflow="fold"))
    _draw(shown)


def cell(value: Any) -> str:
    """Return a value as people read it."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return str(value)


def _draw(shown: Table) -> None:
    width = None if sys.stdout.isatty() else _WIDE
    drawn = io.StringIO()
    Console(file=drawn, width=width, force_terminal=sys.stdout.isatty(), highlight=False, markup=False).print(shown)
    say(drawn.getvalue().removesuffix("\n"))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    raise TypeError(f"no JSON for {type(value).__name__}")
