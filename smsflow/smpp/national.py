"""National language tables of 3GPP TS 23.038, annex A: read only, where a user data header names them."""

from typing import Final

# Information elements of the user data header (TS 23.040, section 9.2.3.24.15 and 16): the table after an escape, and the alphabet itself.
SINGLE_SHIFT: Final = 0x24
LOCKING_SHIFT: Final = 0x25

_TURKISH: Final = 1
_SPANISH: Final = 2
_PORTUGUESE: Final = 3

# The codes of every single shift table (section 6.2.1.1).
_EXTENSION: Final = {
    0x0A: "\f",
    0x14: "^",
    0x28: "{",
    0x29: "}",
    0x2F: "\\",
    0x3C: "[",
    0x3D: "~",
    0x3E: "]",
    0x40: "|",
    0x65: "€",
}
_SINGLE: Final = {
    _TURKISH: _EXTENSION | dict(zip(b"GIScgis", "ĞİŞçğış", strict=True)),
    _SPANISH: _EXTENSION | dict(zip(b"\x09AIOUaiou", "çÁÍÓÚáíóú", strict=True)),
    _PORTUGUESE: _EXTENSION
    | dict(zip(b"\x05\x09\x0b\x0c\x0e\x0f", "êçÔôÁá", strict=True))
    | dict(zip(b"\x12\x13\x15\x16\x17\x18\x19\x1f", "ΦΓΩΠΨΣΘÊ", strict=True))
    | dict(zip(b"AIOU[\\aiou{|\x7f", "ÀÍÓÚÃÕÂíóúãõâ", strict=True)),
}
_LOCKING: Final = {
    _TURKISH: "@£$¥€éùıòÇ\nĞğ\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bŞşßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "İABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§çabcdefghijklmnopqrstuvwxyzäöñüà",
    _PORTUGUESE: "@£$¥êéúíóç\nÔô\rÁáΔ_ªÇÀ∞^\\€Ó|\x1bÂâÊÉ !\"#º%&'()*+,-./0123456789:;<=>?"
    "ÍABCDEFGHIJKLMNOPQRSTUVWXYZÃÕÚÜ§~abcdefghijklmnopqrstuvwxyzãõ`üà",
}
# The alphabets of India keep these where the default has them, and no others.
_SHARED: Final = frozenset("\n\r\x1b !,.0123456789:;?abcdefghijklmnopqrstuvwxyz")
_UNREADABLE: Final = "\ufffd"
_LAST_KNOWN: Final = 3


def alphabet(language: int, default: str) -> str:
    """Return the 128 characters of a locking shift table; an unknown code of a language is U+FFFD, never another letter."""
    if language <= _LAST_KNOWN:
        return _LOCKING.get(language, default)
    return "".join(char if char in _SHARED else _UNREADABLE for char in default)


def extension(language: int) -> dict[int, str]:
    """Return what codes mean after an escape: of an unknown language, the signs that all have and its capital letters."""
    if language <= _LAST_KNOWN:
        return _SINGLE.get(language, _EXTENSION)
    unreadable = dict.fromkeys(range(128), _UNREADABLE)
    return unreadable | {ord(c): c for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"} | _EXTENSION
