"""Digits as people write and paste them: in any script, among invisible marks and typographic spaces and dashes."""

import re
import unicodedata

_PLAIN = re.compile(r"[0-9+().\- ]*")
# Separators and signs that their categories do not tell: a tab, the mathematical minus, the wide and the small plus.
_LIKE = {"\t": " ", "\u2212": "-", "\uff0b": "+", "\ufe62": "+"}


def plain(text: str) -> str:
    """Return `text` with ASCII digits, spaces and dashes and without invisible characters; other characters stay as they are."""
    text = text.strip()
    return text if _PLAIN.fullmatch(text) else "".join(map(_plain, text)).strip()


def only(text: str) -> str:
    """Return the digits of a number that is looked for, in ASCII; a spreadsheet's 690000001.0 is the whole number."""
    return "".join(c for c in plain(text).removesuffix(".0") if c.isdigit() and c.isascii())


def _plain(character: str) -> str:
    match unicodedata.category(character):
        case "Nd":
            return str(unicodedata.decimal(character))
        case "Cf":
            return ""
        case "Zs":
            return " "
        case "Pd":
            return "-"
        case _:
            return _LIKE.get(character, character)
