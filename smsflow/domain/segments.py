"""The segments of a text: how many SMS it costs, and where it is split."""

import re

from smsflow.domain.encoding import BASIC, EXTENSION, Encoding, encoding_of

# 140 octets are 160 septets or 70 UTF-16 units; a part of several gives 6 octets to its header.
GSM7_SINGLE, GSM7_PART = 160, 153
UCS2_SINGLE, UCS2_PART = 70, 67

# As many Latin-1 characters; only where the connector's operator takes them.
LATIN1_SINGLE = 140

_LIMITS = {Encoding.GSM7: (GSM7_SINGLE, GSM7_PART), Encoding.UCS2: (UCS2_SINGLE, UCS2_PART)}
# A header with a 16-bit reference has seven octets.
_WIDE_PART = {Encoding.GSM7: 152, Encoding.UCS2: 66}

# Two lone surrogates that meet are a pair for the handset, although Python keeps them as two characters.
_UCS2_ATOM = re.compile("[\ud800-\udbff][\udc00-\udfff]|.", re.DOTALL)

_LAST_BMP = "\uffff"


def units(text: str) -> int:
    """Return the length of `text` in septets when it is GSM, else in UTF-16 units."""
    return _measure(text, encoding_of(text))


def is_one_latin1(text: str) -> bool:
    """Return whether `text` leaves as one segment of Latin-1 by a connector that has it: not GSM, and short enough.

    A longer one leaves as UCS-2: the operator turns Latin-1 into UCS-2 for the handset and can split one message, not a part of it.
    """
    if len(text) > LATIN1_SINGLE or encoding_of(text) is Encoding.GSM7:
        return False
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True


def count(text: str, *, latin1: bool = False) -> int:
    """Return how many segments `text` costs by a connector with or without Latin-1; an empty text costs one."""
    if len(text) <= GSM7_SINGLE and BASIC.issuperset(text):
        return 1
    if latin1 and is_one_latin1(text):
        return 1
    encoding = encoding_of(text)
    single, part = _LIMITS[encoding]
    length = _measure(text, encoding)
    if length <= single:
        return 1
    # With nothing two units wide every part is full, and there is no need to look for the cuts.
    if length == len(text) and not (encoding is Encoding.UCS2 and _has_surrogates(text)):
        return -(-length // part)
    return len(_cuts(text, encoding, part))


def split(text: str, *, wide_reference: bool = False) -> tuple[str, ...]:
    """Return the parts that `text` is sent as, as many as `count` says; no escape and no surrogate pair is split.

    With `wide_reference`, the parts leave room for a 16-bit reference wherever that takes no part more.
    """
    encoding = encoding_of(text)
    single, part = _LIMITS[encoding]
    if _measure(text, encoding) <= single:
        return (text,)
    starts = _cuts(text, encoding, part)
    if wide_reference:
        wide = _cuts(text, encoding, _WIDE_PART[encoding])
        starts = wide if len(wide) == len(starts) else starts
    return tuple(text[start:end] for start, end in zip(starts, [*starts[1:], len(text)], strict=True))


def _measure(text: str, encoding: Encoding) -> int:
    """Return the length of `text` in the units of `encoding`."""
    if encoding is Encoding.GSM7:
        extended = 0 if BASIC.issuperset(text) else sum(map(text.count, EXTENSION))
        return len(text) + extended
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _has_surrogates(text: str) -> bool:
    """Return whether `text` holds lone surrogates, which strict UTF-16 refuses."""
    try:
        text.encode("utf-16-le")
    except UnicodeEncodeError:
        return True
    return False


def _cuts(text: str, encoding: Encoding, limit: int) -> list[int]:
    """Return where each part starts when each takes all that fits into `limit` units."""
    starts, position, used = [0], 0, 0
    for atom in text if encoding is Encoding.GSM7 else _UCS2_ATOM.findall(text):
        wide = atom in EXTENSION if encoding is Encoding.GSM7 else len(atom) > 1 or atom > _LAST_BMP
        width = 2 if wide else 1
        if used + width > limit:
            starts.append(position)
            used = 0
        used += width
        position += len(atom)
    return starts
