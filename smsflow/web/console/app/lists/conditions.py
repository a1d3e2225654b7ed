"""The conditions of a list as a form has them, and as a reader sees them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from smsflow.domain.contact import is_name
from smsflow.domain.selection import MOST_RULES, Operator, Rule, rule
from smsflow.errors import ParameterInvalid
from smsflow.web.console.shell.forms import Filled
from smsflow.web.console.shell.locale import Locale
from smsflow.web.console.shell.marks import gettext

LONGEST_NAME: Final = 100
_BEGINS_WITH: Final = 3

# operator → what a reader calls it.
WORDS: Final = {
    Operator.EQUAL: gettext("is"),
    Operator.DIFFERENT: gettext("is not"),
    Operator.CONTAINS: gettext("contains"),
    Operator.EMPTY: gettext("is empty"),
    Operator.BEFORE: gettext("is before the date"),
    Operator.AFTER: gettext("is after the date"),
}


@dataclass(frozen=True, slots=True)
class ConditionRow:
    """A row of the form: what stands in it, by the place that its fields are named by."""

    place: int
    attribute: str
    operator: str
    value: str


def named(name: str) -> bool:
    """Tell whether a list can have this name."""
    return 1 <= len(name) <= LONGEST_NAME and name.isprintable()


def rows(filled: Filled, *, more: bool = False) -> list[ConditionRow]:
    """Return the rows of the form: those that are filled, and empty ones below."""
    found = [
        ConditionRow(place, filled[f"attribute-{place}"], filled[f"operator-{place}"], filled.raw(f"value-{place}"))
        for place in range(MOST_RULES)
    ]
    last = max((r.place for r in found if r.attribute or r.value.strip()), default=-1)
    shown = max(last + 1, _BEGINS_WITH, len([r for r in found if f"attribute-{r.place}" in filled.values]))
    return found[: min(MOST_RULES, shown + more)]


def write(rules: Iterable[Rule]) -> dict[str, str]:
    """Return rules as the values of the form's fields."""
    values: dict[str, str] = {}
    for place, one in enumerate(rules):
        values |= {
            f"attribute-{place}": one.attribute,
            f"operator-{place}": one.operator.value,
            f"value-{place}": one.written,
        }
    return values


def read(filled: Filled, locale: Locale) -> list[Rule]:
    """Return the rules of the filled rows, or say at its field what is wrong with one."""
    found, _ = [], locale.gettext
    for row in rows(filled):
        if not row.attribute and not row.value.strip():
            continue
        # People see names of columns: `Date d'achat` is what they know `date_d_achat` by.
        attribute = row.attribute if is_name(row.attribute) else re.sub(r"\W+", "_", row.attribute.lower()).strip("_")
        operator = Operator(row.operator) if row.operator in set(Operator) else Operator.EQUAL
        if not is_name(attribute):
            filled.wrong(f"attribute-{row.place}", _("Choose what the condition is about."))
            continue
        try:
            found.append(rule(attribute, operator, row.value))
        except ParameterInvalid:
            filled.wrong(
                f"value-{row.place}",
                _("Write a date such as 31/12/2026.")
                if operator in {Operator.BEFORE, Operator.AFTER}
                else _("Write what to compare with, or choose “is empty”."),
            )
    if not found and filled.ok:
        filled.wrong("attribute-0", _("Write at least one condition."))
    return found


def sentences(rules: Iterable[Rule], locale: Locale) -> list[tuple[str, str, str]]:
    """Return rules for a reader: attribute, word, value."""
    return [(one.attribute, locale.gettext(WORDS[one.operator]), one.written) for one in rules]
