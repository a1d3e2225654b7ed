"""Throttling answers: tells those of one number (a full handset) from those of the whole connector. Time is an argument."""

from enum import Enum, auto

from smsflow.dispatch.sending import Sending

# A message that was refused so often while nothing was accepted gives way: its number may be the only one that is refused.
_MOST_REFUSALS = 2
# A long message of which a part was accepted cannot be deferred any more, only be unknown: it is tried some more times before that.
_MOST_OF_A_PART = 5
_MOST_WAITING = 10_000


class Verdict(Enum):
    """What a throttling answer asks for."""

    SLOW_DOWN = auto()
    """The connector pauses; the message keeps its place."""
    DEFER = auto()
    """The message waits by itself; the connector goes on."""
    BOTH = auto()


class Refusals:
    """The refusals since the last acceptance, and the numbers whose messages wait by themselves."""

    def __init__(self) -> None:
        """Start with none."""
        self._accepted = 0
        self._refused: set[str] = set()
        self._waiting: dict[str, float] = {}
        self.last: str | None = None
        """The number that was refused last, None after an acceptance: the probe is a message to another one."""

    def accepted(self, number: str) -> None:
        """Take the acceptance of a PDU."""
        self._accepted += 1
        if self.last is not None:
            self.last = None
            self._refused.clear()
        if self._waiting:
            self._waiting.pop(number, None)

    def judge(self, sending: Sending, *, queue_full: bool) -> Verdict:
        """Return what a throttling answer to `sending` asks for; `queue_full` is RMSGQFUL, which often speaks of one handset."""
        number = sending.claim.number
        own = (
            number in self._waiting
            or sending.refusals >= _MOST_REFUSALS
            or (sending.refusals > 0 and sending.accepted_before < self._accepted)
        )
        sending.refusals += 1
        sending.accepted_before = self._accepted
        self.last = number
        if len(self._refused) < 2:  # one number or several: it matters no more
            self._refused.add(number)
        if sending.answered and sending.refusals <= _MOST_OF_A_PART:
            return Verdict.SLOW_DOWN
        if self._refused == {number} and (own or queue_full):
            return Verdict.DEFER
        return Verdict.BOTH if own else Verdict.SLOW_DOWN

    def defer(self, number: str, until: float) -> None:
        """Let later messages to a number wait as well, so that they do not overtake the one that was deferred."""
        self._waiting.pop(number, None)
        self._waiting[number] = until
        if len(self._waiting) > _MOST_WAITING:
            del self._waiting[next(iter(self._waiting))]

    def wait(self, number: str, now: float) -> float:
        """Return for how many seconds messages to a number wait, 0 when they need not."""
        until = self._waiting.get(number) if self._waiting else None
        return 0.0 if until is None else max(0.0, until - now)
