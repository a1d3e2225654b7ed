"""States of a session: every legal transition in one table, and the requests that each state allows."""

from enum import Enum
from typing import Final, Literal

from smsflow.smpp import spec

Role = Literal["client", "server"]


class State(Enum):
    """The states of section 2.2, and UNBOUND between an unbind and its answer."""

    OPEN = "open"
    BOUND_TX = "bound_tx"
    BOUND_RX = "bound_rx"
    BOUND_TRX = "bound_trx"
    UNBOUND = "unbound"
    CLOSED = "closed"


BOUND: Final = frozenset({State.BOUND_TX, State.BOUND_RX, State.BOUND_TRX})

# (state, the command that passed in either direction) → next state. A command that is not listed changes nothing.
# A bind counts from its accepted response, an unbind from its request.
TRANSITIONS: Final[dict[tuple[State, int], State]] = {
    (State.OPEN, spec.BIND_TRANSMITTER_RESP): State.BOUND_TX,
    (State.OPEN, spec.BIND_RECEIVER_RESP): State.BOUND_RX,
    (State.OPEN, spec.BIND_TRANSCEIVER_RESP): State.BOUND_TRX,
    (State.OPEN, spec.UNBIND): State.UNBOUND,
    (State.BOUND_TX, spec.UNBIND): State.UNBOUND,
    (State.BOUND_RX, spec.UNBIND): State.UNBOUND,
    (State.BOUND_TRX, spec.UNBIND): State.UNBOUND,
    (State.UNBOUND, spec.UNBIND_RESP): State.CLOSED,
}

_TO_HANDSETS: Final = frozenset({spec.SUBMIT_SM, spec.DATA_SM, spec.QUERY_SM, spec.CANCEL_SM, spec.REPLACE_SM})
_TO_CLIENTS: Final = frozenset({spec.DELIVER_SM, spec.DATA_SM})
_NOTHING: Final[frozenset[int]] = frozenset()

# The requests that a role may receive in a state (table 2-1). enquire_link and unbind are welcome in all of them.
_RECEIVABLE: Final[dict[tuple[Role, State], frozenset[int]]] = {
    ("server", State.OPEN): spec.BINDS,
    ("server", State.BOUND_TX): _TO_HANDSETS,
    ("server", State.BOUND_TRX): _TO_HANDSETS,
    ("client", State.BOUND_RX): _TO_CLIENTS,
    ("client", State.BOUND_TRX): _TO_CLIENTS,
}

# Out of place, such a request gets a response with a status; any other gets generic_nack.
ANSWERABLE: Final = _NOTHING.union(*_RECEIVABLE.values())


def receivable(role: Role, state: State) -> frozenset[int]:
    """Return the commands whose requests this role may receive in this state."""
    return _RECEIVABLE.get((role, state), _NOTHING)


def sendable(role: Role, state: State) -> frozenset[int]:
    """Return the commands whose requests this role may send in this state: what the other may receive."""
    return receivable("server" if role == "client" else "client", state)
