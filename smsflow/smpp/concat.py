"""Long messages: the user data of the N submit_sm of a text, and the place of each deliver_sm in its text."""

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from msgspec import Struct, field

from smsflow.smpp import charset, national, spec
from smsflow.smpp.pdu import ShortMessage, Tlvs

Encoding = Literal["gsm7", "ucs2", "latin1"]
Mode = Literal["udh8", "udh16", "sar", "payload"]

CODINGS: Final = {"gsm7": spec.CODING_DEFAULT, "ucs2": spec.CODING_UCS2, "latin1": spec.CODING_LATIN1}

# 3GPP TS 23.040, section 9.2.3.24: information elements 0x00 and 0x08.
_REFERENCE_8: Final = 0x00
_REFERENCE_16: Final = 0x08
_MAX_PARTS: Final = 255
# 140 octets of user data, alone or less the six of a header, and less the seven of a longer one;
# in septets for GSM 03.38 (section 9.2.3.24).
_ROOM: Final = {"gsm7": (160, 153), "ucs2": (140, 134), "latin1": (140, 134)}
_ROOM_16: Final = {"gsm7": 152, "ucs2": 132, "latin1": 133}


class UserData(Struct, frozen=True):
    """The user data of one submit_sm."""

    short_message: bytes
    esm_class: int
    data_coding: int
    tlvs: Tlvs = field(default_factory=dict)


class Fragment(Struct, frozen=True):
    """The place of one message among those of a long text."""

    reference: int
    total: int
    number: int
    data: bytes
    locking: int = 0
    single: int = 0
    """The languages of the national tables that its header names; 0 is none."""


def encode(text: str, encoding: Encoding) -> bytes:
    """Return the octets of `text`; raise ValueError when the encoding lacks a character."""
    if encoding == "gsm7":
        return charset.encode_gsm7(text)
    # A lone surrogate passes, as it came: nobody's text is altered or refused for half an emoji.
    return text.encode("latin-1") if encoding == "latin1" else text.encode("utf-16-be", "surrogatepass")


def encoding_of(text: str) -> Encoding:
    """Return GSM 03.38 when it has every character of `text`, else UCS-2."""
    try:
        charset.encode_gsm7(text)
    except ValueError:
        return "ucs2"
    return "gsm7"


def cut(text: str, encoding: Encoding) -> list[str]:
    """Return the parts of `text` that one message each can hold; no escape pair or surrogate pair is cut."""
    alone, several = _ROOM[encoding]
    sizes = [len(encode(char, encoding)) for char in text]
    if sum(sizes) <= alone:
        return [text]
    parts, start, used = [], 0, 0
    for position, size in enumerate(sizes):
        if used + size > several:
            parts.append(text[start:position])
            start, used = position, 0
        used += size
    return [*parts, text[start:]]


def user_data(parts: Sequence[str], encoding: Encoding, *, reference: int, mode: Mode) -> list[UserData]:
    """Return the user data of each submit_sm for a text already cut into `parts`."""
    coding = CODINGS[encoding]
    if mode == "payload":
        payload = encode("".join(parts), encoding)
        return [UserData(b"", 0, coding, {spec.TLV_MESSAGE_PAYLOAD: payload})]
    octets = [encode(part, encoding) for part in parts]
    total = len(octets)
    if total == 1 and len(octets[0]) <= spec.MAX_SHORT_MESSAGE:
        return [UserData(octets[0], 0, coding)]
    if total > _MAX_PARTS:
        message = f"a text of {total} parts cannot be sent: the limit is {_MAX_PARTS}"
        raise ValueError(message)
    if mode == "sar":
        return [UserData(data, 0, coding, _sar(reference, total, n)) for n, data in enumerate(octets, 1)]
    # A part that fills 153 septets leaves no room for the longer header: it goes with the 8-bit reference.
    wide = mode == "udh16" and all(len(data) <= _ROOM_16[encoding] for data in octets)
    if wide:
        header = bytes((6, _REFERENCE_16, 4)) + (reference & 0xFFFF).to_bytes(2)
    else:
        header = bytes((5, _REFERENCE_8, 3, reference & 0xFF))
    return [
        UserData(header + bytes((total, number)) + data, spec.ESM_UDHI, coding) for number, data in enumerate(octets, 1)
    ]


def _sar(reference: int, total: int, number: int) -> Tlvs:
    """Return the three parameters of section 5.3.2.22 to 5.3.2.24."""
    return {
        spec.TLV_SAR_MSG_REF_NUM: (reference & 0xFFFF).to_bytes(2),
        spec.TLV_SAR_TOTAL_SEGMENTS: bytes((total,)),
        spec.TLV_SAR_SEGMENT_SEQNUM: bytes((number,)),
    }


def fragment(pdu: ShortMessage) -> Fragment:
    """Return the place that a message's header or parameters give it; a message alone is part 1 of 1."""
    data = pdu.content
    locking = single = 0
    if pdu.esm_class & spec.ESM_UDHI and data and data[0] < len(data):
        length = data[0]
        elements, data = _elements(data[1 : 1 + length]), data[1 + length :]
        locking = _language(elements, national.LOCKING_SHIFT)
        single = _language(elements, national.SINGLE_SHIFT)
        place = _concatenation(elements)
        if place is not None:
            return Fragment(*place, data, locking, single)
    place = _sar_place(pdu.tlvs) if pdu.tlvs else None
    return Fragment(*(place or (0, 1, 1)), data, locking, single)


def _elements(header: bytes) -> dict[int, bytes]:
    """Return the information elements of a user data header; all that follows a truncated one is left out."""
    elements: dict[int, bytes] = {}
    position = 0
    while position + 2 <= len(header):
        element, length = header[position], header[position + 1]
        value = header[position + 2 : position + 2 + length]
        if len(value) == length:
            elements[element] = value
        position += 2 + length
    return elements


def _language(elements: Mapping[int, bytes], shift: int) -> int:
    value = elements.get(shift, b"")
    return value[0] if value else 0


def _concatenation(elements: Mapping[int, bytes]) -> tuple[int, int, int] | None:
    """Return (reference, total, number) of a user data header, None when it has no such element."""
    for element, size in ((_REFERENCE_8, 3), (_REFERENCE_16, 4)):
        value = elements.get(element, b"")
        if len(value) == size:
            total, number = value[-2], value[-1]
            return (int.from_bytes(value[:-2]), total, number) if 1 <= number <= total else None
    return None


def _sar_place(tlvs: Tlvs) -> tuple[int, int, int] | None:
    if spec.TLV_SAR_MSG_REF_NUM not in tlvs:
        return None
    reference = int.from_bytes(tlvs[spec.TLV_SAR_MSG_REF_NUM][:2])
    total = int.from_bytes(tlvs.get(spec.TLV_SAR_TOTAL_SEGMENTS, b"")[:1])
    number = int.from_bytes(tlvs.get(spec.TLV_SAR_SEGMENT_SEQNUM, b"")[:1])
    return (reference, total, number) if 1 <= number <= total else None
