"""Limits of a session: times and counts."""

from dataclasses import dataclass
from typing import Final

# The bound of malformed PDUs: a healthy peer sends none, and one that sends more than its good PDUs make up for is dropped (docs/smpp.md, rule 15).
MAX_NONSENSE: Final = 20
GOOD_PER_NONSENSE: Final = 10
# Requests of the peer that wait for our answer; beyond, they are refused with a temporary status.
MAX_UNACKNOWLEDGED: Final = 10_000


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """The bounds of one session: requests in flight, seconds, and enquire_link without an answer."""

    window: int = 10
    bind_timeout: float = 10.0
    response_timeout: float = 30.0
    enquire_interval: float = 30.0
    enquire_misses: int = 2
    unacknowledged: int = MAX_UNACKNOWLEDGED
