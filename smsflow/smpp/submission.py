"""The body of a submit_sm, encoded in one go, and its addresses and validity."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from smsflow.smpp import codec, spec

# 3GPP TS 23.040, section 9.1.2.5: an alphanumeric address holds eleven septets.
MAX_ALPHANUMERIC: Final = 11
_NUMBER: Final = re.compile(r"\+?([0-9]{1,15})")
# Printable ASCII only: `@` is 0x00 in GSM 03.38 and ends a C-string, and operators disagree on the others (docs/smpp.md, rule 12).
_NAME: Final = re.compile(r"[ -?A-~]{1,11}")
# The shortest international number has eight digits; a shorter one is a short code.
_SHORTEST_NUMBER: Final = 8

_FIELDS: Final = "\0%c%c%s\0%c%c%s\0%c%c%c\0%s\0%c\0%c\0%c"


def encode_submit(  # noqa: PLR0917  one parameter for each field of submit_sm
    source_ton: int,
    source_npi: int,
    source: str,
    dest_ton: int,
    dest_npi: int,
    dest: str,
    esm_class: int,
    data_coding: int,
    short_message: bytes,
    registered_delivery: int = 1,
    validity: str = "",
    protocol_id: int = 0,
    priority: int = 0,
    tlvs: bytes | Mapping[int, bytes] = b"",
) -> bytes:
    """Return the body of a submit_sm; raise ValueError for a value that does not fit its field."""
    size = len(short_message)
    if size > spec.MAX_SHORT_MESSAGE:
        message = f"short_message has {size} octets: more than {spec.MAX_SHORT_MESSAGE} go in message_payload"
        raise ValueError(message)
    if "\0" in source or "\0" in dest or "\0" in validity:
        message = "a C-octet string cannot hold a NUL"
        raise ValueError(message)
    fields = _FIELDS % (
        source_ton,
        source_npi,
        source,
        dest_ton,
        dest_npi,
        dest,
        esm_class,
        protocol_id,
        priority,
        validity,
        registered_delivery,
        data_coding,
        size,
    )
    tail = tlvs if isinstance(tlvs, bytes) else codec.encode_tlvs(tlvs)
    return fields.encode("latin-1") + short_message + tail


def validity_period(at: datetime) -> str:
    """Return an absolute time of section 7.1.1, in UTC."""
    # strftime looks at the time zone file every time; this is ten times cheaper.
    utc = at.astimezone(UTC)
    date = f"{utc.year % 100:02}{utc.month:02}{utc.day:02}"
    return f"{date}{utc.hour:02}{utc.minute:02}{utc.second:02}000+"


def address(value: str) -> tuple[int, int, str]:
    """Return (TON, NPI, address) of a sender or a number (docs/smpp.md, rule 13); raise ValueError for what is neither."""
    number = _NUMBER.fullmatch(value)
    if number is not None:
        digits = number[1]
        if len(digits) >= _SHORTEST_NUMBER or value[0] == "+":
            return spec.TON_INTERNATIONAL, spec.NPI_ISDN, digits
        return spec.TON_NETWORK_SPECIFIC, spec.NPI_UNKNOWN, digits
    if _NAME.fullmatch(value):
        return spec.TON_ALPHANUMERIC, spec.NPI_UNKNOWN, value
    message = f"an alphanumeric sender has 1 to {MAX_ALPHANUMERIC} characters of ASCII and no @"
    raise ValueError(message)
