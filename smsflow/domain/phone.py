"""A phone number: what a customer wrote, understood once and kept as E.164."""

import re
from dataclasses import dataclass

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, PhoneNumberType

from smsflow.errors import NumberInvalid

# E.164 has 15 digits at most; twice that leaves room for every way to space them, and bounds the work.
MAX_LENGTH = 32

MOBILE_TYPES = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})

# Besides the usual separators: the no-break spaces and hyphen of word processors, and the direction marks that
# address books put around a number that is copied.
_SEPARATORS = dict.fromkeys(map(ord, " \t.-()/\u00a0\u202f\u2009\u2011\u2010\u200e\u200f\u202a\u202c\ufeff"))

_DIALLED = re.compile(r"\+?[0-9]{3,17}")

_MASK_HEAD = 6
_MASK_TAIL = 2


@dataclass(frozen=True, slots=True)
class Number:
    """A valid number: `e164` as '+237690000001', `country` as 'CM', and whether a handset may answer."""

    e164: str
    country: str
    mobile: bool


def parse(raw: str, *, country: str, parameter: str = "number") -> Number:
    """Return the number written in `raw`, national in `country` or international, or raise NumberInvalid."""
    dialled = raw.translate(_SEPARATORS) if len(raw) <= MAX_LENGTH else ""
    if _DIALLED.fullmatch(dialled):
        if dialled.startswith("00"):
            dialled = "+" + dialled[2:]
        number = _valid(dialled, country)
        if number is None and dialled[0] != "+":
            number = _valid("+" + dialled, country)
        if number is not None:
            return number
    raise NumberInvalid(parameter=parameter, country=country, number=raw[:MAX_LENGTH])


def mask(e164: str) -> str:
    """Return the number as a log may show it: '+23769*****01'."""
    hidden = len(e164) - _MASK_HEAD - _MASK_TAIL
    if hidden <= _MASK_TAIL:
        return e164[:_MASK_TAIL] + "*" * max(0, len(e164) - _MASK_TAIL)
    return e164[:_MASK_HEAD] + "*" * hidden + e164[-_MASK_TAIL:]


def _valid(dialled: str, country: str) -> Number | None:
    """Return the number that `dialled` is, or None when it is not a valid one."""
    try:
        parsed: PhoneNumber = phonenumbers.parse(dialled, country)
    except NumberParseException:
        return None
    # A valid number is one that has a type: is_valid_number would ask the same patterns a second time.
    type_ = phonenumbers.number_type(parsed)
    region = phonenumbers.region_code_for_number(parsed)
    if type_ == PhoneNumberType.UNKNOWN or region is None:
        return None
    e164 = phonenumbers.format_number(parsed, PhoneNumberFormat.E164)
    return Number(e164=e164, country=region, mobile=type_ in MOBILE_TYPES)


COUNTRIES = frozenset(phonenumbers.SUPPORTED_REGIONS)

# 3GPP TS 23.040 §9.1.2.5: an alphanumeric address has 11 characters of the GSM alphabet. `@` is 0x00 there, which ends a C-string
# in SMPP; the rest of the punctuation is what operators refuse.
_ALPHANUMERIC_SENDER = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 ._&+-]{1,11}\Z")
_NUMERIC_SENDER = re.compile(r"\+?[0-9]{3,15}\Z")


def is_sender(name: str) -> bool:
    """Tell whether operators can carry `name` as a sender ID."""
    return name == name.strip() and bool(_ALPHANUMERIC_SENDER.match(name) or _NUMERIC_SENDER.match(name))
