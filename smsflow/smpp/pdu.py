"""The PDUs of SMPP 3.4 as frozen values (section 4 of the specification), in the order of their octets."""

from typing import ClassVar

from msgspec import Struct, field
from msgspec.structs import asdict

from smsflow.smpp import spec

Tlvs = dict[int, bytes]


class Known(Struct, frozen=True, kw_only=True):
    """A PDU whose fields are known here; one with none of its own is only a header.

    As octets, a str is a NUL-terminated string, an int one octet, and bytes follow an octet that counts them; then come the TLVs.
    """

    command: ClassVar[int]
    tlvs: Tlvs = field(default_factory=dict)


class WithPassword(Known, frozen=True):
    """The credentials of a peer; its representation leaves out the password."""

    system_id: str
    password: str = ""

    def __repr__(self) -> str:
        """Name the peer."""
        return f"{type(self).__name__}(system_id={self.system_id!r})"


class Bind(WithPassword, frozen=True):
    """The request of a client that opens a session (section 4.1)."""

    system_type: str = ""
    interface_version: int = spec.INTERFACE_VERSION
    addr_ton: int = 0
    addr_npi: int = 0
    address_range: str = ""


class BindReceiver(Bind, frozen=True):
    """Open a session that only receives."""

    command = spec.BIND_RECEIVER


class BindTransmitter(Bind, frozen=True):
    """Open a session that only sends."""

    command = spec.BIND_TRANSMITTER


class BindTransceiver(Bind, frozen=True):
    """Open a session that sends and receives."""

    command = spec.BIND_TRANSCEIVER


class BindResp(Known, frozen=True):
    """The answer to a bind."""

    system_id: str = ""


class BindReceiverResp(BindResp, frozen=True):
    """The answer to bind_receiver."""

    command = spec.BIND_RECEIVER_RESP


class BindTransmitterResp(BindResp, frozen=True):
    """The answer to bind_transmitter."""

    command = spec.BIND_TRANSMITTER_RESP


class BindTransceiverResp(BindResp, frozen=True):
    """The answer to bind_transceiver."""

    command = spec.BIND_TRANSCEIVER_RESP


class Outbind(WithPassword, frozen=True):
    """An operator asks a client to bind (section 4.1.7)."""

    command = spec.OUTBIND


class ShortMessage(Known, frozen=True):
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


class SubmitSm(ShortMessage, frozen=True):
    """A message for a handset."""

    command = spec.SUBMIT_SM


class DeliverSm(ShortMessage, frozen=True):
    """A message, or the receipt of one, for a client."""

    command = spec.DELIVER_SM


class MessageResp(Known, frozen=True):
    """The answer to a message: the id that its receipt will carry."""

    message_id: str = ""


class SubmitSmResp(MessageResp, frozen=True):
    """The answer to submit_sm."""

    command = spec.SUBMIT_SM_RESP


class DeliverSmResp(MessageResp, frozen=True):
    """The answer to deliver_sm; its message_id is unused."""

    command = spec.DELIVER_SM_RESP


class DataSmResp(MessageResp, frozen=True):
    """The answer to data_sm."""

    command = spec.DATA_SM_RESP


class DataSm(Known, frozen=True):
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
        return DeliverSm(**asdict(self))


class QuerySm(Known, frozen=True):
    """Ask for the state of a message (section 4.8)."""

    command = spec.QUERY_SM
    message_id: str
    source_ton: int = 0
    source_npi: int = 0
    source: str = ""


class QuerySmResp(Known, frozen=True):
    """The state of a message."""

    command = spec.QUERY_SM_RESP
    message_id: str = ""
    final_date: str = ""
    message_state: int = 0
    error_code: int = 0


class CancelSm(Known, frozen=True):
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


class ReplaceSm(Known, frozen=True):
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


class AlertNotification(Known, frozen=True):
    """A handset can be reached again (section 4.12)."""

    command = spec.ALERT_NOTIFICATION
    source_ton: int = 0
    source_npi: int = 0
    source: str = ""
    esme_ton: int = 0
    esme_npi: int = 0
    esme: str = ""


class EnquireLink(Known, frozen=True):
    """Ask whether the peer lives (section 4.11)."""

    command = spec.ENQUIRE_LINK


class EnquireLinkResp(Known, frozen=True):
    """The answer to enquire_link."""

    command = spec.ENQUIRE_LINK_RESP


class Unbind(Known, frozen=True):
    """Close the session (section 4.2)."""

    command = spec.UNBIND


class GenericNack(Known, frozen=True):
    """The answer to a PDU that could not be understood (section 4.3)."""

    command = spec.GENERIC_NACK


class Raw(Struct, frozen=True):
    """A PDU whose command is not known here, kept as it came."""

    command: int
    body: bytes


Pdu = Known | Raw
