"""A bar of progress in one line of standard error, for a person who waits; a program sees nothing of it."""

import contextlib
import sys
from types import TracebackType
from typing import Self

_WIDTH = 30
_CLEAR_REST = "\x1b[K"


class ProgressBar:
    """How far something is that is counted, such as `rows`."""

    def __init__(self, what: str) -> None:
        """Show nothing yet."""
        self._what, self._shown = what, False

    def __enter__(self) -> Self:
        """Return the bar."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the line, so that what is printed next stands below it."""
        if self._shown:
            self._write("\n")

    def show(self, done: int, *, share: float | None = None) -> None:
        """Show how many are done, and what share of all that is where it is known."""
        if not sys.stderr.isatty():
            return
        filled = round(_WIDTH * min(1.0, share or 0.0))
        bar = "" if share is None else f"[{'#' * filled}{'.' * (_WIDTH - filled)}] {min(1.0, share):4.0%}  "
        self._write(f"\r{bar}{done} {self._what}{_CLEAR_REST}")
        self._shown = True

    @staticmethod
    def _write(text: str) -> None:
        with contextlib.suppress(OSError):
            sys.stderr.write(text)
            sys.stderr.flush()
