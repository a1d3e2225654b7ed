"""Finds the SMS that a receipt speaks of: the one with its id whose number does not contradict it, or none."""

import hashlib
import re
from collections.abc import Sequence
from enum import Enum, IntEnum

from msgspec import Struct

# SMPP 3.4, 5.2.23 and 5.3.2.12: an id has at most 65 octets. A longer one is kept cut, with its digest, and never matched.
LONGEST_ID = 65
_KEPT = 44
# No id holds this character: ids are decoded as Latin-1.
_CUT = "…"

# Fewer digits are a short code, or too little of a number to say whose it is.
_FEWEST_DIGITS = 7
# A masked number must have this many legible last digits, or as many as a whole one.
_LEGIBLE_END = 3
_SEPARATORS = str.maketrans("", "", " -.()/\u00a0")
_MASKED = re.compile(r"([0-9]*)[*xX#?]+([0-9]*)")


def bounded(reference: str) -> str:
    """Return an operator's id as it may be stored: one that is too long is cut and marked, so that nothing matches it."""
    if len(reference) <= LONGEST_ID:
        return reference
    return f"{reference[:_KEPT]}{_CUT}{hashlib.sha256(reference.encode()).hexdigest()[:16]}"


def names_something(reference: str) -> bool:
    """Tell whether an id can be matched: it is not empty, and was not cut."""
    return bool(reference) and _CUT not in reference


def fold(reference: str) -> str:
    """Return the form by which ids are looked up: without case and leading zeros; no id stays none."""
    lower = reference.lower()
    return lower.lstrip("0") or lower[-1:]


def ending(number: str) -> str | None:
    """Return the digits with which the E.164 form of a number ends, national or international; None when it is none, or masked."""
    digits = number.lstrip("+0")
    return digits if len(digits) >= _FEWEST_DIGITS and digits.isascii() and digits.isdigit() else None


class Agreement(Enum):
    """How the numbers of a receipt agree with the number of an SMS."""

    AGREES = "agrees"
    SILENT = "silent"
    CONTRADICTS = "contradicts"


def agreement(number: str, sender: str, told: Sequence[str]) -> Agreement:
    """Compare the number of an SMS with the address fields of a receipt, either of which may hold it; the sender's is no number of it."""
    found = {_compare(number, field) for field in told if not _is_same(field, sender)}
    if Agreement.AGREES in found:
        return Agreement.AGREES
    return Agreement.CONTRADICTS if Agreement.CONTRADICTS in found else Agreement.SILENT


def _is_same(field: str, sender: str) -> bool:
    return field.lstrip("+").casefold() == sender.lstrip("+").casefold()


def _compare(number: str, field: str) -> Agreement:
    digits = number.lstrip("+")
    plain = field.translate(_SEPARATORS)
    end = ending(plain)
    if end is not None:
        return Agreement.AGREES if digits.endswith(end) else Agreement.CONTRADICTS
    masked = _MASKED.fullmatch(plain.lstrip("+"))
    if masked is None:
        return Agreement.SILENT
    start, end = masked[1].lstrip("0"), masked[2]
    # A national number begins somewhere behind the country code, which has at most three digits.
    if not digits.endswith(end) or not any(digits[n:].startswith(start) for n in range(4)):
        return Agreement.CONTRADICTS
    legible = len(end) >= _LEGIBLE_END or len(start) + len(end) >= _FEWEST_DIGITS
    return Agreement.AGREES if legible else Agreement.SILENT


class Form(IntEnum):
    """How the id of a part agrees with that of a receipt; the lower, the better."""

    AS_IT_STANDS = 0
    FOLDED = 1
    OTHER_BASE = 2


class Candidate(Struct, frozen=True):
    """An SMS that has the id of a receipt for one of its parts or more."""

    message_id: int
    """The higher, the newer."""
    parts: tuple[int, ...]
    """The numbers of the parts that have the id."""
    total: int
    form: Form
    number: str
    """The number that it went to, in E.164."""
    sender: str
    is_open: bool
    """Whether news may still move it."""


def choose(candidates: Sequence[Candidate], told: Sequence[str]) -> Candidate | None:
    """Return the SMS that a receipt speaks of, or None: then it moves nothing.

    It is an open one whose number agrees: the id as it stands before another form of it, and the newest before older ones. One that
    has ended and agrees is returned when no other does: the receipt repeats what is known. A receipt without a usable number speaks
    of the only open SMS that has its id as it stands.
    """
    said = [agreement(c.number, c.sender, told) for c in candidates]
    agreeing = [c for c, how in zip(candidates, said, strict=True) if how is Agreement.AGREES]
    if agreeing:
        return min(agreeing, key=lambda c: (not c.is_open, c.form, -c.message_id))
    if Agreement.CONTRADICTS in said:
        return None
    exact = [c for c in candidates if c.form is Form.AS_IT_STANDS]
    still_open = [c for c in exact if c.is_open]
    if len(still_open) > 1:
        return None
    return next(iter(still_open or exact), None)
