"""The news of an operator about a message: its answers to our submits, and its receipts."""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from smsflow.domain.message import Status


class Accepted(Struct, frozen=True):
    """The operator took the message; one reference for each PDU."""

    references: tuple[str, ...]


class Rejected(Struct, frozen=True):
    """The operator will never take it: credits go back."""

    error: str


class Deferred(Struct, frozen=True):
    """The operator cannot take this message now: again after `wait` seconds."""

    error: str
    wait: float


class Unanswered(Struct, frozen=True):
    """It may have left, and nobody said so."""

    error: str


class NotSent(Struct, frozen=True):
    """It did not leave: it goes back to its place in the queue."""


class Outlived(Struct, frozen=True):
    """Its validity ended before it could leave: credits go back."""


Outcome = Accepted | Rejected | Deferred | Unanswered | NotSent | Outlived

Policy = Literal["any", "last", "all"]

# message_state of SMPP 3.4 §5.2.28, and the words that receipts use for them (appendix B).
# ENROUTE and ACCEPTD are no ends; UNKNOWN and any other word leave the message open.
RECEIPT_STATUS: dict[str, Status] = {
    "DELIVRD": Status.DELIVERED,
    "EXPIRED": Status.EXPIRED,
    "DELETED": Status.FAILED,
    "UNDELIV": Status.FAILED,
    "REJECTD": Status.FAILED,
}

# The operator never took it on: its credits go back.
REFUSED_STATES = frozenset({"REJECTD"})

# Waits between tries of a message that the operator cannot take now; the last one repeats until the validity ends.
_BACKOFF = (5.0, 15.0, 60.0, 180.0, 600.0)


def returns_credits(*, not_taken: bool, losses: int) -> bool:
    """Tell whether the credits of a message that ends go back (ADR 1): when no attempt of it can have reached the handset.

    `not_taken` says so of the last attempt; `losses` counts the earlier ones that nobody answered.
    """
    return not_taken and losses == 0


def backoff(attempt: int) -> float:
    """Return the seconds to wait after this attempt (the first is 1)."""
    return _BACKOFF[min(max(attempt, 1), len(_BACKOFF)) - 1]


def combine(states: Sequence[Status | None], policy: Policy) -> Status | None:
    """Return what the states of a message's parts, in order, say of the whole; None while it is open.

    A part that failed or expired decides: the text cannot be read whole any more.
    """
    for end in (Status.FAILED, Status.EXPIRED):
        if end in states:
            return end
    delivered = [s is Status.DELIVERED for s in states]
    done = {"any": any(delivered), "last": bool(delivered) and delivered[-1], "all": bool(delivered) and all(delivered)}
    return Status.DELIVERED if done[policy] else None
