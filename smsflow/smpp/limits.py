"""How long a session waits, and for how much."""

from dataclasses import dataclass
from typing import Final

# A healthy peer sends none; one that keeps on is not speaking SMPP.
MAX_NONSENSE: Final = 20
# Requests of the peer that wait for our answer; beyond, it is told to come back later.
MAX_UNACKNOWLEDGED: Final = 10_000


@dataclass(frozen=True, slots=True)
class Limits:
    """What one session may take: requests in flight, seconds, and enquire_link without an answer."""

    window: int = 10
    bind_timeout: float = 10.0
    response_timeout: float = 30.0
    enquire_interval: float = 30.0
    enquire_misses: int = 2
    unacknowledged: int = MAX_UNACKNOWLEDGED
