"""How fast a connector may send: a token bucket in PDUs, slowed down by the operator's throttling. Time is an argument."""

import math

# AIMD as TCP has it: halve at once, then climb back slowly, so that the operator's limit is approached from below.
_CUT = 0.5
_CLIMB_PER_SECOND = 0.05
# PDUs per second, each second: from a rate of one, 5 % a second would take minutes to recover.
_CLIMB_AT_LEAST = 1.0
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 30.0
# The first rate of an operator that throttles a connector without a configured rate.
_UNLIMITED = 2000.0


class Throttle:
    """Tells how many PDUs may leave now, and when the next one may."""

    def __init__(self, rate: float | None, *, now: float) -> None:
        """Allow `rate` PDUs a second (None: as many as the window takes) with a burst of a tenth of a second, at least one PDU."""
        self._ceiling = rate
        self._rate = rate
        self._tokens = 1.0
        self._at = now
        self._resume_at = 0.0
        self._pause = _FIRST_PAUSE
        self._probing = False
        self._sent_since = 0
        self._second = int(now)
        self._in_second = 0
        self._in_second_before = 0
        self._uncut = rate
        self._taken = 0
        self._taken_from = now

    @property
    def rate(self) -> float | None:
        """PDUs a second at this moment; None without a limit."""
        return self._rate

    @property
    def burst(self) -> float:
        """The most PDUs that may leave at once."""
        return math.inf if self._rate is None else max(1.0, self._rate * 0.1)

    def allowance(self, now: float) -> float:
        """Return how many PDUs may leave at `now`: none during a pause, one while probing after it."""
        if now < self._resume_at:
            return 0.0
        self._refill(now)
        room = math.inf if self._rate is None else math.floor(self._tokens)
        if self._probing:
            return min(room, 0.0 if self._sent_since else 1.0)
        return room

    def spend(self, now: float) -> None:
        """Count one PDU that leaves at `now`."""
        self._refill(now)
        if self._rate is not None:
            self._tokens -= 1.0
        self._sent_since += 1
        second = int(now)
        if second != self._second:
            self._in_second_before = self._in_second if second == self._second + 1 else 0
            self._second, self._in_second = second, 0
        self._in_second += 1

    def wait(self, now: float) -> float:
        """Return the seconds until a PDU may leave: 0 when one may now, infinity while a probe waits for its answer."""
        if now < self._resume_at:
            return self._resume_at - now
        if self.allowance(now) >= 1:
            return 0.0
        if self._probing and self._sent_since:
            return math.inf
        return (1.0 - self._tokens) / self._rate if self._rate else 0.0

    def throttled(self, now: float) -> None:
        """Take a throttling answer: pause, then probe with one PDU, then continue at a lower rate."""
        if now < self._resume_at:  # answers to the rest of the same window
            return
        # An average over an idle hour would be far below what the operator takes.
        lately = max(self._taken / max(0.1, now - self._taken_from), self._in_second, self._in_second_before)
        current = self._rate if self._rate is not None else min(_UNLIMITED, max(1.0, lately))
        if not self._probing:
            self._uncut = self._rate
        self._rate = max(1.0, current * _CUT)
        self._taken, self._taken_from = 0, now
        self._pause = min(_LONGEST_PAUSE, self._pause * 2) if self._probing else _FIRST_PAUSE
        self._resume_at = now + self._pause
        self._probing = True
        self._sent_since = 0
        self._tokens = 1.0  # for the probe; PDUs that left before were counted at another rate

    def accepted(self, now: float) -> None:
        """Take an answer that is not throttling: the probe succeeded, and the rate climbs."""
        self._taken += 1
        if self._probing and now >= self._resume_at:
            self._probing = False
            self._at = now
        elif self._ceiling is None and self._rate is not None and self._rate > _UNLIMITED * 2:
            self._rate = None

    def refused_one_number(self, *, again: bool) -> None:
        """Take throttling that speaks of one number: another probe may leave; the second time, take back what the first cut."""
        self.unanswered()
        if again and self._rate is not None and (self._uncut is None or self._uncut > self._rate):
            self._rate = self._uncut

    def unanswered(self) -> None:
        """Take a missing answer: if it was the probe's, another probe may leave."""
        self._sent_since = 0

    def _refill(self, now: float) -> None:
        elapsed = max(0.0, now - self._at)
        self._at = now
        if self._rate is None:
            return
        if not self._probing:
            ceiling = self._ceiling if self._ceiling is not None else math.inf
            climb = max(_CLIMB_AT_LEAST, self._rate * _CLIMB_PER_SECOND)
            self._rate = min(ceiling, self._rate + climb * min(elapsed, 1.0))
        self._tokens = min(self.burst, self._tokens + elapsed * self._rate)
