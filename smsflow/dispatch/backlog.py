"""Pieces that wait to be submitted: OTP first, then in the order of the claims; to one number, one message after the other."""

import heapq
from collections.abc import Callable

from smsflow.dispatch.sending import Piece, Sending


class Backlog:
    """A heap of pieces. A message waits for the answer to an earlier one to the same number, because a refusal would change their order."""

    def __init__(self, *, most_behind: int) -> None:
        """Keep at most `most_behind` pieces waiting for answers to earlier messages: many to one number must not fill the window."""
        self._pieces: list[Piece] = []
        self._behind: list[Piece] = []
        self._most_behind = most_behind
        self._ahead: dict[str, Sending] = {}

    def __len__(self) -> int:
        """Return how many pieces wait."""
        return len(self._pieces) + len(self._behind)

    @property
    def ready(self) -> bool:
        """Tell whether a piece may wait that needs no answer to an earlier message."""
        return bool(self._pieces)

    def push(self, piece: Piece) -> None:
        """Add a piece, or put one back in its place."""
        heapq.heappush(self._pieces, piece)

    def pop(self, *, avoid: str | None = None) -> Piece | None:
        """Take the next piece, of another number than `avoid` where there is one; None when nothing can leave now."""
        avoided: list[Piece] = []
        found = None
        while self._pieces and found is None:
            piece = heapq.heappop(self._pieces)
            sending = piece.sending
            number = sending.claim.number
            if sending.reported or sending.declined:
                continue
            if self._ahead.get(number, sending) is not sending and len(self._behind) < self._most_behind:
                self._behind.append(piece)
            elif number == avoid:
                avoided.append(piece)
            else:
                found = piece
        if found is None and avoided:
            found = avoided.pop(0)
        for piece in avoided:
            heapq.heappush(self._pieces, piece)
        if found is not None:
            self._ahead.setdefault(found.sending.claim.number, found.sending)
        return found

    def answered(self, sending: Sending) -> None:
        """Let the next message to the same number go when nothing of this one is in flight."""
        number = sending.claim.number
        if self._ahead.get(number) is sending and (sending.reported or not sending.in_flight):
            del self._ahead[number]
            self._free(lambda piece: piece.sending.claim.number == number)

    def keep(self, wanted: Callable[[Sending], bool]) -> None:
        """Drop the pieces of messages that are not wanted; the rest waits for no other message."""
        self._ahead.clear()
        self._free(lambda _piece: True)
        self._pieces = [p for p in self._pieces if wanted(p.sending)]
        heapq.heapify(self._pieces)

    def _free(self, which: Callable[[Piece], bool]) -> None:
        if self._behind:
            for piece in filter(which, self._behind):
                heapq.heappush(self._pieces, piece)
            self._behind = [p for p in self._behind if not which(p)]
