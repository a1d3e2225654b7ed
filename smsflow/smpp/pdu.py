"""The PDUs of SMPP 3.4 as frozen values (section 4 of the specification), in the order of their octets."""

from dataclasses import dataclass, field, fields
from typing import ClassVar

from smsflow.smpp import spec

Tlvs = dict[int, bytes]


@dataclass(frozen=True, slots=True)
class Known:
    """A PDU whose fields are known here; one with none of its own is only a header.

    As octets, a str is a NUL-terminated string, an int one octet, and bytes follow an octet that counts them; then come the TLVs.
    """

    command: ClassVar[int]
    tlvs: Tlvs = field(default_factory=dict, kw_only=True)


@dataclass(frozen=True, slots=True)
class Bind(Known):
    """The request of a client that opens a session (section 4.1)."""

    system_id: str
    password: str = field(default="", repr=False)
    system_type: str = ""
    interface_version: int = spec.INTERFACE_VERSION
    addr_ton: int = 0
    addr_npi: int = 0
    address_range: str = ""


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
class BindResp(Known):
    """The answer to a bind."""

    system_id: str = ""


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
class Outbind(Known):
    """An operator asks a client to bind (section 4.1.7)."""

    command = spec.OUTBIND
    system_id: str
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class ShortMessage(Known):
    """A message on its way in either direction (sections 4.4.1 and 4.6.1 have one layout)."""

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
class MessageResp(Known):
    """The answer to a message: the id that its receipt will carry."""

    message_id: str = ""


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
class DataSm(Known):
    """A message in either direction whose text is in message_payload (section 4.7)."""

    command = spec.DATA_SM
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

    def as_deliver(self) -> DeliverSm:
        """Return the deliver_sm with the same content: some operators send data_sm instead."""
        return DeliverSm(**{each.name: getattr(self, each.name) for each in fields(self)})


@dataclass(frozen=True, slots=True)
class QuerySm(Known):
    """Ask for the state of a message (section 4.8)."""

    command = spec.QUERY_SM
    message_id: str
    source_ton: int = 0
    source_npi: int = 0
    source: str = ""


@dataclass(frozen=True, slots=True)
class QuerySmResp(Known):
    """The state of a message."""

    command = spec.QUERY_SM_RESP
    message_id: str = ""
    final_date: str = ""
    message_state: int = 0
    error_code: int = 0


@dataclass(frozen=True, slots=True)
class CancelSm(Known):
    """Ask that a message be given up (section 4.9)."""

    command = spec.CANCEL_SM
    service_type: str = ""
    message_id: str = ""
    source_ton: int = 0
    source_npi: int = 0
    source: str = ""
    dest_ton: int = 0
    dest_npi: int = 0
    dest: str = ""


@dataclass(frozen=True, slots=True)
class ReplaceSm(Known):
    """Ask that the text of a message be replaced (section 4.10)."""

    command = spec.REPLACE_SM
    message_id: str
    source_ton: int = 0
    source_npi: int = 0
    source: str = ""
    schedule: str = ""
    validity: str = ""
    registered_delivery: int = 0
    default_message: int = 0
    short_message: bytes = b""


@dataclass(frozen=True, slots=True)
class AlertNotification(Known):
    """A handset can be reached again (section 4.12)."""

    command = spec.ALERT_NOTIFICATION
    source_ton: int = 0
    source_npi: int = 0
    source: str = ""
    esme_ton: int = 0
    esme_npi: int = 0
    esme: str = ""


@dataclass(frozen=True, slots=True)
class EnquireLink(Known):
    """Ask whether the peer lives (section 4.11)."""

    command = spec.ENQUIRE_LINK


@dataclass(frozen=True, slots=True)
class EnquireLinkResp(Known):
    """The answer to enquire_link."""

    command = spec.ENQUIRE_LINK_RESP


@dataclass(frozen=True, slots=True)
class Unbind(Known):
    """Close the session (section 4.2)."""

    command = spec.UNBIND


@dataclass(frozen=True, slots=True)
class GenericNack(Known):
    """The answer to a PDU that could not be understood (section 4.3)."""

    command = spec.GENERIC_NACK


@dataclass(frozen=True, slots=True)
class Raw:
    """A PDU whose command is not known here, kept as it came."""

    command: int
    body: bytes


Pdu = Known | Raw
