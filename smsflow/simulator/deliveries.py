"""Deliveries of an operator to its clients: each kept until a receiver has acknowledged it."""

import asyncio
from collections import deque
from dataclasses import dataclass
from itertools import chain
from typing import Final

from smsflow.smpp import codec, spec
from smsflow.smpp.net.server import Peer
from smsflow.smpp.pdu import DeliverSm

# The pause after a temporary refusal of a client.
RETRY_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Delivery:
    """A receipt or a message for a client; an empty system_id means any receiver."""

    system_id: str
    pdu: DeliverSm
    twice: bool = False
    """Sent twice in one write, with one sequence number."""


class Deliveries:
    """Queues by system_id, and the peers that can empty them."""

    def __init__(self, *, keep: int | None = None) -> None:
        """Start empty; each queue holds at most the last `keep`."""
        self._keep = keep
        self._queues: dict[str, deque[Delivery]] = {}
        self._receivers: dict[str, list[Peer]] = {}
        self._loop = asyncio.get_running_loop()
        self.acknowledged = 0

    @property
    def waiting(self) -> int:
        """Return how many wait for a receiver or for a slot of its window."""
        return sum(map(len, self._queues.values()))

    def put(self, delivery: Delivery) -> None:
        """Deliver as soon as a receiver has room."""
        queue = self._queues.setdefault(delivery.system_id, deque(maxlen=self._keep))
        queue.append(delivery)
        self._pump(delivery.system_id)

    def join(self, system_id: str, peer: Peer) -> None:
        """Take a receiver that just bound; its waiting deliveries leave now."""
        self._receivers.setdefault(system_id, []).append(peer)
        self._pump(system_id)
        self._pump("")

    def leave(self, system_id: str, peer: Peer, unanswered: list[Delivery]) -> None:
        """Let a receiver go; its unacknowledged deliveries wait for the next."""
        peers = self._receivers.get(system_id, [])
        if peer in peers:
            peers.remove(peer)
        self.put_back(unanswered)

    def answer(self, delivery: Delivery, status: int) -> None:
        """Take the answer to a delivery: done, to be tried again, or given up."""
        if status == spec.ESME_ROK:
            self.acknowledged += 1
        elif spec.is_temporary(status):
            self._loop.call_later(RETRY_SECONDS, self.put, delivery)
        self._pump(delivery.system_id)

    def put_back(self, deliveries: list[Delivery]) -> None:
        """Put deliveries before the others again, in their order."""
        for delivery in reversed(deliveries):
            self._queues.setdefault(delivery.system_id, deque(maxlen=self._keep)).appendleft(delivery)
        for system_id in {delivery.system_id for delivery in deliveries}:
            self._pump(system_id)

    def _pump(self, system_id: str) -> None:
        queue = self._queues.get(system_id)
        if not queue:
            return
        peers = self._receivers.get(system_id, ()) if system_id else chain.from_iterable(self._receivers.values())
        for peer in peers:
            room = peer.free
            while queue and room > 0:
                delivery = queue.popleft()
                sequence = peer.deliver(delivery.pdu, delivery)
                if delivery.twice:
                    peer.write(codec.encode(delivery.pdu, sequence))
                room -= 1
            if not queue:
                return
