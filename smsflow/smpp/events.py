"""Events of a session: the values that receive_data and handle_timer return."""

from typing import Any

from msgspec import Struct

from smsflow.smpp.pdu import Bind, Pdu


class BindAsked(Struct, frozen=True):
    """A bind request of a client; answer with Session.respond."""

    sequence: int
    pdu: Bind


class BindAnswered(Struct, frozen=True):
    """The peer answered our bind; the session is bound when `accepted`."""

    status: int
    system_id: str
    accepted: bool


class Responded(Struct, frozen=True):
    """The response to a request; a refusal has an empty message_id."""

    token: Any
    status: int
    message_id: str


class LateResponded(Struct, frozen=True):
    """The response to a request that was given up before."""

    token: Any
    status: int
    message_id: str


class TimedOut(Struct, frozen=True):
    """Requests that the peer did not answer in time; their slots are free."""

    tokens: list[Any]


class Requested(Struct, frozen=True):
    """A request of the peer that waits for Session.respond."""

    sequence: int
    pdu: Pdu


class Noticed(Struct, frozen=True):
    """A PDU that needs no answer: alert_notification or outbind."""

    pdu: Pdu


class Dropped(Struct, frozen=True):
    """The session is over; `tokens` are the requests without an answer. Comes once, as the last event."""

    reason: str
    tokens: list[Any]


Event = BindAsked | BindAnswered | Responded | LateResponded | TimedOut | Requested | Noticed | Dropped
