"""A message on its way through one bind: its PDUs and the operator's answers to them."""

from dataclasses import dataclass, field

import structlog
from msgspec import Struct

from smsflow.connectors import smpp
from smsflow.domain.delivery import Accepted, Deferred, Outcome, Rejected, Unanswered, backoff
from smsflow.store.messages.queue import Claimed
from smsflow.store.routing.connectors import Connector
from smsflow.vault import Vault

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Sending:
    """A claimed message while this process holds it; mutable, because it lives for milliseconds in one lane."""

    claim: Claimed
    bodies: list[bytes]
    references: list[str | None] = field(default_factory=list)
    submitted: int = 0
    answered: int = 0
    declined: int = 0
    reported: bool = False
    refusals: int = 0
    """Throttling answers so far, and how many PDUs the connector had accepted before the last of them (see `Refusals`)."""
    accepted_before: int = 0

    def __post_init__(self) -> None:
        """Make room for one reference per PDU."""
        self.references = [None] * len(self.bodies)

    @property
    def in_flight(self) -> int:
        """Return how many PDUs wait for their answer."""
        return self.submitted - self.answered - self.declined

    def accept(self, part: int, reference: str) -> Outcome | None:
        """Take the acceptance of one PDU; return the outcome when it was the last one that was missing."""
        if self.references[part] is None:
            self.references[part] = reference
            self.answered += 1
        if self.answered < len(self.bodies):
            return self.stopped()
        return Accepted(tuple(r for r in self.references if r is not None))

    def decline(self) -> Outcome | None:
        """Take a temporary refusal of one PDU; return the outcome when no other is in flight."""
        self.declined += 1
        return self.stopped()

    def decline_late(self) -> Outcome | None:
        """Take a temporary refusal that came after the response time-out; return the outcome when nothing that left was taken."""
        self.declined += 1
        return None if self.in_flight or self.answered else self._deferred()

    def stopped(self) -> Outcome | None:
        """Return the outcome of a message that was declined in part, once every PDU that left is answered."""
        if not self.declined or self.in_flight > 0:
            return None
        if self.answered:
            return Unanswered("only a part was accepted")
        return self._deferred()

    def _deferred(self) -> Outcome:
        return Deferred("declined for now", backoff(self.claim.attempt))

    def lose(self, reason: str) -> Outcome:
        """Return the outcome when no answer will come."""
        return Unanswered(reason)

    def refuse(self, error: str) -> Outcome:
        """Return the outcome of a permanent refusal of any PDU."""
        return Rejected(error)


class Piece(Struct, frozen=True, order=True):
    """One PDU that waits to be submitted; OTP first, then in the order of the claims and of the parts."""

    priority: int
    order: int
    part: int
    sending: Sending = field(compare=False)


def encode(claim: Claimed, connector: Connector, vault: Vault) -> list[bytes] | Rejected | Deferred:
    """Return the bodies of a message's PDUs, or its outcome: no operator takes a wrong value, but a key that is missing may come."""
    try:
        text = vault.open(claim.text) if claim.sealed else claim.text
        return smpp.bodies(connector, claim.id, claim.number, claim.sender, text, claim.valid_until)
    except Exception as error:  # noqa: BLE001 - a claim without an outcome would be held for ever
        # Not its message: that of an encoding repeats the text.
        log.error("message_cannot_be_encoded", message_id=claim.id, error=type(error).__name__)
        if isinstance(error, ValueError):
            return Rejected("its sender or text cannot be encoded")
        return Deferred("cannot be encoded", backoff(claim.attempt))
