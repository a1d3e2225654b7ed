"""One text from messages that come in any order, more than once, or not at all."""

from dataclasses import dataclass
from typing import Final

from smsflow.smpp import charset
from smsflow.smpp.concat import Fragment, fragment
from smsflow.smpp.pdu import ShortMessage

# A handset gives up after a few minutes to an hour; five minutes hold the texts of a slow network.
TIMEOUT: Final = 300.0
# Beyond this many open texts the oldest is released as it is: a peer that sends only first parts cannot fill memory.
MAX_OPEN: Final = 10_000

Key = tuple[str, str, int, int]


@dataclass(frozen=True, slots=True)
class Whole:
    """A text as far as it came."""

    source: str
    destination: str
    text: str
    parts: int
    total: int

    @property
    def complete(self) -> bool:
        """Tell whether no part is missing."""
        return self.parts == self.total


@dataclass(slots=True)
class _Open:
    started: float
    parts: dict[int, tuple[int, bytes]]


class Reassembly:
    """The texts that wait for their other parts, by (source, destination, reference, total)."""

    def __init__(self, *, timeout: float = TIMEOUT, remember: float = TIMEOUT, max_open: int = MAX_OPEN) -> None:
        """Release after `timeout` seconds what is not complete; drop for `remember` seconds what comes twice."""
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
        part = (pdu.data_coding, piece.data)
        if piece.total == 1:
            return [_whole(pdu.source, pdu.dest, 1, {1: part})]
        key = (pdu.source, pdu.dest, piece.reference, piece.total)
        self._forget(now)
        if part in (self._part(self._open, key, piece), self._part(self._done, key, piece)):
            self.duplicates += 1
            return []
        released: list[Whole] = []
        if self._part(self._open, key, piece) is not None:
            # The same place in the same reference with other words: a new text began before the old one was whole.
            released.append(_whole(*key[:2], piece.total, self._open.pop(key).parts))
        waiting = self._open.setdefault(key, _Open(now, {}))
        waiting.parts[piece.number] = part
        if len(waiting.parts) == piece.total:
            del self._open[key]
            if self._remember > 0:
                self._done[key] = _Open(now, waiting.parts)
            released.append(_whole(*key[:2], piece.total, waiting.parts))
        return released

    def expire(self, now: float) -> list[Whole]:
        """Return, without their missing parts, the texts that waited too long or are too many."""
        late = [key for key, waiting in self._open.items() if now - waiting.started >= self._timeout]
        late = late or list(self._open)[: max(0, len(self._open) - self._max_open)]
        return [_whole(*key[:2], key[3], self._open.pop(key).parts) for key in late]

    @staticmethod
    def _part(texts: dict[Key, _Open], key: Key, piece: Fragment) -> tuple[int, bytes] | None:
        """Return what is already there in the place of `piece`."""
        text = texts.get(key)
        return None if text is None else text.parts.get(piece.number)

    def _forget(self, now: float) -> None:
        """Forget the completed texts that are old or too many, oldest first."""
        while self._done:
            key, done = next(iter(self._done.items()))
            if now - done.started < self._remember and len(self._done) <= self._max_open:
                return
            del self._done[key]


def _whole(source: str, destination: str, total: int, parts: dict[int, tuple[int, bytes]]) -> Whole:
    """Join parts in their order; octets of one coding are joined first, so that no pair cut in two is lost."""
    ordered = [parts[number] for number in sorted(parts)]
    codings = {coding for coding, _ in ordered}
    if len(codings) == 1:
        text = charset.decode(ordered[0][0], b"".join(data for _, data in ordered))
    else:
        text = "".join(charset.decode(coding, data) for coding, data in ordered)
    return Whole(source, destination, text, len(parts), total)
