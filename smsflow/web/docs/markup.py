"""From the catalogues' few marks, and from programs, to safe HTML."""

import re
from collections.abc import Mapping

from markupsafe import Markup, escape
from pygments import highlight  # type: ignore[import-untyped]
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]
from pygments.lexers import get_lexer_by_name  # type: ignore[import-untyped]

from smsflow.web.docs import programs

_CODE = re.compile(r"(`[^`]+`)")
_LINK = re.compile(r"\[([^\]]+)\]\(([#/][^)\s]*)\)")
_STRONG = re.compile(r"\*\*([^*]+)\*\*")
_TIGHT_BEFORE = re.compile(r" (?=[:;!?»])")


def inline(text: str) -> Markup:
    """Return one sentence of a catalogue as HTML: its marks become elements, everything else is escaped."""
    html = "".join(_code(piece) if _CODE.fullmatch(piece) else _prose(piece) for piece in _CODE.split(text))
    return Markup(_LINK.sub(r'<a href="\2">\1</a>', html))  # noqa: S704 - every piece was escaped before


def _code(marked: str) -> str:
    return f"<code>{escape(marked[1:-1])}</code>"


def _prose(text: str) -> str:
    # French keeps its double punctuation on the line of the word before it.
    tight = _TIGHT_BEFORE.sub("\u00a0", text).replace("« ", "«\u00a0")
    return _STRONG.sub(r"<strong>\1</strong>", str(escape(tight)))


def program(text: str, lexer: str, values: Mapping[str, str]) -> Markup:
    """Return a program or a reply as HTML: coloured, its placeholders marked and filled from `values`."""
    # The lexer sees the placeholders, not the values: a value cannot change how the rest is read.
    formatter = HtmlFormatter(nowrap=True, classprefix="t-")
    html: str = highlight(text, get_lexer_by_name(lexer, stripnl=False), formatter)

    def slot(match: re.Match[str]) -> str:
        name = programs.SLOT_NAMES[match[0]]
        return f'<span class="slot" data-slot="{name}">{escape(values.get(name, match[0]))}</span>'

    # No placeholder has a character that HTML escapes, so each still reads as it did.
    return Markup(programs.SLOT.sub(slot, html.rstrip("\n")))  # noqa: S704 - text and values are escaped above
