"""The alphabets of an SMS: which characters are cheap, which force UCS-2, and how to spell French cheaply."""

import unicodedata
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


def foreign(text: str) -> tuple[str, ...]:
    """Return the distinct characters that force UCS-2, in the order in which they first appear."""
    return tuple(character for character in dict.fromkeys(text) if character not in GSM)


def economy(text: str) -> str:
    """Return `text` with the characters outside the GSM alphabet respelled where French allows it, others kept."""
    if GSM.issuperset(text):
        return text
    # Some programs write é as two characters, e and a combining accent: put together they are in the alphabet.
    respelled = unicodedata.normalize("NFC", text).translate(_ECONOMY)
    for written, cheap in _SEQUENCES:
        respelled = respelled.replace(written, cheap)
    return respelled


# "n°" is a number's sign, where a lone ° is a degree and has no cheap spelling.
_SEQUENCES = (("n°", "no"), ("N°", "No"))

_SPELLINGS = {
    "'": "\u2018\u2019\u201a\u201b\u2032\u02bc\u00b4`\u2039\u203a",
    '"': "\u201c\u201d\u201e\u201f\u2033«»",
    "-": "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2022",
    "...": "\u2026",
    ".": "\u00b7",
    " ": "\t\u00a0\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f",
    "\n": "\u0085\u2028\u2029",
    # Invisible ones that come along with copied text. Not the joiner: it holds emoji and some scripts together.
    "": "\u00ad\u200b\u2060\ufeff",
    "oe": "œ",
    "OE": "Œ",
    "TM": "\u2122",
    "o": "º",
    "a": "ª",
}


def _economy_table() -> dict[int, str]:
    """Return what `economy` writes for each character: the base letter of an accented one, or a spelling."""
    table: dict[int, str] = {}
    for code in (*range(0x00C0, 0x0250), *range(0x1E00, 0x1F00)):
        base = unicodedata.normalize("NFD", chr(code))[0]
        if chr(code) not in GSM and base in BASIC:
            table[code] = base
    # Accents that no letter of the alphabet can take: left out, like that of ê.
    table.update(dict.fromkeys(range(0x0300, 0x0334), ""))
    for cheap, written in _SPELLINGS.items():
        table.update(dict.fromkeys(map(ord, written), cheap))
    return table


_ECONOMY = _economy_table()
