"""Delivery receipts: recognised as tolerantly as operators write them, and written for the simulator."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from smsflow.smpp import spec
from smsflow.smpp.pdu import DeliverSm, ShortMessage

Base = Literal["as_is", "hex_to_dec", "dec_to_hex"]

BASES: Final[tuple[Base, ...]] = ("as_is", "hex_to_dec", "dec_to_hex")

# Section 4.6.1: a message_id has at most 64 characters. A longer one is no number, and turning it into one is slow.
_MAX_ID: Final = 64
_NETWORK_ERROR_LENGTH: Final = 3

# Appendix B, as most write it: one pass.
_USUAL = re.compile(
    r"id:(\S+) sub:\S* dlvrd:\S* submit date:\S* done date:\S* stat:(\w+) err:(\S*)(?: text:(.*))?",
    re.IGNORECASE | re.DOTALL,
)
# And as the others do: any order, any spacing, any case.
_FIELD = re.compile(r"(?<![^\s,;])(id|stat|err|text)\s*[:=]\s*([^\s,;]*)", re.IGNORECASE)
_TEXT = re.compile(r"(?<![^\s,;])text\s*[:=] ?(.*)", re.IGNORECASE | re.DOTALL)

_DIGITS: Final = {"as_is": None, "hex_to_dec": re.compile("[0-9a-f]+"), "dec_to_hex": re.compile("[0-9]+")}

# Spellings met in the wild, beside the seven-letter ones of appendix B.
_SPELLINGS: Final = {
    "DELIVERED": "DELIVRD",
    "DELIVERD": "DELIVRD",
    "DELIVERY": "DELIVRD",
    "UNDELIVERED": "UNDELIV",
    "UNDELIVERABLE": "UNDELIV",
    "UNDELIVRD": "UNDELIV",
    "ACCEPTED": "ACCEPTD",
    "REJECTED": "REJECTD",
    "REJECT": "REJECTD",
    "EXPIRE": "EXPIRED",
    "EN_ROUTE": "ENROUTE",
}


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an operator says became of a message."""

    reference: str
    state: str
    error: str | None
    text20: str | None
    source: str
    destination: str


def parse(deliver: DeliverSm) -> Receipt | None:
    """Return the receipt in a deliver_sm, None when it is a message of a person.

    A receipt whose id cannot be read has an empty reference: it settles nothing, and it is no message either.
    """
    tlvs = deliver.tlvs
    marked = deliver.esm_class & spec.ESM_TYPE_MASK in (spec.ESM_DELIVERY_RECEIPT, spec.ESM_INTERMEDIATE_NOTIFICATION)
    identified = spec.TLV_RECEIPTED_MESSAGE_ID in tlvs
    if not identified and not marked and deliver.esm_class & spec.ESM_UDHI:
        return None
    reference, state, error, text20 = _read(_text(deliver))
    if not (identified or marked or (reference and state)):
        return None
    if identified:
        told = tlvs[spec.TLV_RECEIPTED_MESSAGE_ID].split(b"\0", 1)[0].decode("latin-1").strip()
        reference = told or reference
    number = int.from_bytes(tlvs.get(spec.TLV_MESSAGE_STATE, b""))
    state = spec.MESSAGE_STATES.get(number, state) or "UNKNOWN"
    if error is None:
        error = _network_error(tlvs.get(spec.TLV_NETWORK_ERROR_CODE, b""))
    return Receipt(reference, state, error, text20, deliver.source, deliver.dest)


def _text(deliver: DeliverSm) -> str:
    """Return the text of a receipt: its ids are written in ASCII whatever the default alphabet."""
    ucs2 = deliver.data_coding == spec.CODING_UCS2
    return deliver.content.decode("utf-16-be" if ucs2 else "latin-1", "replace")


def _read(text: str) -> tuple[str, str, str | None, str | None]:
    """Return (id, stat, err, text) of a receipt's text; what is not there is empty, or None."""
    usual = _USUAL.match(text)
    if usual is not None:
        reference, state, error, rest = usual.groups()
        return reference, _state(state), error or None, rest
    fields: dict[str, str] = {}
    for name, value in _FIELD.findall(text):
        fields.setdefault(name.lower(), value)
    rest = _TEXT.search(text)
    return (
        fields.get("id", ""),
        _state(fields.get("stat", "")),
        fields.get("err") or None,
        None if rest is None else rest[1],
    )


def _state(word: str) -> str:
    """Return a state in the spelling of appendix B."""
    upper = word.upper()
    return _SPELLINGS.get(upper, upper)


def _network_error(value: bytes) -> str | None:
    """Return network_error_code as text: the octet of the network type, then the code."""
    return str(int.from_bytes(value[1:])) if len(value) == _NETWORK_ERROR_LENGTH else None


def format_receipt(
    reference: str,
    state: str,
    *,
    error: str = "000",
    text: str = "",
    submitted_at: datetime,
    done_at: datetime,
) -> bytes:
    """Return the text of a receipt as appendix B has it."""
    delivered = "001" if state == "DELIVRD" else "000"
    line = (
        f"id:{reference} sub:001 dlvrd:{delivered} submit date:{_minute(submitted_at)} "
        f"done date:{_minute(done_at)} stat:{state} err:{error} text:{text[:20]}"
    )
    return line.encode("latin-1", "replace")


def _minute(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%y%m%d%H%M")


def is_receipt_wanted(message: ShortMessage, state: str) -> bool:
    """Tell whether registered_delivery asks for a receipt of this final state."""
    wish = message.registered_delivery & spec.RECEIPT_MASK
    return wish == spec.RECEIPT_FINAL or (wish == spec.RECEIPT_FAILURE and state != "DELIVRD")


def receipt_of(message: ShortMessage, message_id: str, state: str, *, at: datetime, tlvs: bool = True) -> DeliverSm:
    """Return the receipt of a submission, with or without the parameters that say it beside the text."""
    parameters = {
        spec.TLV_RECEIPTED_MESSAGE_ID: message_id.encode("latin-1") + b"\0",
        spec.TLV_MESSAGE_STATE: bytes((spec.MESSAGE_STATE_NUMBERS.get(state, spec.STATE_UNKNOWN),)),
    }
    error = "000" if state == "DELIVRD" else "001"
    return DeliverSm(
        "",
        message.dest_ton,
        message.dest_npi,
        message.dest,
        message.source_ton,
        message.source_npi,
        message.source,
        spec.ESM_DELIVERY_RECEIPT,
        short_message=format_receipt(message_id, state, error=error, submitted_at=at, done_at=at),
        tlvs=parameters if tlvs else {},
    )


def normalise(reference: str, base: Base) -> str:
    """Return a message_id in the form to store and compare: case and leading zeros folded, the base changed; no id stays none."""
    whole = reference.strip().lower()
    folded = whole.lstrip("0") or whole[-1:]
    digits = _DIGITS[base]
    if digits is None or len(folded) > _MAX_ID or not digits.fullmatch(folded):
        return folded
    return str(int(folded, 16)) if base == "hex_to_dec" else f"{int(folded):x}"


def alternatives(reference: str) -> dict[Base, str]:
    """Return every form that `reference` can have at an operator, each once, as it is first."""
    forms: dict[Base, str] = {}
    for base in BASES:
        form = normalise(reference, base)
        if form not in forms.values():
            forms[base] = form
    return forms
