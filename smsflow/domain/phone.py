"""A phone number: what a customer wrote, understood once and kept as E.164."""

import re
from dataclasses import dataclass
from functools import cache

import phonenumbers
from msgspec import Struct
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, PhoneNumberType
from phonenumbers.tzdata import TIMEZONE_DATA

from smsflow.domain import digits
from smsflow.errors import NumberInvalid

# E.164 has 15 digits at most; this leaves room for every way to space them, between the marks of an address book, and bounds the work.
MAX_LENGTH = 64

MOBILE_TYPES = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})

_SEPARATORS = dict.fromkeys(map(ord, " .-()"))

# The kinds of number that the library distinguishes from mobile ones.
_OTHER_TYPES = (
    "fixed_line",
    "premium_rate",
    "toll_free",
    "shared_cost",
    "voip",
    "personal_number",
    "pager",
    "uan",
    "voicemail",
)

_NEVER = r"(?!)"

_MOST_ECHOED = 32
# The longest calling code with a plus; and the least that the rest of a number has.
_SHORT = 4
_LEAST_GROUP = 2
_BETWEEN = re.compile(r"[ .()-]+")

_DIALLED = re.compile(r"\+?[0-9]{3,17}")
# The shape of one number: separators stand between its digits, never a dash before them.
_WRITTEN = re.compile(r"\(?\+?[0-9(][0-9 .()-]*[0-9]")
# As spreadsheets and JSON write a whole number.
_DECIMAL = re.compile(r"\.00?\Z")


class Number(Struct, frozen=True):
    """A valid number: `e164` as '+237690000001', `country` as 'CM', and whether a handset may answer."""

    e164: str
    country: str
    mobile: bool


def parse(raw: str, *, country: str, parameter: str = "number") -> Number:
    """Return the number written in `raw`, national in `country` or international, or raise NumberInvalid.

    Never another number than the one that was meant: a text that can be read in two ways is refused.
    """
    dialled = raw if _DIALLED.fullmatch(raw) else _dialled(raw)
    if dialled:
        if dialled.startswith("00"):
            dialled = "+" + dialled[2:]
        whole = dialled if dialled[0] == "+" else _calling_code(country) + dialled
        number = _plain_mobile(whole) or _valid(dialled, country)
        if number is None and dialled[0] != "+" and not _is_two(raw, country):
            number = _valid("+" + dialled, country)
        if number is not None:
            return number
    raise NumberInvalid(parameter=parameter, country=country, number=raw[:_MOST_ECHOED])


def _dialled(raw: str) -> str:
    """Return the digits to dial of a number as people write it, with a plus where one stands; "" when it is not plainly one number."""
    # A sentence that a number is copied from ends with a full stop.
    written = digits.plain(raw).removesuffix(".") if len(raw) <= MAX_LENGTH else ""
    if not _WRITTEN.fullmatch(written):
        return ""
    whole, dot, rest = written.partition(".")
    if dot and rest.isdigit():
        # A dot before the last digits may be a decimal point, unless what precedes it is too short for a number, as a calling code is.
        if _DECIMAL.search(written) and _DIALLED.fullmatch(whole):
            return whole
        if len(whole.translate(_SEPARATORS)) > _SHORT or len(rest) < _SHORT:
            return ""
    if len(written.rpartition(".")[2]) < _LEAST_GROUP:
        return ""
    dialled = written.translate(_SEPARATORS)
    return dialled if _DIALLED.fullmatch(dialled) else ""


def _is_two(raw: str, country: str) -> bool:
    """Tell whether a separator stands between two national numbers: joined, they may look like one of another country."""
    written = digits.plain(raw)
    return any(
        _reads(written[: found.start()], country) and _reads(written[found.end() :], country)
        for found in _BETWEEN.finditer(written)
    )


def _reads(written: str, country: str) -> bool:
    dialled = written.translate(_SEPARATORS)
    return _DIALLED.fullmatch(dialled) is not None and _valid(dialled, country) is not None


@dataclass(frozen=True, slots=True)
class _Plan:
    """The patterns of the mobile numbers of a country that shares its calling code with no other."""

    region: str
    mobile: re.Pattern[str]
    others: re.Pattern[str]
    prefix: re.Pattern[str]


def _plain_mobile(dialled: str) -> Number | None:
    """Return the mobile number that `dialled` plainly is: international, whole, and nothing but a mobile number of one country.

    Nearly every recipient is one, and this takes a tenth of the time of asking the library, which answers the same.
    """
    for end in (4, 3, 2):
        plan = _plan(dialled[:end])
        if plan is not None:
            national = dialled[end:]
            if (
                plan.mobile.fullmatch(national)
                and not plan.others.fullmatch(national)
                and not plan.prefix.match(national)
            ):
                return Number(dialled, plan.region, mobile=True)
            return None
    return None


@cache
def _calling_code(country: str) -> str:
    """Return '+237' for 'CM'."""
    return f"+{phonenumbers.country_code_for_region(country)}"


@cache
def _plan(calling_code: str) -> _Plan | None:
    """Return the plan behind '+237', or None when there is none or several countries share the code."""
    digits = calling_code[1:]
    if not calling_code.startswith("+") or not digits.isdigit():
        return None
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(digits), ())
    if len(regions) != 1 or regions[0] == phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY:
        return None
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(regions[0])
    if metadata is None:
        return None
    general, mobile = metadata.general_desc, metadata.mobile
    if general is None or mobile is None or not mobile.national_number_pattern:
        return None
    lengths = "|".join(f".{{{length}}}" for length in mobile.possible_length or general.possible_length)
    whole = f"(?=(?:{lengths})$)(?=(?:{general.national_number_pattern})$)(?:{mobile.national_number_pattern})"
    descriptions = [getattr(metadata, kind) for kind in _OTHER_TYPES]
    others = [f"(?:{d.national_number_pattern})" for d in descriptions if d and d.national_number_pattern]
    return _Plan(
        regions[0],
        re.compile(whole),
        re.compile("|".join(others) or _NEVER),
        re.compile(metadata.national_prefix_for_parsing or _NEVER),
    )


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


def timezone(country: str) -> str | None:
    """Return the time zone of a country whose calling code has one; None for those that have several."""
    zones = TIMEZONE_DATA.get(_calling_code(country)[1:], ())
    return zones[0] if len(zones) == 1 else None


COUNTRIES = frozenset(phonenumbers.SUPPORTED_REGIONS)

# 3GPP TS 23.040 §9.1.2.5: an alphanumeric address has 11 characters of the GSM alphabet. `@` is 0x00 there, which ends a C-string
# in SMPP; the rest of the punctuation is what operators refuse.
_ALPHANUMERIC_SENDER = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 ._&+-]{1,11}\Z")
_NUMERIC_SENDER = re.compile(r"\+?[0-9]{3,15}\Z")


def is_sender(name: str) -> bool:
    """Tell whether operators can carry `name` as a sender ID."""
    return name == name.strip() and bool(_ALPHANUMERIC_SENDER.match(name) or _NUMERIC_SENDER.match(name))
