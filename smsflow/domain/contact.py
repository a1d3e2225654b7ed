"""A contact: its number as people write it in files, and its attributes."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from smsflow.domain import phone
from smsflow.domain.phone import Number
from smsflow.errors import NumberInvalid, ParameterInvalid

MAX_ATTRIBUTES = 30
MAX_VALUE = 500
MAX_NAME = 40

# `number` is the contact's own column, and `stop` the way out of marketing in a text.
RESERVED_NAMES = frozenset({"number", "stop"})

_NAME = re.compile(r"[a-z0-9_]{1,40}")

# A longer cell holds a text and no number; the bound keeps the search for numbers short.
_MAX_CELL = 500

# The shortest national numbers in use have five or six digits; shorter runs are dates, extensions and the 1 of "Tel 1".
_FEWEST, _MOST = 6, 17

# A foreign number without + or 00 is believed from this length: a digit too many in a national one must not reach another country.
_FEWEST_FOREIGN = 11

# More digits than four numbers have are no list of numbers, and reading them in every way would be slow.
_MOST_TOGETHER = 60

# Excel keeps fifteen digits of a number and writes zeros for the others.
_KEPT_DIGITS = 15

_FORMULA_TEXT = re.compile(r'\s*=\s*"([^"]*)"\s*')
_SCIENTIFIC = re.compile(r"(?<![\w.,])(\d)(?:[.,](\d+))?[eE] ?\+? ?(\d{1,3})(?!\w)")
_ZERO_DECIMALS = re.compile(r"(?<![\d.,])(\d[\d ]{6,})[.,]0{1,6}(?![ .\-]*\d)")
_DECIMALS = re.compile(r"(?<![\d.,])\d{7,}[.,]\d{1,2}(?![ .\-]*\d)")
_TRUNK_ZERO = re.compile(r"\(\s*0\s*\)")
_PIECE = re.compile(r"\+?[\d().\- ]+")
_GROUP = re.compile(r"\d+")
_SEPARATED = re.compile(r"\+?[0-9][0-9 -]*")
_SLASHED = re.compile(r"\+?\d{2,5}(?:/\d{2,8})+")
# As spreadsheets show a number that is no text: 237,691,234,567.
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3}){2,}")
# Between two numbers, of which the second is written as its last digits alone: 691234567/68, 691234567 ou 68.
_BEFORE_ENDING = re.compile(r"\s*(?:/|ou|or)\s*", re.IGNORECASE)
_ENDING = re.compile(r"[ .]*(\d{1,4})[ .]*(?=$|[/,;|(\n]|(?:ou|or|et|and)\b)", re.IGNORECASE)


class NumberFault(StrEnum):
    """Why a cell gives no number."""

    EMPTY = "number_empty"
    ROUNDED = "number_rounded"
    INVALID = "number_invalid"


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers of one person: the one to write to, and the others in their order."""

    first: Number
    others: tuple[Number, ...] = ()

    @property
    def attributes(self) -> dict[str, str]:
        """The numbers that are not written to, as attributes of the contact: `number_2`, `number_3` and so on."""
        return {f"number_{place}": number.e164 for place, number in enumerate(self.others, start=2)}


def read_numbers(cells: Iterable[str], *, country: str) -> Numbers | NumberFault:
    """Return the numbers written in the cells of a person, mobile ones first, or why there is none.

    A number is never guessed: one that lost digits to Excel's rounding is ROUNDED, and one that can be read in two ways is INVALID.
    """
    found: dict[str, Number] = {}
    fault = NumberFault.EMPTY
    for cell in cells:
        outcome = _in_cell(cell, country)
        if isinstance(outcome, NumberFault):
            fault = max(fault, outcome, key=_WEIGHT.index)
        else:
            found.update((number.e164, number) for number in outcome if number.e164 not in found)
    if not found:
        return fault
    first, *others = sorted(found.values(), key=lambda number: not number.mobile)
    return Numbers(first, tuple(others))


# Of the faults of several cells, the one that says most is reported.
_WEIGHT = [NumberFault.EMPTY, NumberFault.INVALID, NumberFault.ROUNDED]


def _in_cell(cell: str, country: str) -> tuple[Number, ...] | NumberFault:
    """Return the numbers of one cell in their order, or why there is none."""
    if cell.isascii() and cell.isdigit() and len(cell) <= _KEPT_DIGITS:
        number = _parse(cell, country)
        return NumberFault.INVALID if number is None else (number,)
    if len(cell) > _MAX_CELL:
        return NumberFault.INVALID
    # Most of the others have only these separators, and the traps below cost four times as much.
    if _SEPARATED.fullmatch(cell) and (separated := _in_piece(cell, country)):
        return separated
    plain = _plain(cell)
    if not any(map(str.isdigit, plain)):
        return NumberFault.EMPTY
    whole = _without_exponents(plain)
    if whole is None:
        return NumberFault.ROUNDED
    whole = _ZERO_DECIMALS.sub(_without_decimals, whole)
    if _DECIMALS.search(whole):
        return NumberFault.INVALID
    numbers = tuple(_pieces(_TRUNK_ZERO.sub(" ", whole), country))
    if numbers:
        return numbers
    return NumberFault.ROUNDED if any(map(_is_rounded, _GROUP.findall(whole))) else NumberFault.INVALID


def _without_decimals(found: re.Match[str]) -> str:
    """Return a number without its zeros behind the point, unless it is the end of a longer one: `650.0 000 00.0` has only separators."""
    before = found.string[: found.start()].rstrip(" ")[-1:]
    return found[0] if before.isdigit() or before == "." else found[1]


def _plain(cell: str) -> str:
    """Return `cell` in ASCII as far as a number needs: digits, +, separators, and a line feed between lines."""
    formula = _FORMULA_TEXT.fullmatch(cell)
    return "".join(map(_plain_character, formula[1] if formula else cell)).strip()


@cache
def _plain_character(character: str) -> str:
    """Return what stands for `character` in a number: nothing for the invisible ones, one form for each digit, space and dash."""
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if character == "\n" or category in ("Zl", "Zp"):
        return "\n"
    if category in ("Cf", "Cc", "Mn", "Me"):
        return " " if character in "\t\r" else ""
    if category == "Zs" or character in "'’‘`´ʼ\"“”":
        return " "
    if category == "Pd" or character == "−":
        return "-"
    folded = unicodedata.normalize("NFKC", character)
    return folded if len(folded) == 1 else character


def _without_exponents(text: str) -> str | None:
    """Return `text` with numbers like 2.37691234567E+11 written out, or None when one of them lost digits."""
    written, position = "", 0
    for match in _SCIENTIFIC.finditer(text):
        whole, decimals, exponent = match[1], match[2] or "", int(match[3])
        if decimals[exponent:].strip("0"):
            continue
        if len(decimals) < exponent:
            return None
        written += text[position : match.start()] + whole + decimals[:exponent]
        position = match.end()
    return written + text[position:]


def _is_rounded(digits: str) -> bool:
    """Tell whether a run of digits is longer than Excel keeps, and ends in the zeros that it writes instead."""
    return len(digits) > _KEPT_DIGITS and not digits[_KEPT_DIGITS:].strip("0")


def _pieces(text: str, country: str) -> Iterator[Number]:
    """Yield the numbers between the words, slashes, commas and plus signs of `text`."""
    compact = text.replace(" ", "")
    if _SLASHED.fullmatch(compact) and max(map(len, compact.split("/"))) < _FEWEST + 3:
        # 0171/1234567 and 69/12/34/56/7 are one number; each piece alone would be none.
        number = _parse(compact.replace("/", ""), country)
        if number is not None:
            yield number
            return
    if _THOUSANDS.fullmatch(compact):
        yield from _in_piece(compact.replace(",", ""), country)
        return
    before, end = None, 0
    for match in _PIECE.finditer(text):
        between, piece = text[end : match.start()], match[0]
        numbers = _in_piece(piece, country)
        if not numbers and before is not None:
            numbers = _beside(before, between, text[match.start() :], piece, country)
        yield from numbers
        before, end = numbers[-1] if numbers else None, match.end()


def _beside(before: Number, between: str, rest: str, piece: str, country: str) -> tuple[Number, ...]:
    """Return the number that `piece` is only because another stands in front of it: joined to it by a plus, or its other last digits."""
    if piece.startswith("+") and not between:
        return _in_piece(piece[1:], country)
    ending = _ENDING.match(rest) if _BEFORE_ENDING.fullmatch(between) else None
    if ending is None:
        return ()
    number = _parse(before.e164[: -len(ending[1])] + ending[1], country)
    return () if number is None or number.country != before.country else (number,)


def _in_piece(piece: str, country: str) -> tuple[Number, ...]:
    """Return the numbers that `piece` is: one, or several mobile ones in a row; none where it can be read in two ways."""
    groups = _GROUP.findall(piece)
    plus = "+" if piece.startswith("+") else ""
    digits = "".join(groups)
    if len(digits) < _FEWEST:
        return ()
    number = _parse(plus + digits, country) if len(digits) <= _MOST else None
    if number is not None and (plus or number.country == country or len(groups) == 1):
        return (number,)
    if len(digits) > _MOST_TOGETHER:
        return ()
    ways = list(_partitions([plus + groups[0], *groups[1:]], country))[:2]
    if number is not None:
        # Several numbers of this country in a row may look like one of another.
        return () if any(len(way) > 1 for way in ways) else (number,)
    return ways[0] if len(ways) == 1 else ()


def _partitions(groups: Sequence[str], country: str) -> Iterator[tuple[Number, ...]]:
    """Yield each way to read `groups` as several mobile numbers, one after the other."""
    if not groups:
        yield ()
    for end in range(1, len(groups) + 1):
        digits = "".join(groups[:end])
        if len(digits) > _KEPT_DIGITS + 1:
            return
        number = _parse(digits, country)
        if number is not None and number.mobile:
            for rest in _partitions(groups[end:], country):
                yield (number, *rest)


def _parse(dialled: str, country: str) -> Number | None:
    """Return the number that is dialled so from `country`, or None."""
    if dialled.startswith("+00"):
        dialled = dialled[1:]
    try:
        number = phone.parse(dialled, country=country)
    except NumberInvalid:
        return None
    taken_as_foreign = number.country != country and number.e164[1:] == dialled
    return None if taken_as_foreign and len(dialled) < _FEWEST_FOREIGN else number


def is_name(name: str) -> bool:
    """Tell whether an attribute can have this name."""
    return _NAME.fullmatch(name) is not None and name not in RESERVED_NAMES


def attributes_of(values: Mapping[str, str]) -> dict[str, str]:
    """Return attributes as they are stored, without the empty ones, or raise ParameterInvalid."""
    for name in values:
        if not is_name(name):
            raise ParameterInvalid(
                parameter=name[:MAX_NAME] or "attribute",
                expected=f"a name has 1 to {MAX_NAME} of a-z, 0-9 and _, and is not {' nor '.join(sorted(RESERVED_NAMES))}",
            )
    kept = {name: value.strip() for name, value in values.items() if value.strip()}
    if len(kept) > MAX_ATTRIBUTES:
        raise ParameterInvalid(parameter="attributes", expected=f"a contact has at most {MAX_ATTRIBUTES}")
    for name, value in kept.items():
        if len(value) > MAX_VALUE:
            raise ParameterInvalid(parameter=name, expected=f"a value has at most {MAX_VALUE} characters")
    return kept
