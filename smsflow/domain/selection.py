"""The rules of a list: which contacts it holds, by their attributes."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import assert_never

from smsflow.errors import ParameterInvalid


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


_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?")
_EUROPEAN = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?: .*)?")


def rule(attribute: str, operator: Operator, value: str = "") -> Rule:
    """Return the rule that a person wrote, or raise ParameterInvalid."""
    match operator:
        case Operator.EMPTY:
            return Rule(attribute, operator)
        case Operator.BEFORE | Operator.AFTER:
            day = day_of(value)
            if day is None:
                raise ParameterInvalid(parameter=attribute, expected="a date is written 2026-12-31 or 31/12/2026")
            return Rule(attribute, operator, day.isoformat())
        case Operator.EQUAL | Operator.DIFFERENT | Operator.CONTAINS:
            if not fold(value):
                raise ParameterInvalid(
                    parameter=attribute, expected=f"{operator} needs a value; use {Operator.EMPTY} for none"
                )
            return Rule(attribute, operator, fold(value))
        case _:
            assert_never(operator)


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
