"""The messages to each number, over all binds that this dispatcher has of a connector: a refusal must not change their order."""

import asyncio
from collections.abc import Callable

from smsflow.dispatch.sending import Sending

_MOST_WAITING = 10_000


class Ordering:
    """The order of messages to each number, and the numbers whose messages wait by themselves. Time is an argument."""

    def __init__(self) -> None:
        """Start with none."""
        self._lines: dict[str, list[Sending]] = {}
        self._waiting: dict[str, float] = {}
        self._lanes: list[Callable[[str], None]] = []
        self.claiming = asyncio.Lock()
        """Held while a lane claims: messages enter in the order of their claims."""

    def join(self, free: Callable[[str], None]) -> None:
        """Notify a lane of each number whose next message may leave."""
        self._lanes.append(free)

    def leave(self, free: Callable[[str], None]) -> None:
        """Stop notifying a lane."""
        self._lanes.remove(free)

    def enter(self, sending: Sending) -> None:
        """Put a message behind those to its number that have no outcome yet."""
        self._lines.setdefault(sending.claim.number, []).append(sending)

    def is_next(self, sending: Sending) -> bool:
        """Tell whether every earlier message to the same number has its outcome."""
        line = self._lines.get(sending.claim.number)
        return line is None or line[0] is sending or next((s for s in line if not s.reported), sending) is sending

    def reported(self, sending: Sending) -> None:
        """Let the next message to the same number go."""
        number = sending.claim.number
        line = [s for s in self._lines.pop(number, ()) if not s.reported]
        if line:
            self._lines[number] = line
            for free in self._lanes:
                free(number)

    def defer(self, number: str, until: float) -> None:
        """Let later messages to a number wait as well, so that they do not overtake the one that was deferred."""
        self._waiting.pop(number, None)
        self._waiting[number] = until
        if len(self._waiting) > _MOST_WAITING:
            del self._waiting[next(iter(self._waiting))]

    def is_waiting(self, number: str) -> bool:
        """Tell whether a message to a number was deferred, and none accepted since."""
        return number in self._waiting

    def accepted(self, number: str) -> None:
        """Forget that messages to a number were deferred."""
        if self._waiting:
            self._waiting.pop(number, None)

    def wait(self, number: str, now: float) -> float:
        """Return for how many seconds messages to a number wait, 0 when they need not."""
        until = self._waiting.get(number) if self._waiting else None
        return 0.0 if until is None else max(0.0, until - now)
