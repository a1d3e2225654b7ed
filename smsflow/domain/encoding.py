"""The alphabets of an SMS: which characters are cheap, and which force UCS-2."""

from enum import StrEnum

# 3GPP TS 23.038, the default alphabet; the escape (0x1B) is a means and not a character.
BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ"
    " !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà",
)

# Each of these is sent as an escape and a second character: two units.
EXTENSION = frozenset("\f^{}\\[~]|€")

GSM = BASIC | EXTENSION


class Encoding(StrEnum):
    """How a text travels: seven bits a character, or sixteen."""

    GSM7 = "gsm7"
    UCS2 = "ucs2"


def encoding_of(text: str) -> Encoding:
    """Return GSM7 when every character has a place in the GSM alphabet, else UCS2."""
    cheap = BASIC.issuperset(text) or GSM.issuperset(text)
    return Encoding.GSM7 if cheap else Encoding.UCS2
