"""Throttling answers: tells those of one number (a full handset) from those of the whole connector. Time is an argument."""

from enum import Enum, auto

from smsflow.dispatch.ordering import Ordering
from smsflow.dispatch.sending import Sending

# A message that was refused so often while nothing was accepted gives way: its number may be the only one that is refused.
_MOST_REFUSALS = 2
# A long message of which a part was accepted cannot be deferred any more, only be unknown: it is tried some more times before that.
_MOST_OF_A_PART = 5


class Reaction(Enum):
    """The reaction that a throttling answer asks for."""

    SLOW_DOWN = auto()
    """The connector pauses; the message keeps its place."""
    DEFER = auto()
    """The message waits by itself; the connector goes on."""
    BOTH = auto()


class Refusals:
    """The refusals of one bind since its last acceptance."""

    def __init__(self, ordering: Ordering) -> None:
        """Start with none."""
        self._ordering = ordering
        self._accepted = 0
        self._refused: set[str] = set()
        self.last: str | None = None
        """The number that was refused last, None after an acceptance: the probe is a message to another one."""

    def accepted(self, number: str) -> None:
        """Take the acceptance of a PDU."""
        self._accepted += 1
        if self.last is not None:
            self.last = None
            self._refused.clear()
        self._ordering.accepted(number)

    def judge(self, sending: Sending, *, queue_full: bool) -> Reaction:
        """Return what a throttling answer to `sending` asks for; `queue_full` is RMSGQFUL, which often speaks of one handset."""
        number = sending.claim.number
        own = (
            self._ordering.is_waiting(number)
            or sending.refusals >= _MOST_REFUSALS
            or (sending.refusals > 0 and sending.accepted_before < self._accepted)
        )
        sending.refusals += 1
        sending.accepted_before = self._accepted
        self.last = number
        if len(self._refused) < 2:  # one number or several: it matters no more
            self._refused.add(number)
        if sending.answered and sending.refusals <= _MOST_OF_A_PART:
            return Reaction.SLOW_DOWN
        if self._refused == {number} and (own or queue_full):
            return Reaction.DEFER
        return Reaction.BOTH if own else Reaction.SLOW_DOWN
