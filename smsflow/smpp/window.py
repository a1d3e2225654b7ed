"""Requests in flight, and those given up whose response may still come."""

from typing import Any, Final

from smsflow.smpp import spec

# A late response is still worth knowing for this long, and for so many requests: beyond, memory would grow.
LATE_SECONDS: Final = 600.0
LATE_MAX: Final = 10_000


class Window:
    """Slots of requests in flight; every slot expires."""

    __slots__ = ("_late", "_sequence", "size", "timeout", "waiting")

    def __init__(self, size: int, timeout: float) -> None:
        """Hold up to `size` requests, each for `timeout` seconds."""
        self.size = size
        self.timeout = timeout
        self._sequence = 0
        # Both in the order of their deadlines, since every request waits equally long: the first is the earliest.
        self.waiting: dict[int, tuple[float, Any]] = {}
        self._late: dict[int, tuple[float, Any]] = {}

    def __contains__(self, sequence: int) -> bool:
        """Return whether a response to this sequence number would still mean something."""
        return sequence in self.waiting or sequence in self._late

    def next_sequence(self) -> int:
        """Return the next sequence number that no request in flight or given up has."""
        while True:
            self._sequence = self._sequence + 1 if self._sequence < spec.MAX_SEQUENCE else 1
            if self._sequence not in self:
                return self._sequence

    def deadline(self) -> float | None:
        """Return when the oldest request is given up."""
        return next(iter(self.waiting.values()))[0] if self.waiting else None

    def take_late(self, sequence: int) -> tuple[float, Any] | None:
        """Return a request that was given up, once."""
        return self._late.pop(sequence, None)

    def expire(self, now: float) -> list[Any]:
        """Give up requests that waited too long: free their slots, keep them for a late response, return their tokens."""
        waiting, late = self.waiting, self._late
        tokens = []
        while waiting:
            sequence, (deadline, token) = next(iter(waiting.items()))
            if deadline > now:
                break
            del waiting[sequence]
            late[sequence] = (now + LATE_SECONDS, token)
            tokens.append(token)
        while late:
            sequence, (end, _) = next(iter(late.items()))
            if end > now and len(late) <= LATE_MAX:
                break
            del late[sequence]
        return tokens

    def clear(self) -> list[Any]:
        """Give up everything for good and return the tokens that waited."""
        tokens = [token for _, token in self.waiting.values()]
        self.waiting.clear()
        self._late.clear()
        return tokens
