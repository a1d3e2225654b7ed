"""The texts that handsets behind a simulated operator received."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from smsflow.smpp.pdu import ShortMessage
from smsflow.smpp.reassembly import Reassembly, Whole

# An hour: long enough for the parts of any text that still moves.
_TIMEOUT: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Received:
    """A text that a handset shows."""

    destination: str
    source: str
    text: str
    submitted_at: datetime
    parts: int
    complete: bool = True


class Inbox:
    """Every text assembled from its parts, by number, at most the last `keep` of them."""

    def __init__(self, *, keep: int | None = None) -> None:
        """Start empty."""
        self._keep = keep
        self.messages: deque[Received] = deque()
        self._by_number: dict[str, list[Received]] = {}
        self._seen: dict[tuple[str, str], int] = {}
        # A text sent twice with the same reference is two texts here: tests look for duplicates.
        self._reassembly = Reassembly(timeout=_TIMEOUT, remember=0)
        self.total = 0
        self.duplicates = 0

    def add(self, pdu: ShortMessage, *, now: float, at: datetime) -> None:
        """Take one accepted submission."""
        for whole in self._reassembly.add(pdu, now):
            self._show(whole, at)
        if self._keep is not None:
            for whole in self._reassembly.expire(now):
                self._show(whole, at)

    def received(self, number: str) -> list[Received]:
        """Return what one number received, oldest first; the plus is optional."""
        return list(self._by_number.get(number.lstrip("+"), ()))

    def counts(self) -> dict[str, int]:
        """Return how many texts each number received."""
        return {number: len(messages) for number, messages in self._by_number.items()}

    def repeated(self) -> Iterator[tuple[str, str, int]]:
        """Return each (number, text, times) that a handset received more than once."""
        return ((number, text, times) for (number, text), times in self._seen.items() if times > 1)

    @property
    def incomplete(self) -> int:
        """Return how many texts wait for a part."""
        return self._reassembly.waiting

    def _show(self, whole: Whole, at: datetime) -> None:
        number = whole.destination.lstrip("+")
        message = Received(number, whole.source, whole.text, at, whole.parts, whole.complete)
        self.total += 1
        self.messages.append(message)
        self._by_number.setdefault(number, []).append(message)
        times = self._seen.get((number, whole.text), 0) + 1
        self._seen[number, whole.text] = times
        if times > 1:
            self.duplicates += 1
        if self._keep is not None and len(self.messages) > self._keep:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        oldest = self.messages.popleft()
        remaining = self._by_number[oldest.destination]
        remaining.pop(0)
        if not remaining:
            del self._by_number[oldest.destination]
        key = (oldest.destination, oldest.text)
        self._seen[key] -= 1
        if not self._seen[key]:
            del self._seen[key]
