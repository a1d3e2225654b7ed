"""Pictures: SVG drawn by the server, without text and without inline style; labels and the table behind stand in HTML."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from markupsafe import Markup, escape

_WIDTH, _HEIGHT = 600, 160
# The days of a picture by day, and those that are named below it: the first, the last, and two between.
DAYS: Final = 30
_NAMED: Final = (0, 10, 20, 29)


@dataclass(frozen=True, slots=True)
class Series:
    """Values of one colour: `good`, `wait`, `bad` or `line`."""

    name: str
    tone: str
    values: Sequence[int]


def _svg(title: str, description: str, body: str, *, height: int = _HEIGHT) -> Markup:
    # Everything in `body` is numbers and words of ours.
    return Markup(  # noqa: S704
        f'<svg class="picture" viewBox="0 0 {_WIDTH} {height}" preserveAspectRatio="none" role="img" '
        f'width="{_WIDTH}" height="{height}"><title>{escape(title)}</title><desc>{escape(description)}</desc>{body}</svg>'
    )


def ticks(most: int) -> list[int]:
    """Return the marks of a scale from 0 to at least `most`: three or four, at round numbers."""
    unit = 1
    while unit * 10 * 3 < most:
        unit *= 10
    step = next(unit * n for n in (1, 2, 3, 5, 10) if unit * n * 3 >= most)
    return [step * n for n in range(-(-max(most, 1) // step) + 1)]


def _grid(marks: Sequence[int]) -> str:
    """Return a line across the picture at each mark of a scale."""
    lines = "".join(f"M0 {_HEIGHT - mark / marks[-1] * _HEIGHT:.1f}H{_WIDTH}" for mark in marks)
    return f'<path class="pic-grid" d="{lines}"/>'


def stacked(title: str, description: str, series: Sequence[Series]) -> Markup:
    """Return bars, one for each place of the series, their values upon each other, on the scale of `ticks`."""
    count = max((len(s.values) for s in series), default=0)
    totals = [sum(s.values[place] for s in series) for place in range(count)]
    marks = ticks(max(totals, default=0))
    most = marks[-1]
    step = _WIDTH / max(count, 1)
    bars = [_grid(marks)]
    for place in range(count):
        top = float(_HEIGHT)
        for s in series:
            height = s.values[place] / most * _HEIGHT
            top -= height
            if height:
                bars.append(
                    f'<rect class="pic-{s.tone}" x="{place * step + step * 0.12:.2f}" y="{top:.2f}" '
                    f'width="{step * 0.76:.2f}" height="{height:.2f}"/>'
                )
    return _svg(title, description, "".join(bars))


def by_day(title: str, description: str, series: Sequence[Series], days: Sequence[date]) -> dict[str, Any]:
    """Return the picture of thirty days, stacked, with its scale and the days that are named."""
    totals = [sum(values) for values in zip(*(s.values for s in series), strict=True)]
    return {
        "picture": stacked(title, description, series),
        "scale": ticks(max(totals)),
        "days": [f"{days[place]:%d/%m}" for place in _NAMED],
    }


def line(title: str, description: str, values: Sequence[int]) -> Markup:
    """Return a curve with the area below it, on the scale of `ticks`."""
    marks = ticks(max(values, default=0))
    most = marks[-1]
    step = _WIDTH / max(len(values) - 1, 1)
    points = " ".join(
        f"{place * step:.1f},{_HEIGHT - value / most * _HEIGHT:.1f}" for place, value in enumerate(values)
    )
    area = f"0,{_HEIGHT} {points} {(len(values) - 1) * step:.1f},{_HEIGHT}"
    grid = _grid(marks)
    drawn = f'<polygon class="pic-area" points="{area}"/><polyline class="pic-line" fill="none" points="{points}"/>'
    return _svg(title, description, f"{grid}{drawn}" if values else "")


def bar(title: str, description: str, parts: Sequence[tuple[str, int]], whole: int) -> Markup:
    """Return one bar whose parts, given as (tone, value), fill a whole."""
    left, drawn = 0.0, [f'<rect class="pic-rest" x="0" y="0" width="{_WIDTH}" height="12"/>']
    for tone, value in parts:
        width = value / (whole or 1) * _WIDTH
        if width:
            drawn.append(f'<rect class="pic-{tone}" x="{left:.2f}" y="0" width="{width:.2f}" height="12"/>')
        left += width
    return _svg(title, description, "".join(drawn), height=12)
