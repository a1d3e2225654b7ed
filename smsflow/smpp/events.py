"""Events of a session: the values that receive_data and handle_timer return."""

from dataclasses import dataclass
from typing import Any

from smsflow.smpp.pdu import Bind, Pdu


@dataclass(frozen=True, slots=True)
class BindAsked:
    """A bind request of a client; answer with Session.respond."""

    sequence: int
    pdu: Bind


@dataclass(frozen=True, slots=True)
class BindAnswered:
    """The peer answered our bind; the session is bound when `accepted`."""

    status: int
    system_id: str
    accepted: bool


@dataclass(frozen=True, slots=True)
class Responded:
    """The response to a request; a refusal has an empty message_id."""

    token: Any
    status: int
    message_id: str


@dataclass(frozen=True, slots=True)
class LateResponded:
    """The response to a request that was given up before."""

    token: Any
    status: int
    message_id: str


@dataclass(frozen=True, slots=True)
class TimedOut:
    """Requests that the peer did not answer in time; their slots are free."""

    tokens: list[Any]


@dataclass(frozen=True, slots=True)
class Requested:
    """A request of the peer that waits for Session.respond."""

    sequence: int
    pdu: Pdu


@dataclass(frozen=True, slots=True)
class Noticed:
    """A PDU that needs no answer: alert_notification or outbind."""

    pdu: Pdu


@dataclass(frozen=True, slots=True)
class Dropped:
    """The session is over; `tokens` are the requests without an answer. Comes once, as the last event."""

    reason: str
    tokens: list[Any]


Event = BindAsked | BindAnswered | Responded | LateResponded | TimedOut | Requested | Noticed | Dropped
