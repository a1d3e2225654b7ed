"""The encoding of a text file: Unicode where the file is valid Unicode, else the code page that makes the best words."""

import codecs
import re
from collections import Counter
from pathlib import Path

from charset_normalizer import from_bytes

_CHUNK = 1 << 20

# Enough foreign characters to tell the code pages of a file apart, and little enough to weigh each.
_SAMPLE = 64 * 1024

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    # The BOM of UTF-32 LE begins with that of UTF-16 LE.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

# Windows, old Macs, DOS, old Unix: in the order that decides between equals.
CODE_PAGES = ("cp1252", "mac_roman", "cp850", "iso8859-15")

# Fewer foreign characters in no language of ours are a name or two, of which charset-normalizer makes Chinese or Czech.
_FEW = 24

# A file in these is known before its code page is asked for; UTF-16 is not read from the middle of a file, where its BOM is text.
_UNICODE = ("utf_7", "utf_8", "utf_16", "utf_16_be", "utf_16_le", "utf_32", "utf_32_be", "utf_32_le")

# UTF-16 has zero bytes by the half; a few in a text are somebody's mistake.
_STRAY_ZEROS = 0.02

# One byte in ten that is no UTF-8 is a file put together from two; more is another encoding.
_STRAY_BYTES = 0.1


def detect(path: Path) -> str:
    """Return the name of the codec that reads the file; "" says that it is no text."""
    with path.open("rb") as file:
        head = file.read(_SAMPLE)
    for bom, name in _BOMS:
        if head.startswith(bom):
            return name
    if head.count(0) > len(head) * _STRAY_ZEROS:
        return _utf16(head)
    if _is_utf8(path):
        return "utf-8"
    sample = _foreign_lines(path)
    return "utf-8" if _is_nearly_utf8(sample) else _code_page(sample)


def _utf16(head: bytes) -> str:
    """Return the byte order of UTF-16 without a BOM: Latin text has its zero bytes on one side."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    half = len(head) // 2
    if odd > half * 0.4 and even < half * 0.05:
        return "utf-16-le"
    if even > half * 0.4 and odd < half * 0.05:
        return "utf-16-be"
    return ""


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        try:
            while chunk := file.read(_CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _foreign_lines(path: Path) -> bytes:
    """Return the first lines with bytes outside ASCII."""
    sample = bytearray()
    with path.open("rb") as file:
        while len(sample) < _SAMPLE and (chunk := file.read(_CHUNK)):
            for line in chunk.splitlines(keepends=True):
                if not line.isascii():
                    sample += line
    return bytes(sample[:_SAMPLE])


def _is_nearly_utf8(sample: bytes) -> bool:
    """Tell whether nearly all the bytes outside ASCII make characters of UTF-8."""
    decoded = sample.decode("utf-8", "replace")
    strays = decoded.count("\ufffd")
    characters = sum(1 for character in decoded if character > "\x7f")
    return strays <= characters * _STRAY_BYTES


def _code_page(sample: bytes) -> str:
    """Return the code page in which the sample reads best as French, or what charset-normalizer finds in other languages."""
    foreign = sum(1 for byte in sample if byte > 0x7F)
    weights = {name: _weight(sample.decode(name, "replace")) for name in CODE_PAGES}
    best = max(CODE_PAGES, key=lambda name: weights[name])
    if weights[best] > foreign * 0.5:
        return best
    if foreign < _FEW:
        return best if weights[best] > 0 else CODE_PAGES[0]
    found = from_bytes(sample, cp_exclusion=list(_UNICODE)).best()
    return CODE_PAGES[0] if found is None else found.encoding


_SMALL, _LARGE, _SIGNS = "àâäçéèêëîïôöùûüÿœæ", "ÀÂÄÇÉÈÊËÎÏÔÖÙÛÜŒÆ", "’‘«»“”°€–—…·\u00a0\u202f"
# Of names from elsewhere: Ñandú, João, Müller-Strauß.
_OTHER_SMALL, _OTHER_LARGE = "áãåíìñóòõøúß", "ÁÃÅÍÌÑÓÒÕØÚ"
_LETTER = f"A-Za-z{_SMALL}{_LARGE}"
_READABLE = re.compile(
    rf"(?P<inside>(?<=[{_LETTER}])[{_SMALL}](?![A-Z{_LARGE}]))|(?P<small>[{_SMALL}](?=[a-z{_SMALL} ]))"
    rf"|(?P<large>(?<![{_LETTER}])[{_LARGE}](?=[{_LETTER}])|(?<=[A-Z{_LARGE}])[{_LARGE}](?![a-z{_SMALL}]))|(?P<elision>(?<=[{_LETTER}])’(?=[{_LETTER}]))|(?P<sign>[{_SIGNS}])"
    rf"|(?P<other>(?<=[{_LETTER}])[{_OTHER_SMALL}](?![A-Z{_LARGE}])|(?<![{_LETTER}])[{_OTHER_LARGE}](?=[a-z{_SMALL}{_OTHER_SMALL}]))",
)
_WEIGHTS = {"inside": 3, "elision": 3, "large": 2, "small": 1, "sign": 1, "other": 1}


def _weight(text: str) -> float:
    """Return how well `text` reads as French: accented letters inside words count most, and strange characters against it."""
    counts = Counter(match.lastgroup or "" for match in _READABLE.finditer(text))
    foreign = sum(1 for character in text if character > "\x7f")
    strange = foreign - counts.total()
    return sum(_WEIGHTS[kind] * n for kind, n in counts.items()) - 2 * strange
