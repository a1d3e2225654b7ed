"""One text from messages that come in any order, more than once, or not at all (docs/smpp.md, rule 11)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from smsflow.smpp import charset
from smsflow.smpp.concat import fragment
from smsflow.smpp.pdu import ShortMessage

# A handset gives up after a few minutes to an hour; five minutes hold the texts of a slow network.
TIMEOUT: Final = 300.0
# Beyond this many open texts the oldest is released as it is: a peer that sends only first parts cannot fill memory.
MAX_OPEN: Final = 10_000

Key = tuple[str, str, int, int]
"""Source, destination, reference and total."""


@dataclass(frozen=True, slots=True)
class TextPart:
    """The octets of one part, without its header, and how they are read."""

    data_coding: int
    data: bytes
    locking: int = 0
    single: int = 0
    tag: Any = field(default=None, compare=False)
    """The caller's own name for the part."""


@dataclass(frozen=True, slots=True)
class Whole:
    """A text as far as it came."""

    source: str
    destination: str
    text: str
    parts: int
    total: int
    data: bytes = field(default=b"", compare=False)
    tags: tuple[Any, ...] = field(default=(), compare=False)

    @property
    def complete(self) -> bool:
        """Return whether no part is missing."""
        return self.parts == self.total


@dataclass(slots=True)
class _Open:
    started: float
    parts: dict[int, TextPart]


class Reassembly:
    """The texts that wait for their other parts."""

    def __init__(self, *, timeout: float = TIMEOUT, remember: float = TIMEOUT, max_open: int = MAX_OPEN) -> None:
        """Release after `timeout` seconds a text that is not complete; drop for `remember` seconds a part that comes twice."""
        self._timeout = timeout
        self._remember = remember
        self._max_open = max_open
        self._open: dict[Key, _Open] = {}
        self._done: dict[Key, _Open] = {}
        self.duplicates = 0

    @property
    def waiting(self) -> int:
        """Return how many texts wait for a part."""
        return len(self._open)

    def add(self, pdu: ShortMessage, now: float) -> list[Whole]:
        """Take one message; return the texts that it completes, or that it ends by taking their reference."""
        piece = fragment(pdu)
        part = TextPart(pdu.data_coding, piece.data, piece.locking, piece.single)
        return self.put((pdu.source, pdu.dest, piece.reference, piece.total), piece.number, part, now)

    def put(self, key: Key, number: int, part: TextPart, now: float) -> list[Whole]:
        """Take one part; return like `add`. One that was there already counts among the duplicates."""
        total = key[3]
        if total == 1:
            return [_whole(key, {1: part})]
        self._forget(now)
        if part in (self._part(self._open, key, number), self._part(self._done, key, number)):
            self.duplicates += 1
            return []
        released: list[Whole] = []
        if self._part(self._open, key, number) is not None:
            # The same place in the same reference with other words: a new text began before the old one was whole.
            released.append(_whole(key, self._open.pop(key).parts))
        waiting = self._open.setdefault(key, _Open(now, {}))
        waiting.parts[number] = part
        if len(waiting.parts) == total:
            del self._open[key]
            if self._remember > 0:
                self._done[key] = _Open(now, waiting.parts)
            released.append(_whole(key, waiting.parts))
        return released

    def restore(self, key: Key, number: int, part: TextPart, at: float, *, done: bool) -> None:
        """Take back a part that was put before: of a text that waits, or of one that is released. Parts come in their order."""
        texts = self._done if done else self._open
        texts.setdefault(key, _Open(at, {})).parts[number] = part

    def expire(self, now: float) -> list[Whole]:
        """Return, without their missing parts, the texts that waited too long or are too many."""
        late = [key for key, waiting in self._open.items() if now - waiting.started >= self._timeout]
        late = late or list(self._open)[: max(0, len(self._open) - self._max_open)]
        return [_whole(key, self._open.pop(key).parts) for key in late]

    @staticmethod
    def _part(texts: dict[Key, _Open], key: Key, number: int) -> TextPart | None:
        """Return the part that stands already in this place."""
        text = texts.get(key)
        return None if text is None else text.parts.get(number)

    def _forget(self, now: float) -> None:
        """Forget the completed texts that are old or too many, oldest first."""
        while self._done:
            key, done = next(iter(self._done.items()))
            if now - done.started < self._remember and len(self._done) <= self._max_open:
                return
            del self._done[key]


def _whole(key: Key, parts: Mapping[int, TextPart]) -> Whole:
    """Join parts in their order."""
    source, destination, _, total = key
    ordered = [parts[number] for number in sorted(parts)]
    data = b"".join([part.data for part in ordered])
    return Whole(
        source, destination, _text(ordered, data), len(parts), total, data, tuple(part.tag for part in ordered)
    )


def _text(parts: list[TextPart], data: bytes) -> str:
    """Return the text of parts; octets of one coding are joined before they are read, so that no pair cut in two is lost."""
    if len({(part.data_coding, part.locking, part.single) for part in parts}) == 1:
        return _read(parts[0], data)
    return "".join(_read(part, part.data) for part in parts)


def _read(part: TextPart, data: bytes) -> str:
    return charset.decode(part.data_coding, data, locking=part.locking, single=part.single)
