"""Pieces that wait to be submitted: OTP first, then in the order of the claims; to one number, one message after the other."""

import heapq
from collections.abc import Callable
from itertools import count

from smsflow.dispatch.ordering import Ordering
from smsflow.dispatch.sending import Piece, Sending


class Backlog:
    """A heap of pieces. A message waits for the outcome of an earlier one to the same number (see `Ordering`)."""

    def __init__(self, ordering: Ordering, *, most_behind: int) -> None:
        """Keep at most `most_behind` pieces waiting for earlier messages: many to one number must not fill the window."""
        self._ordering = ordering
        self._pieces: list[Piece] = []
        self._behind: list[Piece] = []
        self._most_behind = most_behind
        self._orders = count()
        self._ends = False

    def __len__(self) -> int:
        """Return how many pieces wait."""
        return len(self._pieces) + len(self._behind)

    @property
    def ready(self) -> bool:
        """Tell whether a piece may wait that needs no answer to an earlier message."""
        return bool(self._pieces)

    def add(self, sending: Sending) -> None:
        """Add the pieces of a message, behind those of its kind that were added before."""
        self._ordering.enter(sending)
        order = next(self._orders)
        for part in range(len(sending.bodies)):
            self.push(Piece(sending.claim.kind, order, part, sending))

    def push(self, piece: Piece) -> None:
        """Put a piece back in its place."""
        heapq.heappush(self._pieces, piece)

    def pop(self, *, avoid: str | None = None) -> Piece | None:
        """Take the next piece, of another number than `avoid` where there is one; None when nothing can leave now."""
        avoided: list[Piece] = []
        found = None
        while self._pieces and found is None:
            piece = heapq.heappop(self._pieces)
            sending = piece.sending
            if sending.reported or sending.declined:
                continue
            if not self._ends and len(self._behind) < self._most_behind and not self._ordering.is_next(sending):
                self._behind.append(piece)
            elif sending.claim.number == avoid:
                avoided.append(piece)
            else:
                found = piece
        if found is None and avoided:
            found = avoided.pop(0)
        for piece in avoided:
            heapq.heappush(self._pieces, piece)
        return found

    def begin(self) -> None:
        """Let messages wait for earlier ones from now on."""
        self._ends = False

    def free(self, number: str) -> bool:
        """Let what waits for an earlier message to a number be looked at again; False when nothing does."""
        return bool(self._behind) and self._free(lambda piece: piece.sending.claim.number == number)

    def keep(self, wanted: Callable[[Sending], bool]) -> None:
        """Drop the pieces of messages that are not wanted; from now on the rest waits for no other message."""
        self._ends = True
        self._free(lambda _piece: True)
        self._pieces = [p for p in self._pieces if wanted(p.sending)]
        heapq.heapify(self._pieces)

    def _free(self, which: Callable[[Piece], bool]) -> bool:
        freed = [p for p in self._behind if which(p)]
        for piece in freed:
            heapq.heappush(self._pieces, piece)
        self._behind = [p for p in self._behind if not which(p)]
        return bool(freed)
