"""Doubles for the tests of SMPP: two sessions joined without a network, and a handler that remembers."""

import asyncio
from typing import Any

from smsflow.smpp import codec, pdu, spec
from smsflow.smpp.events import BindAnswered, BindAsked, Event
from smsflow.smpp.limits import SessionLimits
from smsflow.smpp.session import Session

PATIENCE = 10.0


class SessionPair:
    """A client and a server without a network; the time is what the test says."""

    def __init__(self, client: SessionLimits | None = None, server: SessionLimits | None = None):
        self.now = 1000.0
        self.client = Session("client", client or SessionLimits(), now=self.now)
        self.server = Session("server", server or SessionLimits(), now=self.now)

    def exchange(self) -> tuple[list[Event], list[Event]]:
        """Carry octets both ways until neither has more; return the events of the client and of the server."""
        received_by_client: list[Event] = []
        received_by_server: list[Event] = []
        while True:
            up, down = self.client.data_to_send(), self.server.data_to_send()
            if not up and not down:
                return received_by_client, received_by_server
            received_by_server += self.server.receive_data(up, self.now)
            received_by_client += self.client.receive_data(down, self.now)


def a_bound_pair(
    client: SessionLimits | None = None, server: SessionLimits | None = None, bind=pdu.BindTransceiver
) -> SessionPair:
    pair = SessionPair(client, server)
    pair.client.bind(bind("demo", "secret"), pair.now)
    _, (asked,) = pair.exchange()
    assert isinstance(asked, BindAsked)
    pair.server.respond(asked.sequence, pdu.BindResp("SMSC"))
    (answered,), _ = pair.exchange()
    assert isinstance(answered, BindAnswered)
    assert answered.accepted
    return pair


def a_bound_client(limits: SessionLimits | None = None, now: float = 1000.0) -> Session:
    session = Session("client", limits or SessionLimits(), now=now)
    session.bind(pdu.BindTransceiver("demo", "secret"), now)
    session.receive_data(codec.encode(pdu.BindTransceiverResp("SMSC"), 1), now)
    session.data_to_send()
    return session


def a_bound_server(limits: SessionLimits | None = None, now: float = 1000.0) -> Session:
    session = Session("server", limits or SessionLimits(), now=now)
    session.receive_data(codec.encode(pdu.BindTransceiver("demo", "secret"), 1), now)
    session.respond(1, pdu.BindResp("SMSC"))
    session.data_to_send()
    return session


def frames(data: bytes) -> list[codec.Frame]:
    return codec.Framer().feed(data)


def a_submit(dest: str = "237690000001", text: bytes = b"Bonjour", **fields: Any) -> pdu.SubmitSm:
    wanted = {"registered_delivery": spec.RECEIPT_FINAL, **fields}
    return pdu.SubmitSm("", 5, 0, "smsflow", 1, 1, dest, short_message=text, **wanted)


class Memory:
    """A handler of the gateway's side that keeps its events and acknowledges at once."""

    def __init__(self):
        self.responses: list[tuple[Any, int, str]] = []
        self.late: list[tuple[Any, int, str]] = []
        self.unanswered: list[Any] = []
        self.delivered: list[pdu.DeliverSm] = []
        self.lost: list[tuple[list[Any], str]] = []
        self.acknowledge = True
        self._changed = asyncio.Event()

    def on_response(self, token, status, message_id):
        self.responses.append((token, status, message_id))
        self._changed.set()

    def on_unanswered(self, tokens):
        self.unanswered += tokens
        self._changed.set()

    def on_late_response(self, token, status, message_id):
        self.late.append((token, status, message_id))
        self._changed.set()

    def on_deliver(self, link, sequence, deliver):
        self.delivered.append(deliver)
        if self.acknowledge:
            link.acknowledge([sequence])
        self._changed.set()

    def on_lost(self, tokens, reason):
        self.lost.append((tokens, reason))
        self._changed.set()

    async def wait_for(self, predicate):
        async with asyncio.timeout(PATIENCE):
            while not predicate(self):
                self._changed.clear()
                await self._changed.wait()
