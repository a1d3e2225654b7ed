"""The session handler: serves one client of a simulated operator."""

from typing import TYPE_CHECKING, Any

from smsflow.smpp import spec
from smsflow.smpp.net.server import Peer
from smsflow.smpp.pdu import Bind, DataSm, Pdu, SubmitSm

if TYPE_CHECKING:
    from smsflow.simulator.operator import Simulator

# Requests that the simulator does not support, and the status that refuses them.
_REFUSALS = {spec.QUERY_SM: spec.ESME_RQUERYFAIL, spec.CANCEL_SM: 0x11, spec.REPLACE_SM: 0x13}


class SessionHandler:
    """The operator's side of one connection."""

    def __init__(self, simulator: "Simulator", peer: Peer) -> None:
        """Serve `peer` for `simulator`."""
        self._simulator = simulator
        self._peer = peer
        self._system_id = ""
        self._counted = False

    async def on_bind(self, pdu: Bind) -> int:
        """Accept the credentials that the script accepts."""
        passwords = self._simulator.script.passwords
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
        self._simulator.log(f"{self._system_id} bound from {self._peer.address}")
        self._simulator.count_bind(1)
        if self._peer.receives:
            self._simulator.deliveries.join(self._system_id, self._peer)

    def on_request(self, sequence: int, pdu: Pdu) -> None:
        """Hand submissions to the operator and refuse the rest."""
        if isinstance(pdu, SubmitSm):
            self._simulator.submit(self._peer, sequence, pdu)
        elif isinstance(pdu, DataSm):
            self._simulator.submit(self._peer, sequence, pdu.as_deliver())
        else:
            self._peer.refuse([sequence], _REFUSALS.get(pdu.command, spec.ESME_RSYSERR))

    def on_response(self, token: Any, status: int, message_id: str) -> None:  # noqa: ARG002  deliver_sm_resp has none
        """Take the acknowledgement of a delivery."""
        self._simulator.deliveries.answer(token, status)
        self._simulator.changed()

    def on_unanswered(self, tokens: list[Any]) -> None:
        """Deliver again: no acknowledgement came."""
        self._simulator.deliveries.put_back(tokens)

    def on_late_response(self, token: Any, status: int, message_id: str) -> None:
        """Ignore it: the delivery went out again."""

    def on_lost(self, tokens: list[Any], reason: str) -> None:
        """Count the client out and keep its unacknowledged deliveries."""
        if self._counted:
            self._counted = False
            self._simulator.log(f"{self._system_id} left: {reason}")
            self._simulator.deliveries.leave(self._system_id, self._peer, tokens)
            self._simulator.count_bind(-1)
