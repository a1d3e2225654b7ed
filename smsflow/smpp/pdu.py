"""The PDUs of SMPP 3.4 as frozen values (section 4 of the specification), in the order of their fields on the wire."""

from dataclasses import dataclass, field
from typing import ClassVar

from smsflow.smpp import spec

Tlvs = dict[int, bytes]

# How a field goes on the wire: a NUL-terminated string, one octet, or octets behind an octet that counts them.
STRING, OCTET, COUNTED = "string", "octet", "counted"
Layout = tuple[tuple[str, str], ...]

_ADDRESS: Layout = (("source_ton", OCTET), ("source_npi", OCTET), ("source", STRING))
_DESTINATION: Layout = (("dest_ton", OCTET), ("dest_npi", OCTET), ("dest", STRING))


@dataclass(frozen=True, slots=True)
class Bind:
    """What a client says to open a session (section 4.1)."""

    command: ClassVar[int]
    layout: ClassVar[Layout] = (
        ("system_id", STRING),
        ("password", STRING),
        ("system_type", STRING),
        ("interface_version", OCTET),
        ("addr_ton", OCTET),
        ("addr_npi", OCTET),
        ("address_range", STRING),
    )
    system_id: str
    password: str = field(default="", repr=False)
    system_type: str = ""
    interface_version: int = spec.INTERFACE_VERSION
    addr_ton: int = 0
    addr_npi: int = 0
    address_range: str = ""
    tlvs: Tlvs = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BindReceiver(Bind):
    """Open a session that only receives."""

    command = spec.BIND_RECEIVER


@dataclass(frozen=True, slots=True)
class BindTransmitter(Bind):
    """Open a session that only sends."""

    command = spec.BIND_TRANSMITTER


@dataclass(frozen=True, slots=True)
class BindTransceiver(Bind):
    """Open a session that sends and receives."""

    command = spec.BIND_TRANSCEIVER


@dataclass(frozen=True, slots=True)
class BindResp:
    """The answer to a bind."""

    command: ClassVar[int]
    layout: ClassVar[Layout] = (("system_id", STRING),)
    system_id: str = ""
    tlvs: Tlvs = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BindReceiverResp(BindResp):
    """The answer to bind_receiver."""

    command = spec.BIND_RECEIVER_RESP


@dataclass(frozen=True, slots=True)
class BindTransmitterResp(BindResp):
    """The answer to bind_transmitter."""

    command = spec.BIND_TRANSMITTER_RESP


@dataclass(frozen=True, slots=True)
class BindTransceiverResp(BindResp):
    """The answer to bind_transceiver."""

    command = spec.BIND_TRANSCEIVER_RESP


@dataclass(frozen=True, slots=True)
class Outbind:
    """An operator asks a client to bind (section 4.1.7)."""

    command: ClassVar[int] = spec.OUTBIND
    layout: ClassVar[Layout] = (("system_id", STRING), ("password", STRING))
    system_id: str
    password: str = field(default="", repr=False)
    tlvs: Tlvs = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ShortMessage:
    """A message on its way in either direction (sections 4.4.1 and 4.6.1 have one layout)."""

    command: ClassVar[int]
    layout: ClassVar[Layout] = (
        ("service_type", STRING),
        *_ADDRESS,
        *_DESTINATION,
        ("esm_class", OCTET),
        ("protocol_id", OCTET),
        ("priority", OCTET),
        ("schedule", STRING),
        ("validity", STRING),
        ("registered_delivery", OCTET),
        ("replace", OCTET),
        ("data_coding", OCTET),
        ("default_message", OCTET),
        ("short_message", COUNTED),
    )
    service_type: str = ""
    source_ton: int = 0
    source_npi: int = 0
    source: str = ""
    dest_ton: int = 0
    dest_npi: int = 0
    dest: str = ""
    esm_class: int = 0
    protocol_id: int = 0
    priority: int = 0
    schedule: str = ""
    validity: str = ""
    registered_delivery: int = 0
    replace: int = 0
    data_coding: int = 0
    default_message: int = 0
    short_message: bytes = b""
    tlvs: Tlvs = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        """Return the octets of the message, from message_payload when short_message is empty."""
        return self.short_message or self.tlvs.get(spec.TLV_MESSAGE_PAYLOAD, b"")


@dataclass(frozen=True, slots=True)
class SubmitSm(ShortMessage):
    """A message for a handset."""

    command = spec.SUBMIT_SM


@dataclass(frozen=True, slots=True)
class DeliverSm(ShortMessage):
    """A message, or the receipt of one, for a client."""

    command = spec.DELIVER_SM


@dataclass(frozen=True, slots=True)
class MessageResp:
    """The answer to a message: the id that its receipt will carry."""

    command: ClassVar[int]
    layout: ClassVar[Layout] = (("message_id", STRING),)
    message_id: str = ""
    tlvs: Tlvs = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SubmitSmResp(MessageResp):
    """The answer to submit_sm."""

    command = spec.SUBMIT_SM_RESP


@dataclass(frozen=True, slots=True)
class DeliverSmResp(MessageResp):
    """The answer to deliver_sm; its message_id is unused."""

    command = spec.DELIVER_SM_RESP


@dataclass(frozen=True, slots=True)
class DataSmResp(MessageResp):
    """The answer to data_sm."""

    command = spec.DATA_SM_RESP


@dataclass(frozen=True, slots=True)
class DataSm:
    """A message in either direction whose text is in message_payload (section 4.7)."""

    command: ClassVar[int] = spec.DATA_SM
    layout: ClassVar[Layout] = (
        ("service_type", STRING),
        *_ADDRESS,
        *_DESTINATION,
        ("esm_class", OCTET),
        ("registered_delivery", OCTET),
        ("data_coding", OCTET),
    )
    service_type: str = ""
    source_ton: int = 0
    source_npi: int = 0
    source: str = ""
    dest_ton: int = 0
    dest_npi: int = 0
    dest: str = ""
    esm_class: int = 0
    registered_delivery: int = 0
    data_coding: int = 0
    tlvs: Tlvs = field(default_factory=dict)

    def as_deliver(self) -> DeliverSm:
        """Return the delivery that says the same: some operators send theirs as data_sm."""
        return DeliverSm(
            self.service_type,
            self.source_ton,
            self.source_npi,
            self.source,
            self.dest_ton,
            self.dest_npi,
            self.dest,
            self.esm_class,
            registered_delivery=self.registered_delivery,
            data_coding=self.data_coding,
            tlvs=self.tlvs,
        )


@dataclass(frozen=True, slots=True)
class QuerySm:
    """Ask for the state of a message (section 4.8)."""

    command: ClassVar[int] = spec.QUERY_SM
    layout: ClassVar[Layout] = (("message_id", STRING), *_ADDRESS)
    message_id: str
    source_ton: int = 0
    source_npi: int = 0
    source: str = ""
    tlvs: Tlvs = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class QuerySmResp:
    """The state of a message."""

    command: ClassVar[int] = spec.QUERY_SM_RESP
    layout: ClassVar[Layout] = (
        ("message_id", STRING),
        ("final_date", STRING),
        ("message_state", OCTET),
        ("error_code", OCTET),
    )
    message_id: str = ""
    final_date: str = ""
    message_state: int = 0
    error_code: int = 0
    tlvs: Tlvs = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CancelSm:
    """Ask that a message be given up (section 4.9)."""

    command: ClassVar[int] = spec.CANCEL_SM
    layout: ClassVar[Layout] = (("service_type", STRING), ("message_id", STRING), *_ADDRESS, *_DESTINATION)
    service_type: str = ""
    message_id: str = ""
    source_ton: int = 0
    source_npi: int = 0
    source: str = ""
    dest_ton: int = 0
    dest_npi: int = 0
    dest: str = ""
    tlvs: Tlvs = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReplaceSm:
    """Ask that the text of a message be replaced (section 4.10)."""

    command: ClassVar[int] = spec.REPLACE_SM
    layout: ClassVar[Layout] = (
        ("message_id", STRING),
        *_ADDRESS,
        ("schedule", STRING),
        ("validity", STRING),
        ("registered_delivery", OCTET),
        ("default_message", OCTET),
        ("short_message", COUNTED),
    )
    message_id: str
    source_ton: int = 0
    source_npi: int = 0
    source: str = ""
    schedule: str = ""
    validity: str = ""
    registered_delivery: int = 0
    default_message: int = 0
    short_message: bytes = b""
    tlvs: Tlvs = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AlertNotification:
    """A handset can be reached again (section 4.12)."""

    command: ClassVar[int] = spec.ALERT_NOTIFICATION
    layout: ClassVar[Layout] = (*_ADDRESS, ("esme_ton", OCTET), ("esme_npi", OCTET), ("esme", STRING))
    source_ton: int = 0
    source_npi: int = 0
    source: str = ""
    esme_ton: int = 0
    esme_npi: int = 0
    esme: str = ""
    tlvs: Tlvs = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Empty:
    """A PDU that is only a header."""

    command: ClassVar[int]
    layout: ClassVar[Layout] = ()
    tlvs: Tlvs = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CancelSmResp(Empty):
    """The answer to cancel_sm."""

    command = spec.CANCEL_SM_RESP


@dataclass(frozen=True, slots=True)
class ReplaceSmResp(Empty):
    """The answer to replace_sm."""

    command = spec.REPLACE_SM_RESP


@dataclass(frozen=True, slots=True)
class EnquireLink(Empty):
    """Ask whether the peer lives (section 4.11)."""

    command = spec.ENQUIRE_LINK


@dataclass(frozen=True, slots=True)
class EnquireLinkResp(Empty):
    """The answer to enquire_link."""

    command = spec.ENQUIRE_LINK_RESP


@dataclass(frozen=True, slots=True)
class Unbind(Empty):
    """Close the session (section 4.2)."""

    command = spec.UNBIND


@dataclass(frozen=True, slots=True)
class UnbindResp(Empty):
    """The answer to unbind."""

    command = spec.UNBIND_RESP


@dataclass(frozen=True, slots=True)
class GenericNack(Empty):
    """The answer to what could not be understood (section 4.3)."""

    command = spec.GENERIC_NACK


@dataclass(frozen=True, slots=True)
class Raw:
    """A PDU whose command is not known here, kept as it came."""

    command: int
    body: bytes


Known = (
    Bind
    | BindResp
    | Outbind
    | ShortMessage
    | MessageResp
    | DataSm
    | QuerySm
    | QuerySmResp
    | CancelSm
    | ReplaceSm
    | AlertNotification
    | Empty
)
Pdu = Known | Raw
