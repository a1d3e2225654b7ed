"""A table as a PDF that is printed: A4, with its heading on each page; written page by page."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Final
from unicodedata import normalize

# reportlab's fonts are those that every reader has; they hold the letters of this encoding.
_LETTERS: Final = "cp1252"
_LIKE: Final = str.maketrans({"\u202f": "\u00a0", "\u2212": "\u2013", "\t": " ", "\n": " ", "\r": " "})
_REGULAR, _BOLD = "Helvetica", "Helvetica-Bold"
# Points.
_SIZE, _LINE, _GAP = 9, 12, 6
_WIDTH, _HEIGHT, _MARGIN = 595, 842, 40
# A note of thousands of characters is no table any more.
_MOST_LINES = 8


@dataclass(frozen=True, slots=True)
class Paper:
    """The texts around a table on paper; `numbers` are the columns that are aligned to the right."""

    title: str
    lines: Sequence[str]
    """The lines below the title."""
    widths: Sequence[int]
    """Of the columns, in points; a page has 515."""
    numbers: Sequence[int]
    page: str = ""
    """The word at the foot, before the number of the page."""
    replaced: str = "?"
    """The sentence at the end when a letter had to become a question mark."""


def write_pdf(file: BinaryIO, paper: Paper, heading: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a table; a row whose first cell is empty is a sum, and stands out.

    A letter that the fonts do not have becomes the one below its accents, or a question mark.
    """
    from reportlab.pdfgen.canvas import Canvas  # noqa: PLC0415 - a process that writes no PDF does not load it

    sheet = _Sheet(Canvas(file, pagesize=(_WIDTH, _HEIGHT), pageCompression=1), paper, heading)
    for row in rows:
        sheet.row(row)
    sheet.end()


class _Sheet:
    """The page that is being written."""

    def __init__(self, canvas: Any, paper: Paper, heading: Sequence[str]) -> None:
        self._canvas, self._paper, self._heading = canvas, paper, heading
        self._number, self._top, self._lost = 0, 0.0, False
        self._last = ""
        canvas.setTitle(self._written(paper.title))
        self._begin()

    def row(self, cells: Sequence[str]) -> None:
        font = _REGULAR if cells[0] else _BOLD
        if self._last and not cells[0]:
            self._top -= _GAP
        self._last = cells[0]
        columns = [
            self._wrapped(self._written(cell), font, width)
            for cell, width in zip(cells, self._paper.widths, strict=True)
        ]
        height = max(map(len, columns)) * _LINE
        if self._top - height < _MARGIN + _LINE:
            self._finish()
            self._begin()
        self._draw(columns, font)
        self._top -= height + 2
        self._rule(self._top + _LINE - 3, 0.88)

    def end(self) -> None:
        if self._lost:
            self._top -= _LINE
            if self._top < _MARGIN + _LINE:
                self._finish()
                self._begin()
            self._canvas.setFont(_REGULAR, _SIZE)
            self._canvas.drawString(_MARGIN, self._top, self._written(self._paper.replaced))
        self._finish()
        self._canvas.save()

    def _begin(self) -> None:
        self._number += 1
        self._top = float(_HEIGHT - _MARGIN)
        if self._number == 1:
            self._top -= 8
            self._canvas.setFont(_BOLD, 16)
            self._canvas.drawString(_MARGIN, self._top, self._written(self._paper.title))
            self._canvas.setFont(_REGULAR, _SIZE)
            self._top -= 8
            for line in self._paper.lines:
                self._top -= _LINE
                self._canvas.drawString(_MARGIN, self._top, self._written(line))
            self._top -= 2 * _LINE
        self._draw([[self._written(name)] for name in self._heading], _BOLD)
        self._rule(self._top - 4, 0.3)
        self._top -= _LINE + 5

    def _finish(self) -> None:
        self._canvas.setFont(_REGULAR, 8)
        self._canvas.drawRightString(
            _WIDTH - _MARGIN, _MARGIN - _LINE, self._written(f"{self._paper.page} {self._number}".strip())
        )
        self._canvas.showPage()

    def _draw(self, columns: Sequence[Sequence[str]], font: str) -> None:
        self._canvas.setFont(font, _SIZE)
        left = float(_MARGIN)
        for place, (lines, width) in enumerate(zip(columns, self._paper.widths, strict=True)):
            for number, line in enumerate(lines):
                at = self._top - number * _LINE
                if place in self._paper.numbers:
                    self._canvas.drawRightString(left + width, at, line)
                else:
                    self._canvas.drawString(left, at, line)
            left += width

    def _rule(self, at: float, grey: float) -> None:
        self._canvas.setStrokeGray(grey)
        self._canvas.setLineWidth(0.5)
        self._canvas.line(_MARGIN, at, _WIDTH - _MARGIN, at)

    def _written(self, text: str) -> str:
        """Return a text in the letters that the fonts have."""
        text = text.translate(_LIKE)
        if text.encode(_LETTERS, "ignore").decode(_LETTERS) == text and text.isprintable():
            return text
        return "".join(map(self._letter, normalize("NFC", text)))

    def _letter(self, letter: str) -> str:
        for tried in (letter, normalize("NFKD", letter)[0]):
            if tried.encode(_LETTERS, "ignore") and (tried.isprintable() or tried.isspace()):
                return tried
        self._lost = True
        return "?"

    def _wrapped(self, text: str, font: str, width: int) -> list[str]:
        return list(_lines(text, lambda part: self._canvas.stringWidth(part, font, _SIZE) <= width - _GAP))[
            :_MOST_LINES
        ] or [""]


def _lines(text: str, fits: Any) -> Iterator[str]:
    """Give a text as lines that fit, broken between words, and within those that are too long alone."""
    line = ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if fits(longer):
            line = longer
            continue
        if line:
            yield line
        line = ""
        for letter in word:
            if line and not fits(line + letter):
                yield line
                line = ""
            line += letter
    if line:
        yield line
