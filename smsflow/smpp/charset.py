"""Text to octets and back: GSM 03.38 unpacked, UCS-2 and Latin-1."""

import functools
import re
from _codecs import charmap_build, charmap_decode, charmap_encode

from smsflow.smpp import national

# 3GPP TS 23.038, section 6.2.1, in the order of the codes 0x00 to 0x7F.
_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Section 6.2.1.1.
_EXTENSION = national.extension(0)
_ESCAPE = "\x1b"
_ESCAPE_CODE = 0x1B

# Both directions run in C: a table of 256 characters to read, and the inverse of its first half to write.
_READ = _BASIC + "\ufffd" * 128
_WRITE = charmap_build(_BASIC)
_EXPAND = [(char, _ESCAPE + _BASIC[code]) for code, char in _EXTENSION.items()]
_COLLAPSE = {_BASIC[code]: char for code, char in _EXTENSION.items()}
_ESCAPED = re.compile(f"{_ESCAPE}(.?)", re.DOTALL)

# Section 5.2.19 of SMPP 3.4: the codings that Python knows by another name.
_CODECS = {
    0x01: "ascii",
    0x03: "latin-1",
    0x05: "shift_jis",
    0x06: "iso8859-5",
    0x07: "iso8859-8",
    0x08: "utf-16-be",
    0x0D: "euc_jp",
    0x0E: "euc_kr",
}
_BOMS = (b"\xfe\xff", b"\xff\xfe")
# 3GPP TS 23.038, section 4: groups 0x and 1x are "general, uncompressed", where bits 2-3 are the alphabet, and so are 4x and 5x, "to be
# deleted"; 2x, 3x, 6x and 7x are compressed;
# group Ex is a waiting indication in UCS-2, Cx and Dx in the default alphabet, Fx a message class.
_GROUP_MASK = 0xF0
_CLASS_ONLY = 0xF0
_EIGHT_BIT = 0x04
_UCS2_INDICATION = 0xE0
_DEFAULT_INDICATIONS = frozenset({0xC0, 0xD0})
_GENERAL = frozenset({0x10, 0x40, 0x50})


def encode_gsm7(text: str) -> bytes:
    """Return one octet per septet; raise ValueError when a character is not in GSM 03.38."""
    if _ESCAPE in text:
        message = "an escape is not a character of GSM 03.38"
        raise ValueError(message)
    try:
        return charmap_encode(text, "strict", _WRITE)[0]
    except UnicodeEncodeError:
        # Ten passes in C take a tenth of the time of one str.translate.
        for char, pair in _EXPAND:
            text = text.replace(char, pair)
        return charmap_encode(text, "strict", _WRITE)[0]


def decode_gsm7(data: bytes, *, locking: int = 0, single: int = 0) -> str:
    """Return the text of unpacked septets, by the national tables of these languages; an octet that is none becomes U+FFFD."""
    if locking or single:
        return _decode_national(data, locking, single)
    text = charmap_decode(data, "replace", _READ)[0]
    return _ESCAPED.sub(_unescape, text) if _ESCAPE in text else text


def _decode_national(data: bytes, locking: int, single: int) -> str:
    letters, signs = _national(locking, single)
    characters = []
    octets = iter(data)
    for octet in octets:
        if octet == _ESCAPE_CODE:
            after = next(octets, _ESCAPE_CODE)
            characters.append(" " if after == _ESCAPE_CODE else signs.get(after) or letters[after])
        else:
            characters.append(letters[octet])
    return "".join(characters)


@functools.cache
def _national(locking: int, single: int) -> tuple[str, dict[int, str]]:
    return national.alphabet(locking, _BASIC) + "\ufffd" * 128, national.extension(single)


def _unescape(match: re.Match[str]) -> str:
    """Read one escape pair; section 6.2.1.1 shows an unknown one as its base character, a second escape as a space."""
    char = match[1]
    return " " if char in ("", _ESCAPE) else _COLLAPSE.get(char, char)


def decode(data_coding: int, data: bytes, *, locking: int = 0, single: int = 0) -> str:
    """Return the text of `data`; octets that mean nothing in that coding become U+FFFD. National tables apply to GSM 03.38 only."""
    codec = None if data_coding == 0 else _codec(data_coding)
    if codec is None:
        return decode_gsm7(data, locking=locking, single=single)
    if codec == "utf-16-be" and data[:2] in _BOMS:
        return data.decode("utf-16", "replace")
    return data.decode(codec, "replace")


def _codec(data_coding: int) -> str | None:
    """Return Python's codec for a data_coding, None for GSM 03.38; binary codings read as Latin-1."""
    group = data_coding & _GROUP_MASK
    if group in _GENERAL:
        return {0x00: None, 0x08: "utf-16-be"}.get(data_coding & 0x0C, "latin-1")
    if group in _DEFAULT_INDICATIONS:
        return None
    if group == _UCS2_INDICATION:
        return "utf-16-be"
    if group == _CLASS_ONLY:
        return "latin-1" if data_coding & _EIGHT_BIT else None
    return _CODECS.get(data_coding, "latin-1")
