"""Delivery receipts of operators, read as tolerantly as they are written (docs/smpp.md, rule 8)."""

import re
from typing import Final, Literal

from msgspec import Struct

from smsflow.smpp import concat, spec
from smsflow.smpp.pdu import DeliverSm

Base = Literal["as_is", "hex_to_dec", "dec_to_hex"]

BASES: Final[tuple[Base, ...]] = ("as_is", "hex_to_dec", "dec_to_hex")

# Section 4.6.1: a message_id has at most 64 characters. A longer one is no number, and turning it into one is slow.
_MAX_ID: Final = 64
_NETWORK_ERROR_LENGTH: Final = 3
_QUOTES: Final = "\"' \t\0"

# Appendix B, in its usual form: one pass.
_USUAL = re.compile(
    r"id:(\S+) sub:\S* dlvrd:\S* submit date:\S* done date:\S* stat:(\w+) err:(\S*)(?: text:(.*))?",
    re.IGNORECASE | re.DOTALL,
)
# And in the other forms: any order, any spacing, any case, values quoted or empty.
_KEY = r"(?<![^\s,;|])"
_FIELD = re.compile(
    _KEY + r"(id|stat|err|text)\s*[:=][ \t]*"
    r"(?!(?:id|sub|dlvrd|submit date|done date|stat|err|text)\s*[:=])(\"[^\"]*\"|'[^']*'|[^\s,;|]*)",
    re.IGNORECASE,
)
_DATE = re.compile(_KEY + r"(?:submit|done)\s*date\s*[:=]", re.IGNORECASE)
_TEXT = re.compile(_KEY + r"text\s*[:=] ?(.*)", re.IGNORECASE | re.DOTALL)

_DIGITS: Final = {"as_is": None, "hex_to_dec": re.compile("[0-9a-f]+"), "dec_to_hex": re.compile("[0-9]+")}
_NUMERIC: Final = re.compile("[0-9]{1,3}")
_PREFIXED: Final = re.compile("0x[0-9a-f]+")

# Spellings met at operators, beside the seven letters of appendix B.
_SPELLINGS: Final = {
    "DELIVERED": "DELIVRD",
    "DELIVERD": "DELIVRD",
    "DELIVRED": "DELIVRD",
    "DELIVERY": "DELIVRD",
    "UNDELIVERED": "UNDELIV",
    "UNDELIVERABLE": "UNDELIV",
    "UNDELIVRD": "UNDELIV",
    "FAILED": "UNDELIV",
    "FAIL": "UNDELIV",
    "ACCEPTED": "ACCEPTD",
    "REJECTED": "REJECTD",
    "REJECT": "REJECTD",
    "EXPIRE": "EXPIRED",
    "EXPIRD": "EXPIRED",
    "EN_ROUTE": "ENROUTE",
}
_EXPIRED: Final = 3
# The first two octets of a user data header with a concatenation, for operators that forget its flag.
_HEADERS: Final = (b"\x05\x00", b"\x06\x08")
_BOMS: Final = ((b"\xef\xbb\xbf", "utf-8"), (b"\xfe\xff", "utf-16-be"), (b"\xff\xfe", "utf-16-le"))


_FIRST_OF_BOMS: Final = 0xEF


class Receipt(Struct, frozen=True):
    """The state of a message, as an operator reports it."""

    reference: str
    state: str
    error: str | None
    text20: str | None
    source: str
    destination: str
    flagged: bool = True
    """The PDU says that it is a receipt; otherwise only its text looks like one, and a person can write such a text."""
    text_reference: str = ""
    """The id in the text, when the parameters have another one: some operators put an id of their own there."""

    @property
    def known(self) -> bool:
        """Return whether the state is one of the specification's."""
        return self.state in spec.MESSAGE_STATE_NUMBERS


def parse(deliver: DeliverSm) -> Receipt | None:
    """Return the receipt in a deliver_sm, None when it is a message of a person.

    A flagged receipt whose id cannot be read has an empty reference: it settles nothing, and it is no message either. One without
    the flag has an id, a known state and a date.
    """
    tlvs = deliver.tlvs
    marked = deliver.esm_class & spec.ESM_TYPE_MASK in (spec.ESM_DELIVERY_RECEIPT, spec.ESM_INTERMEDIATE_NOTIFICATION)
    flagged = marked or spec.TLV_RECEIPTED_MESSAGE_ID in tlvs or spec.TLV_MESSAGE_STATE in tlvs
    if not flagged:
        return _unflagged(deliver)
    reference, state, error, text20 = _read_octets(deliver)
    ours = ""
    if spec.TLV_RECEIPTED_MESSAGE_ID in tlvs:
        ours = tlvs[spec.TLV_RECEIPTED_MESSAGE_ID].partition(b"\0")[0].decode("latin-1").strip(_QUOTES)
    if error is None:
        error = _network_error(tlvs.get(spec.TLV_NETWORK_ERROR_CODE, b""))
    return Receipt(
        ours or reference,
        _reported(tlvs.get(spec.TLV_MESSAGE_STATE, b""), state),
        error,
        text20,
        deliver.source,
        deliver.dest,
        text_reference=reference if ours and ours != reference else "",
    )


def _unflagged(deliver: DeliverSm) -> Receipt | None:
    """Return what looks like a receipt in every point: the shape of appendix B, with an id, a state and a date."""
    piece = concat.fragment(deliver)
    if piece.total > 1:
        return None
    text = _decode(piece.data)
    reference, state, error, text20 = _read(text)
    if not reference or state not in spec.MESSAGE_STATE_NUMBERS or _DATE.search(text) is None:
        return None
    return Receipt(reference, state, error, text20, deliver.source, deliver.dest, flagged=False)


def _reported(parameter: bytes, word: str) -> str:
    """Return the state: the parameter's, else the text's."""
    number = int.from_bytes(parameter[-1:])
    # Some operators number "delivered" as 3; their text is right.
    if number == _EXPIRED and word == "DELIVRD":
        return word
    return spec.MESSAGE_STATES.get(number) or word or (str(number) if number else "UNKNOWN")


def _read_octets(deliver: DeliverSm) -> tuple[str, str, str | None, str | None]:
    """Return what a receipt's text says: without its user data header, or whole when that has no id."""
    octets = deliver.content
    if octets and (deliver.esm_class & spec.ESM_UDHI or octets.startswith(_HEADERS)):
        found = _read(_decode(octets[1 + octets[0] :]))
        if found[0]:
            return found
    return _read(_decode(octets))


def _decode(octets: bytes) -> str:
    """Return the text of octets by what they are: operators give receipts a data_coding that is not theirs.

    Ids and states are ASCII in every alphabet of SMPP; only UTF-16 hides them.
    """
    if octets and octets[0] >= _FIRST_OF_BOMS:
        for bom, codec in _BOMS:
            if octets.startswith(bom):
                return octets[len(bom) :].decode(codec, "replace")
    if b"\0" in octets:
        # `@` is one NUL in GSM 03.38; every second octet is one in UTF-16.
        for first, codec in ((0, "utf-16-be"), (1, "utf-16-le")):
            if octets[first::2].count(0) * 4 > len(octets):
                return octets.decode(codec, "replace")
    return octets.decode("latin-1")


def _read(text: str) -> tuple[str, str, str | None, str | None]:
    """Return (id, stat, err, text) of a receipt's text; a missing field is empty, or None."""
    usual = _USUAL.match(text)
    if usual is not None:
        reference, state, error, rest = usual.groups()
        return reference.strip(_QUOTES), _state(state), error or None, rest
    fields: dict[str, str] = {}
    for name, value in _FIELD.findall(text):
        fields.setdefault(name.lower(), value.strip(_QUOTES))
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
    if upper in spec.MESSAGE_STATE_NUMBERS:
        return upper
    if _NUMERIC.fullmatch(upper):
        return spec.MESSAGE_STATES.get(int(upper), upper)
    return _SPELLINGS.get(upper, upper)


def _network_error(value: bytes) -> str | None:
    """Return network_error_code as text: the octet of the network type, then the code."""
    return str(int.from_bytes(value[1:])) if len(value) == _NETWORK_ERROR_LENGTH else None


def normalise(reference: str, base: Base) -> str:
    """Return a message_id in the form to store and compare: case and leading zeros folded, the base changed; no id stays none."""
    whole = reference.strip().lower()
    if whole.startswith("0x") and _PREFIXED.fullmatch(whole):
        whole = whole[2:]
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
