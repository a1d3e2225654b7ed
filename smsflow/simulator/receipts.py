"""Deliveries of a simulated operator: receipts, and the parts of a person's text."""

from datetime import UTC, datetime

from smsflow.smpp import concat, spec
from smsflow.smpp.pdu import DeliverSm, ShortMessage
from smsflow.smpp.submission import address


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
    """Return whether registered_delivery asks for a receipt of this final state."""
    wish = message.registered_delivery & spec.RECEIPT_MASK
    return wish == spec.RECEIPT_FINAL or (wish == spec.RECEIPT_FAILURE and state != "DELIVRD")


def receipt_of(message: ShortMessage, message_id: str, state: str, *, at: datetime, tlvs: bool = True) -> DeliverSm:
    """Return the receipt of a submission, with or without the parameters that say it beside the text; its err may stand behind the state."""
    state, _, error = state.partition(" ")
    parameters = {
        spec.TLV_RECEIPTED_MESSAGE_ID: message_id.encode("latin-1") + b"\0",
        spec.TLV_MESSAGE_STATE: bytes((spec.MESSAGE_STATE_NUMBERS.get(state, spec.STATE_UNKNOWN),)),
    }
    error = error or ("000" if state == "DELIVRD" else "001")
    text = format_receipt(message_id, state, error=error, submitted_at=at, done_at=at)
    parameters = parameters if tlvs else {}
    if len(text) > spec.MAX_SHORT_MESSAGE:
        parameters, text = {**parameters, spec.TLV_MESSAGE_PAYLOAD: text}, b""
    return DeliverSm(
        "",
        message.dest_ton,
        message.dest_npi,
        message.dest,
        message.source_ton,
        message.source_npi,
        message.source,
        spec.ESM_DELIVERY_RECEIPT,
        short_message=text,
        tlvs=parameters,
    )


def inbound_parts(source: str, destination: str, text: str, *, reference: int, mode: concat.Mode) -> list[DeliverSm]:
    """Return the deliveries that carry a text of a person, in order."""
    encoding = concat.encoding_of(text)
    source_ton, source_npi, source = address(source)
    dest_ton, dest_npi, destination = address(destination)
    return [
        DeliverSm(
            "",
            source_ton,
            source_npi,
            source,
            dest_ton,
            dest_npi,
            destination,
            data.esm_class,
            data_coding=data.data_coding,
            short_message=data.short_message,
            tlvs=data.tlvs,
        )
        for data in concat.user_data(concat.cut(text, encoding), encoding, reference=reference, mode=mode)
    ]
