"""When to send enquire_link, and when to declare the peer dead (docs/smpp.md, rule 1)."""


class Liveness:
    """Counts the silence of a bound peer; any PDU counts as life."""

    __slots__ = ("_asked", "_interval", "_last_pdu", "_misses", "_misses_allowed", "_patience")

    def __init__(self, interval: float, patience: float, misses: int, *, now: float) -> None:
        """Ask after `interval` seconds of silence, wait `patience` seconds, declare it dead after `misses` of them."""
        self._interval = interval
        self._patience = patience
        self._misses_allowed = misses
        self._last_pdu = now
        self._asked: float | None = None
        self._misses = 0

    def pdu_received(self, now: float) -> None:
        """Take any PDU for a sign of life."""
        self._last_pdu = now
        self._asked = None
        self._misses = 0

    def due(self) -> float:
        """Return when to look again."""
        return self._last_pdu + self._interval if self._asked is None else self._asked + self._patience

    def ask(self, now: float) -> bool:
        """Return True when an enquire_link is to be sent, False when too many went unanswered."""
        if self._asked is not None:
            self._misses += 1
        self._asked = now
        return self._misses < self._misses_allowed
