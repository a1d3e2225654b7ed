"""The session handler: serves one client of a simulated operator."""

from collections.abc import Callable
from typing import Any, Protocol

from smsflow.simulator.deliveries import Deliveries
from smsflow.simulator.script import Script
from smsflow.smpp import spec
from smsflow.smpp.net.server import Peer
from smsflow.smpp.pdu import Bind, DataSm, Pdu, ShortMessage, SubmitSm

# Requests that the simulator does not support, and the status that refuses them.
_REFUSALS = {spec.QUERY_SM: spec.ESME_RQUERYFAIL, spec.CANCEL_SM: 0x11, spec.REPLACE_SM: 0x13}


class SessionOwner(Protocol):
    """The operator as its sessions see it."""

    script: Script
    deliveries: Deliveries
    log: Callable[[str], None]

    def submit(self, peer: Peer, sequence: int, message: ShortMessage) -> None:
        """Decide about a submission."""

    def changed(self) -> None:
        """Know that something happened."""

    def count_bind(self, step: int) -> None:
        """Count a client that came or went."""


class SessionHandler:
    """The operator's side of one connection."""

    def __init__(self, operator: SessionOwner, peer: Peer) -> None:
        """Serve `peer` for `operator`."""
        self._operator = operator
        self._peer = peer
        self._system_id = ""
        self._counted = False

    async def on_bind(self, pdu: Bind) -> int:
        """Accept the credentials that the script accepts."""
        passwords = self._operator.script.passwords
        if passwords is not None and pdu.system_id not in passwords:
            return spec.ESME_RINVSYSID
        if passwords is not None and passwords[pdu.system_id] != pdu.password:
            return spec.ESME_RINVPASWD
        self._system_id = pdu.system_id
        return spec.ESME_ROK

    def on_bound(self) -> None:
        """Count the client and send its waiting deliveries."""
        if not self._peer.bound:
            return
        self._counted = True
        self._operator.log(f"{self._system_id} bound from {self._peer.address}")
        self._operator.count_bind(1)
        if self._peer.receives:
            self._operator.deliveries.join(self._system_id, self._peer)

    def on_request(self, sequence: int, pdu: Pdu) -> None:
        """Hand submissions to the operator and refuse the rest."""
        if isinstance(pdu, SubmitSm):
            self._operator.submit(self._peer, sequence, pdu)
        elif isinstance(pdu, DataSm):
            self._operator.submit(self._peer, sequence, pdu.as_deliver())
        else:
            self._peer.refuse([sequence], _REFUSALS.get(pdu.command, spec.ESME_RSYSERR))

    def on_response(self, token: Any, status: int, message_id: str) -> None:  # noqa: ARG002  deliver_sm_resp has none
        """Take the acknowledgement of a delivery."""
        self._operator.deliveries.answer(token, status)
        self._operator.changed()

    def on_unanswered(self, tokens: list[Any]) -> None:
        """Deliver again: no acknowledgement came."""
        self._operator.deliveries.put_back(tokens)

    def on_late_response(self, token: Any, status: int, message_id: str) -> None:
        """Ignore it: the delivery went out again."""

    def on_lost(self, tokens: list[Any], reason: str) -> None:
        """Count the client out and keep its unacknowledged deliveries."""
        if self._counted:
            self._counted = False
            self._operator.log(f"{self._system_id} left: {reason}")
            self._operator.deliveries.leave(self._system_id, self._peer, tokens)
            self._operator.count_bind(-1)
