"""The rules of a list: which contacts it holds, by their attributes."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Final, assert_never

from smsflow.domain.contact import is_name
from smsflow.errors import ParameterInvalid

MOST_RULES: Final = 10


class Operator(StrEnum):
    """How an attribute is compared."""

    EQUAL = "="
    DIFFERENT = "≠"
    CONTAINS = "contains"
    EMPTY = "is_empty"
    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition on one attribute; `value` is folded, or a date in ISO form for `before` and `after`."""

    attribute: str
    operator: Operator
    value: str = ""
    written: str = ""
    """The value as its author wrote it."""


_ISO = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[T ].*)?")
_EUROPEAN = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})(?: .*)?")

_SENTENCE = re.compile(r"\s*(\w+)\s*(!=|=|≠|is[ _]empty\b|(?:contains|before|after)\b)\s*(.*)", re.DOTALL)
_SPELLINGS: Final = {"!=": Operator.DIFFERENT, "is empty": Operator.EMPTY}


def rule(attribute: str, operator: Operator, value: str = "") -> Rule:
    """Return the rule that a person wrote, or raise ParameterInvalid."""
    if not is_name(attribute):
        raise ParameterInvalid(parameter=attribute[:40] or "attribute", expected="a name has 1 to 40 of a-z, 0-9 and _")
    written = value.strip()
    match operator:
        case Operator.EMPTY:
            return Rule(attribute, operator)
        case Operator.BEFORE | Operator.AFTER:
            day = day_of(written)
            if day is None:
                raise ParameterInvalid(parameter=attribute, expected="a date is written 2026-12-31 or 31/12/2026")
            return Rule(attribute, operator, day.isoformat(), written)
        case Operator.EQUAL | Operator.DIFFERENT | Operator.CONTAINS:
            if not fold(written):
                raise ParameterInvalid(
                    parameter=attribute, expected=f"{operator} needs a value; write `{attribute} is empty` for none"
                )
            return Rule(attribute, operator, fold(written), written)
        case _:
            assert_never(operator)


def read_rule(sentence: str) -> Rule:
    """Return the rule in a sentence like `ville = Douala`, `ville is empty` or `achat before 31/12/2026`; raise ParameterInvalid."""
    found = _SENTENCE.fullmatch(sentence)
    if found is None:
        raise ParameterInvalid(
            parameter="rule", expected="an attribute, then =, !=, contains, is empty, before or after, then a value"
        )
    attribute, operator, value = found.groups()
    return rule(attribute, _SPELLINGS.get(operator) or Operator(operator), value)


def holds(rules: Iterable[Rule], attributes: Mapping[str, str]) -> bool:
    """Tell whether a contact with these attributes fulfils all the rules."""
    return all(_holds(r, attributes.get(r.attribute, "")) for r in rules)


def _holds(r: Rule, value: str) -> bool:
    match r.operator:
        case Operator.EMPTY:
            return not value.strip()
        case Operator.EQUAL:
            return fold(value) == r.value
        case Operator.DIFFERENT:
            return fold(value) != r.value
        case Operator.CONTAINS:
            return r.value in fold(value)
        case Operator.BEFORE | Operator.AFTER:
            day = day_of(value)
            if day is None:
                return False
            return day.isoformat() < r.value if r.operator is Operator.BEFORE else day.isoformat() > r.value
        case _:
            assert_never(r.operator)


def fold(value: str) -> str:
    """Return `value` without what people do not mean by it: case, accents, width, and spaces around and repeated."""
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", value).casefold())
    return " ".join("".join(c for c in apart if not unicodedata.combining(c)).split())


@dataclass(frozen=True, slots=True)
class Folding:
    """The effect of `fold` on characters that are decomposed already, as tables: a database folds as we do by them."""

    upper: str
    lower: str
    """The character that each of `upper` becomes."""
    longer: Mapping[str, str]
    """Characters that become several."""
    marks: str
    """Characters that vanish."""
    spaces: str


@cache
def folding() -> Folding:
    """Return the tables of `fold`. Letters with a case, and marks, are in the first two planes of Unicode."""
    one: dict[str, str] = {}
    longer: dict[str, str] = {}
    marks = []
    characters = [chr(c) for c in range(0x20000) if not 0xD800 <= c < 0xE000]
    for character in characters:
        folded = character.casefold()
        mark = bool(unicodedata.combining(character))
        if (folded == character and not mark) or unicodedata.normalize("NFKD", character) != character:
            continue
        became = fold(character)
        if not became:
            marks.append(character)
        elif len(became) == 1:
            one[character] = became
        else:
            longer[character] = became
    spaces = "".join(c for c in characters if c.isspace())
    return Folding("".join(one), "".join(one.values()), longer, "".join(marks), spaces)


def day_of(value: str) -> date | None:
    """Return the day written as 2026-12-31 or 31/12/2026, with or without a time, or None."""
    text = value.strip()
    if match := _ISO.fullmatch(text):
        year, month, day = map(int, match.groups())
    elif match := _EUROPEAN.fullmatch(text):
        day, month, year = map(int, match.groups())
    else:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None
