"""The SMPP connector: encodes messages as submit_sm, and reads an operator's statuses and receipts."""

from collections.abc import Callable, Iterable
from datetime import datetime

from smsflow.domain import segments
from smsflow.domain.delivery import RECEIPT_STATUS, REFUSED_STATES
from smsflow.domain.encoding import Encoding, encoding_of
from smsflow.domain.matching import bounded
from smsflow.smpp import spec
from smsflow.smpp.concat import Mode, user_data
from smsflow.smpp.net.client import BindConfig, address, encode_submit, validity_period
from smsflow.smpp.receipt import BASES, Base, Receipt, alternatives, normalise
from smsflow.store.messages.receipts import News
from smsflow.store.routing.connectors import Connector

# People read what an operator says beside the state of a receipt; nobody reads more than this.
_LONGEST_ERROR = 200

_MODES: dict[str, Mode] = {"udh8": "udh8", "udh16": "udh16", "sar": "sar", "payload": "payload"}


def bind_config(connector: Connector, password: str, *, mode: str) -> BindConfig:
    """Return how to bind to the operator; `mode` is trx, tx or rx."""
    return BindConfig(
        connector.host,
        connector.port,
        connector.system_id,
        password,
        connector.system_type,
        mode=mode,  # type: ignore[arg-type]
        window=connector.window,
        tls=connector.tls,
        response_timeout=connector.response_timeout,
        enquire_interval=connector.enquire_interval,
    )


def bodies(  # noqa: PLR0917 - what a message is
    connector: Connector, message_id: int, number: str, sender: str, text: str, valid_until: datetime
) -> list[bytes]:
    """Return the bodies of the submit_sm PDUs that carry a message, in order."""
    source_ton, source_npi, source = address(sender)
    dest_ton, dest_npi, dest = address(number)
    alphabet = "gsm7" if encoding_of(text) is Encoding.GSM7 else "ucs2"
    parts = segments.split(text, wide_reference=connector.long_mode == "udh16")
    if connector.latin1 and segments.is_one_latin1(text):
        alphabet, parts = "latin1", (text,)
    # Consecutive ids make the reference unique per source and destination for the next 65,536 messages.
    carried = user_data(parts, alphabet, reference=message_id, mode=_MODES[connector.long_mode])  # type: ignore[arg-type]
    validity = validity_period(valid_until)
    return [
        encode_submit(
            source_ton,
            source_npi,
            source,
            dest_ton,
            dest_npi,
            dest,
            u.esm_class,
            u.data_coding,
            u.short_message,
            validity=validity,
            tlvs=u.tlvs,
        )
        for u in carried
    ]


is_throttle = spec.is_throttle
is_temporary = spec.is_temporary
status_name = spec.status_name
# The answer to a deliver_sm that we shall never be able to take.
CANNOT_TAKE = spec.ESME_RX_P_APPN
# SMPP 3.4 §5.1.3: 0x400 to 0x4FF are an operator's own.
_LAST_OWN_STATUS = 0x4FF


def status_label(status: int) -> str:
    """Return the name of a status for metrics: those of an operator that answers at random are one."""
    return spec.status_name(status) if status <= _LAST_OWN_STATUS else "other"


def is_queue_full(status: int) -> bool:
    """Tell whether a throttling status may speak of one handset instead of the connector."""
    return status == spec.ESME_RMSGQFUL


def stored_reference(message_id: str) -> str:
    """Return an operator's id as it is stored: as it stands, or cut and marked when it is too long to be one."""
    return bounded(message_id.replace("\x00", "").strip())


def news(connector: Connector, receipt: Receipt) -> News | None:
    """Return what a receipt says, or None when its state is not final (ENROUTE, ACCEPTD, an unknown word)."""
    status = RECEIPT_STATUS.get(receipt.state)
    if status is None:
        return None
    base = _base(connector)
    error = f"{receipt.state} {receipt.error or ''}".strip().replace("\x00", "")
    digits = receipt.source.lstrip("+").replace("\x00", "")
    return News(
        account_id=connector.account_id,
        reference=_reference(receipt.reference, base),
        status=status,
        refused=receipt.state in REFUSED_STATES,
        error=error[:_LONGEST_ERROR],
        number=f"+{digits}" if digits.isdigit() else digits,
        sender=receipt.destination.replace("\x00", ""),
        flagged=receipt.flagged,
        other_reference=_reference(receipt.text_reference, base),
    )


def forms(connector: Connector) -> Callable[[str], Iterable[str]]:
    """Return the function that lists the forms in which this operator may write a reference in its receipts."""
    if connector.reference_base == "learn":
        return lambda reference: alternatives(reference).values()
    return lambda _reference: ()


def _reference(reference: str, base: Base) -> str:
    """Return the id of a receipt as it is stored, in the base of the connector's answers."""
    return stored_reference(reference if base == "as_is" else normalise(reference, base))


def _base(connector: Connector) -> Base:
    return next((base for base in BASES if base == connector.reference_base), "as_is")
