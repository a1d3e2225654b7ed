"""Misbehaviour of a simulated operator: the faults that were seen at real ones, each with a name."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from smsflow.smpp import codec, concat, spec
from smsflow.smpp.pdu import DeliverSm, ShortMessage

FAULTS: Final = {
    "long-id": "the response has a message id of 3,000 octets",
    "same-id": "all parts of a long SMS have one message id, and one receipt",
    "other-base": "the receipt has the id in the other base",
    "other-case": "the receipt has the id in the other case, behind two zeros",
    "quoted-id": "the receipt has the id in quotes",
    "foreign-id": "the receipt has an id of its own in its parameters, the right one in its text",
    "encoding": "the receipt's text is not in the encoding of its data_coding",
    "header": "the receipt has a user data header before its text",
    "words": "the receipt has numbers for states, keys in capitals and empty fields",
    "unflagged": "nothing but its text says that the receipt is one",
    "unknown-state": "a receipt with an invented state comes before the real one",
    "duplicate": "the receipt comes twice in one write, with one sequence number",
    "full": "the number is refused with ESME_RMSGQFUL, this time and the next two",
    "late-error": "ESME_RSYSERR comes long after the submission, which no handset gets",
    "malformed": "a malformed deliver_sm and an unknown command come beside the response",
    "mo": "the handset answers with a long SMS whose parts come in reverse order, each twice",
    "mo-receipt": "the handset answers with a text that looks like a receipt",
}
LONG_ID: Final = 3000
_FULL_TIMES: Final = 3
# Long SMS whose parts share an id, of which more may come.
_SHARED: Final = 1000

_ENCODINGS: Final[Sequence[tuple[str, bytes, int]]] = (
    ("utf-16-be", b"", 0),
    ("utf-16-le", b"\xff\xfe", 0),
    ("utf-8", b"\xef\xbb\xbf", 8),
    ("ascii", b"", 8),
    ("ascii", b"", 0x48),
    ("utf-16-be", b"\xfe\xff", 1),
)
_NUMBERED: Final = {
    "stat:DELIVRD": "stat:2",
    "stat:EXPIRED": "stat:EXPIRD",
    "stat:UNDELIV": "stat:FAILED",
    "stat:REJECTD": "stat:8",
}


class Misbehaviour:
    """Decides which submission gets which fault, in turn."""

    def __init__(self) -> None:
        """Start with the first fault."""
        self._turn = 0
        self.counts: dict[str, int] = {}
        self._full: dict[str, int] = {}
        self._shared: OrderedDict[tuple[str, str, int, int], tuple[str, set[int]]] = OrderedDict()

    def next(self, faults: Sequence[str]) -> str:
        """Return the fault of this submission, empty when there is none to choose from."""
        if not faults:
            return ""
        self._turn += 1
        fault = faults[self._turn % len(faults)]
        self.counts[fault] = self.counts.get(fault, 0) + 1
        return fault

    def is_full(self, number: str, *, begins: bool) -> bool:
        """Return whether the handset of `number` is full: three times from when that begins."""
        if begins:
            self._full.setdefault(number, _FULL_TIMES)
        left = self._full.get(number, 0)
        if left > 1:
            self._full[number] = left - 1
        else:
            self._full.pop(number, None)
        return left > 0

    def identify(
        self, message: ShortMessage, ids: tuple[str, str], fault: str, *, shared: bool
    ) -> tuple[str, str, bool]:
        """Return the id of a submission, the same in the other base, and whether it has a receipt; `shared` is for all parts of an SMS."""
        message_id, other = ids
        if fault == "long-id":
            message_id = other = message_id.ljust(LONG_ID, "0")
        if not shared:
            return message_id, other, True
        common, last = self._shared_id(message, message_id)
        return common, other if common == message_id else common, last

    def _shared_id(self, message: ShortMessage, message_id: str) -> tuple[str, bool]:
        """Return the id that all parts of this long SMS have, and whether this part has the receipt: all parts are there."""
        piece = concat.fragment(message)
        if piece.total == 1:
            return message_id, True
        key = (message.source, message.dest, piece.reference, piece.total)
        shared, taken = self._shared.setdefault(key, (message_id, set()))
        taken.add(piece.number)
        if len(self._shared) > _SHARED:
            self._shared.popitem(last=False)
        # Parts come in any order, and one that was refused, or whose response was lost, comes again.
        return shared, len(taken) == piece.total

    def distort(self, receipt: DeliverSm, fault: str) -> DeliverSm:
        """Return a receipt with this fault."""
        match fault:
            case "foreign-id":
                tlvs = {**receipt.tlvs, spec.TLV_RECEIPTED_MESSAGE_ID: b"operator-%d\0" % self._turn}
                return replace(receipt, tlvs=tlvs)
            case "encoding":
                codec_name, bom, data_coding = _ENCODINGS[self._turn % len(_ENCODINGS)]
                text = bom + receipt.short_message.decode("latin-1").encode(codec_name, "replace")
                # Twice as many octets as characters leave the short_message.
                return replace(
                    receipt, data_coding=data_coding, short_message=b"", tlvs={spec.TLV_MESSAGE_PAYLOAD: text}
                )
            case "header":
                text = bytes((5, 0, 3, self._turn & 0xFF, 1, 1)) + receipt.short_message
                return replace(receipt, esm_class=receipt.esm_class | spec.ESM_UDHI, short_message=text, tlvs={})
            case "words":
                return replace(receipt, short_message=_reworded(receipt.short_message), tlvs={})
            case "unflagged":
                return replace(receipt, esm_class=0, tlvs={})
            case _:
                return receipt


def written_id(fault: str, message_id: str, other: str) -> str:
    """Return the id of a receipt as this fault writes it; `other` is the id in the other base."""
    match fault:
        case "other-base":
            return other
        case "other-case":
            return f"00{message_id.swapcase()}"
        case "quoted-id":
            return f'"{message_id}"'
        case _:
            return message_id


def malformed(number: int) -> bytes:
    """Return a deliver_sm that ends in the middle of its fields, and a command that does not exist."""
    sequence = 0x7F00_0000 + number % 0x10_0000
    return codec.frame(spec.DELIVER_SM, 0, sequence, b"\0\1\1237") + codec.frame(0x0777, 0, sequence + 1, b"?")


def _reworded(text: bytes) -> bytes:
    words = text.decode("latin-1").replace("err:000", "err:")
    for usual, other in _NUMBERED.items():
        words = words.replace(usual, other)
    for key in ("id:", "sub:", "dlvrd:", "submit date:", "done date:", "stat:", "err:"):
        words = words.replace(key, key.upper())
    return words.encode("latin-1")
