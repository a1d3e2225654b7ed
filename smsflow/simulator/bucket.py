"""The rate beyond which a simulated operator throttles."""


class Bucket:
    """A bucket that holds what one second allows."""

    def __init__(self, now: float) -> None:
        """Start full."""
        self._left = 0.0
        self._looked = now
        self._rate: float | None = None

    def take(self, rate: float, now: float) -> bool:
        """Take one if it is there; a new rate starts with a full bucket."""
        full = max(1.0, rate)
        if rate != self._rate:
            self._left, self._rate = full, rate
        self._left = min(full, self._left + (now - self._looked) * rate)
        self._looked = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
