"""The people behind a simulated operator: what they write, of themselves or in answer to an SMS."""

from collections.abc import Callable
from datetime import datetime

from smsflow.simulator.deliveries import Deliveries, Delivery
from smsflow.simulator.receipts import format_receipt, inbound_parts
from smsflow.simulator.script import Script
from smsflow.smpp import concat
from smsflow.smpp.pdu import ShortMessage


class People:
    """Puts each text that a person writes among the deliveries, cut into parts."""

    def __init__(self, deliveries: Deliveries, *, clock: Callable[[], datetime]) -> None:
        """Start with people who wrote nothing."""
        self._deliveries = deliveries
        self._clock = clock
        self._references = 0
        self._answered: set[str] = set()
        self.sent = 0

    def reset(self) -> None:
        """Drop the counts, and let each number answer its first SMS again; references go on."""
        self._answered.clear()
        self.sent = 0

    def write(
        self,
        source: str,
        destination: str,
        text: str,
        *,
        system_id: str = "",
        mode: concat.Mode = "udh8",
        reverse: bool = False,
        repeat: bool = False,
    ) -> None:
        """Send a text to the client `system_id`, or to any receiver; its parts in reverse, or each twice."""
        self._references = (self._references + 1) & 0xFFFF
        parts = inbound_parts(source, destination, text, reference=self._references, mode=mode)
        self.sent += 1
        for pdu in reversed(parts) if reverse else parts:
            for _ in range(2 if repeat else 1):
                self._deliveries.put(Delivery(system_id, pdu))

    def answer(self, script: Script, message: ShortMessage, *, system_id: str) -> Callable[[], None] | None:
        """Return the act that answers the first SMS of this number; None when the script has no answer or it was given."""
        text = script.reply(message.dest)
        if not text or message.dest in self._answered:
            return None
        self._answered.add(message.dest)
        destination = script.replies_to or message.source
        return lambda: self.write(message.dest, destination, text, system_id=system_id)

    def misbehave(self, fault: str, message: ShortMessage, number: int, *, system_id: str) -> None:
        """Write what a fault makes the receiver of submission `number` write."""
        if fault == "mo":
            text = f"Réponse {number} en plusieurs parties, avec € et [crochets]. " * 5
            self.write(message.dest, message.source, text, system_id=system_id, mode="udh16", reverse=True, repeat=True)
        elif fault == "mo-receipt":
            line = format_receipt(str(number), "UNDELIV", submitted_at=self._clock(), done_at=self._clock())
            self.write(message.dest, message.source, line.decode("latin-1"), system_id=system_id)
