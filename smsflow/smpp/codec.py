"""PDUs to octets and back: nonsense from a peer is a value here, never an exception."""

import struct
from collections.abc import Mapping
from typing import Final

from msgspec.structs import fields

from smsflow.smpp import pdu as pdus
from smsflow.smpp import spec
from smsflow.smpp.pdu import Known, Pdu, Raw, ShortMessage, Tlvs

_HEADER = struct.Struct(">IIII")
_TLV = struct.Struct(">HH")
_WITH_MESSAGE_ID: Final = frozenset({spec.SUBMIT_SM, spec.DATA_SM, spec.DELIVER_SM})
_MAX_OCTET: Final = 255
_NUL: Final = "a C-octet string cannot hold a NUL"
# The fields of a ShortMessage as characters: %c is an octet once this is Latin-1.
_MESSAGE: Final = "%s\0%c%c%s\0%c%c%s\0%c%c%c%s\0%s\0%c%c%c%c%c"

Frame = tuple[int, int, int, bytes]
"""A PDU as it came: command_id, command_status, sequence_number, body."""

_KNOWN: list[type[Known]] = [cls for cls in vars(pdus).values() if isinstance(cls, type) and issubclass(cls, Known)]
_CLASSES = {cls.command: cls for cls in _KNOWN if hasattr(cls, "command")}
# The mandatory fields of each with their types, in the order of their octets.
_LAYOUTS = {cls: tuple((each.name, each.type) for each in fields(cls) if each.name != "tlvs") for cls in _KNOWN}


def frame(command: int, status: int, sequence: int, body: bytes = b"") -> bytes:
    """Return a whole PDU: the header, then `body`."""
    return _HEADER.pack(spec.HEADER_LENGTH + len(body), command, status, sequence) + body


def answer(command: int, sequence: int, status: int = 0) -> bytes:
    """Return the response to a request that says nothing but a status."""
    # deliver_sm_resp has its unused message_id even in a refusal (section 4.6.2), submit_sm_resp has not (4.4.2).
    named = command == spec.DELIVER_SM or (status == 0 and command in _WITH_MESSAGE_ID)
    return frame(command | spec.RESPONSE, status, sequence, b"\0" if named else b"")


def nack(_command: int, sequence: int, status: int) -> bytes:
    """Return the answer to a PDU that has no response of its own."""
    return frame(spec.GENERIC_NACK, status, sequence)


def encode(pdu: Pdu, sequence: int, status: int = 0) -> bytes:
    """Return the octets of `pdu`; raise ValueError for a value that does not fit its field."""
    return frame(pdu.command, status, sequence, encode_body(pdu))


def encode_body(pdu: Pdu) -> bytes:
    """Return the octets of `pdu` after its header."""
    if isinstance(pdu, Raw):
        return pdu.body
    if isinstance(pdu, ShortMessage):
        return _encode_message(pdu)
    body = bytearray()
    for name, kind in _LAYOUTS[type(pdu)]:
        value = getattr(pdu, name)
        if kind is str:
            body += c_string(value)
        elif kind is bytes:
            if len(value) > _MAX_OCTET:
                message = f"{name} has {len(value)} octets: more than {_MAX_OCTET} go in message_payload"
                raise ValueError(message)
            body.append(len(value))
            body += value
        else:
            body.append(value)
    return bytes(body + encode_tlvs(pdu.tlvs))


def _encode_message(pdu: ShortMessage) -> bytes:
    """Write submit_sm or deliver_sm: the layout that a busy server sends with every receipt, in one go."""
    size = len(pdu.short_message)
    if size > _MAX_OCTET:
        message = f"short_message has {size} octets: more than {_MAX_OCTET} go in message_payload"
        raise ValueError(message)
    strings = (pdu.service_type, pdu.source, pdu.dest, pdu.schedule, pdu.validity)
    if any("\0" in text for text in strings):
        raise ValueError(_NUL)
    fields = _MESSAGE % (
        pdu.service_type,
        pdu.source_ton,
        pdu.source_npi,
        pdu.source,
        pdu.dest_ton,
        pdu.dest_npi,
        pdu.dest,
        pdu.esm_class,
        pdu.protocol_id,
        pdu.priority,
        pdu.schedule,
        pdu.validity,
        pdu.registered_delivery,
        pdu.replace,
        pdu.data_coding,
        pdu.default_message,
        size,
    )
    body = fields.encode("latin-1") + pdu.short_message
    return body + encode_tlvs(pdu.tlvs) if pdu.tlvs else body


def c_string(text: str) -> bytes:
    """Return `text` as a NUL-terminated string; raise ValueError when it has a NUL or leaves Latin-1."""
    octets = text.encode("latin-1")
    if b"\0" in octets:
        raise ValueError(_NUL)
    return octets + b"\0"


def encode_tlvs(tlvs: Mapping[int, bytes]) -> bytes:
    """Return optional parameters as octets."""
    return b"".join([_TLV.pack(tag, len(value)) + value for tag, value in tlvs.items()])


def decode(command: int, body: bytes) -> Pdu | None:
    """Return the PDU of a frame, Raw when the command is not known, None when the body is malformed."""
    cls = _CLASSES.get(command)
    if cls is None:
        return Raw(command, body)
    try:
        if issubclass(cls, ShortMessage):
            return _decode_message(cls, body)
        return _decode_layout(cls, body)
    except (ValueError, IndexError):
        return None


def _decode_layout(cls: type[Known], body: bytes) -> Pdu:
    """Read the fields that a class declares; a response may stop anywhere (a refusal has no body)."""
    values: list[str | int | bytes] = []
    position = 0
    for _, kind in _LAYOUTS[cls]:
        if position >= len(body) and cls.command & spec.RESPONSE:
            break
        if kind is str:
            end = body.find(b"\0", position)
            # Some operators leave out the last NUL of a message_id.
            end = len(body) if end < 0 else end
            values.append(body[position:end].decode("latin-1"))
            position = end + 1
        elif kind is bytes:
            end = position + 1 + body[position]
            if end > len(body):
                raise IndexError
            values.append(body[position + 1 : end])
            position = end
        else:
            values.append(body[position])
            position += 1
    return cls(*values, tlvs=decode_tlvs(body, position))


def _decode_message(cls: type[ShortMessage], body: bytes) -> ShortMessage:
    """Read submit_sm or deliver_sm, whose layout is written out here because every receipt passes through."""
    end = body.index(0)
    service_type = body[:end].decode("latin-1") if end else ""
    source_end = body.index(0, end + 3)
    dest_end = body.index(0, source_end + 3)
    schedule_end = body.index(0, dest_end + 4)
    validity_end = body.index(0, schedule_end + 1)
    text = validity_end + 6
    text_end = text + body[text - 1]
    if text_end > len(body):
        raise IndexError
    return cls(
        service_type,
        body[end + 1],
        body[end + 2],
        body[end + 3 : source_end].decode("latin-1"),
        body[source_end + 1],
        body[source_end + 2],
        body[source_end + 3 : dest_end].decode("latin-1"),
        body[dest_end + 1],
        body[dest_end + 2],
        body[dest_end + 3],
        body[dest_end + 4 : schedule_end].decode("latin-1"),
        body[schedule_end + 1 : validity_end].decode("latin-1"),
        body[validity_end + 1],
        body[validity_end + 2],
        body[validity_end + 3],
        body[validity_end + 4],
        body[text:text_end],
        tlvs=decode_tlvs(body, text_end) if text_end < len(body) else {},
    )


def first_string(body: bytes) -> str:
    """Return the string that a body begins with: the message_id of a response, the system_id of a bind's; its NUL may be missing."""
    return body.partition(b"\0")[0].decode("latin-1")


def decode_tlvs(body: bytes, position: int) -> Tlvs:
    """Return the optional parameters from `position` on; all that follows a truncated one is left out."""
    tlvs: Tlvs = {}
    size = len(body)
    while position + 4 <= size:
        tag, length = _TLV.unpack_from(body, position)
        end = position + 4 + length
        if end > size:
            break
        tlvs[tag] = body[position + 4 : end]
        position = end
    return tlvs


class Framer:
    """Cuts a stream of octets into frames; the octets kept never exceed one PDU of the largest size and one chunk."""

    __slots__ = ("_buffer", "_needed", "broken")

    def __init__(self) -> None:
        """Start with nothing received."""
        self._buffer = bytearray()
        self._needed = 0
        self.broken: Frame | None = None
        """The header whose command_length is out of bounds: the stream cannot be read past it."""

    def feed(self, data: bytes) -> list[Frame]:
        """Return the frames that `data` completes; nothing any more once the stream is broken."""
        if self.broken is not None:
            return []
        if self._buffer:
            self._buffer += data
            # Without this, one octet at a time would make the work quadratic.
            if len(self._buffer) < self._needed:
                return []
            data = bytes(self._buffer)
        frames: list[Frame] = []
        position, size = 0, len(data)
        unpack = _HEADER.unpack_from
        self._needed = spec.HEADER_LENGTH
        while size - position >= spec.HEADER_LENGTH:
            length, command, status, sequence = unpack(data, position)
            if not spec.HEADER_LENGTH <= length <= spec.MAX_COMMAND_LENGTH:
                self.broken = (command, status, sequence, b"")
                break
            end = position + length
            if end > size:
                self._needed = length
                break
            frames.append((command, status, sequence, data[position + 16 : end]))
            position = end
        self._buffer = bytearray(data[position:]) if position < size and self.broken is None else bytearray()
        return frames
