"""The economy spelling: French written with the characters of the GSM alphabet."""

import re
import unicodedata
from dataclasses import dataclass
from difflib import SequenceMatcher

from smsflow.domain.encoding import BASIC, GSM

# A letter with the accents written after it, and the ° that may make a number's sign of it.
_CLUSTER = re.compile("[^\u0300-\u036f][\u0300-\u036f]*°?|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Change:
    """A place of a text, and how the economy spelling writes what stands there."""

    start: int
    end: int
    spelling: str


def economy(text: str) -> str:
    """Return `text` with the characters outside the GSM alphabet respelled where French allows it, others kept."""
    if GSM.issuperset(text):
        return text
    # Some programs write é as two characters, e and a combining accent: put together they are in the alphabet.
    respelled = unicodedata.normalize("NFC", text).translate(_ECONOMY)
    for written, cheap in _SEQUENCES:
        respelled = respelled.replace(written, cheap)
    return respelled


def changes(text: str) -> tuple[Change, ...]:
    """Return what `economy` changes, in order: a page can show it as a difference."""
    whole = economy(text)
    if whole == text:
        return ()
    clusters = [(m.start(), m.end(), economy(m[0])) for m in _CLUSTER.finditer(text)]
    if "".join(spelling for _, _, spelling in clusters) == whole:
        return tuple(Change(*cluster) for cluster in clusters if text[cluster[0] : cluster[1]] != cluster[2])
    # Scripts whose letters are composed of several (Hangul) change as a whole.
    steps = SequenceMatcher(None, text, whole, autojunk=False).get_opcodes()
    return tuple(Change(i1, i2, whole[j1:j2]) for tag, i1, i2, j1, j2 in steps if tag != "equal")


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


def spellings() -> dict[str, str]:
    """Return what `economy` writes for each character, for a counter elsewhere; the sequences come after them."""
    return {chr(code): spelling for code, spelling in _ECONOMY.items()}


def sequences() -> tuple[tuple[str, str], ...]:
    """Return the sequences that `economy` respells as a whole."""
    return _SEQUENCES
