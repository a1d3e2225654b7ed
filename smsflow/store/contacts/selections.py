"""The members of lists as a condition on contacts: those that were put into a list, and those that fulfil its rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, assert_never

from smsflow.domain.selection import Operator, Rule, folding
from smsflow.store.postgres.arrays import ints


@dataclass(frozen=True, slots=True)
class Members:
    """Everybody who is in one of some lists: lists that contacts are put into, by id, and lists by their rules."""

    lists: Sequence[int] = ()
    selections: Sequence[Sequence[Rule]] = ()

    def __bool__(self) -> bool:
        """Tell whether there is any list."""
        return bool(self.lists or self.selections)


NOBODY: Final = Members()


def condition(members: Members, name: str) -> tuple[str, dict[str, Any]]:
    """Return the condition that a contact `c` is a member, and its parameters, whose names begin with `name`.

    Rules are asked of each contact that the statement walks; one on a date costs five times as much as another. No index
    serves them: it would cost every import, for thirty attributes of which a company asks about two.
    """
    parameters: dict[str, Any] = {}
    ways = []
    if members.lists:
        parameters[f"{name}_lists"] = ints(members.lists)
        ways.append(f"""EXISTS (SELECT FROM contact_in_list m WHERE m.company_id = c.company_id AND m.contact_id = c.id
            AND m.list_id = ANY(CAST(:{name}_lists AS bigint[])))""")
    for place, rules in enumerate(members.selections):
        asked = [_asked(rule, f"{name}_{place}_{of}", parameters) for of, rule in enumerate(rules)]
        ways.append(f"({' AND '.join(asked) or 'true'})")
    return f"({' OR '.join(ways) or 'false'})", parameters


def _asked(rule: Rule, name: str, parameters: dict[str, Any]) -> str:
    parameters[f"{name}_attribute"] = rule.attribute
    if rule.operator is not Operator.EMPTY:
        parameters[f"{name}_value"] = rule.value
    stored, wanted = f"coalesce(c.attributes ->> CAST(:{name}_attribute AS text), '')", f"CAST(:{name}_value AS text)"
    match rule.operator:
        case Operator.EMPTY:
            return f"btrim({stored}, '{folding().spaces}') = ''"
        case Operator.EQUAL:
            return f"{_folded(stored)} = {wanted}"
        case Operator.DIFFERENT:
            return f"{_folded(stored)} <> {wanted}"
        case Operator.CONTAINS:
            return f"strpos({_folded(stored)}, {wanted}) > 0"
        case Operator.BEFORE:
            return f'coalesce({_day(stored)} < {wanted} COLLATE "C", false)'
        case Operator.AFTER:
            return f'coalesce({_day(stored)} > {wanted} COLLATE "C", false)'
        case _:
            assert_never(rule.operator)


def _folded(value: str) -> str:
    """Return the expression of `selection.fold`. ASCII, which most values are, takes the short way."""
    tables = folding()
    lowered = f"translate(s.t, '{tables.upper}', '{tables.lower}')"
    for character, several in tables.longer.items():
        lowered = f"replace({lowered}, '{character}', '{several}')"
    without_marks = f"regexp_replace(normalize({value}, NFKD), '[{_ranges(tables.marks)}]+', '', 'g')"
    folded = f"""CASE WHEN octet_length({value}) = length({value}) THEN lower({value} COLLATE "C") ELSE (
        SELECT CASE WHEN octet_length(s.t) = length(s.t) THEN lower(s.t COLLATE "C") ELSE {lowered} END
        FROM (SELECT {without_marks} AS t OFFSET 0) s) END"""
    return f"btrim(regexp_replace({folded}, '[{_ranges(tables.spaces)}]+', ' ', 'g'))"


# A day that there is, as 2026-12-31; anything else is null. `to_date` would raise for 31/02/2026, and end the statement.
_DAY = """(
    SELECT CASE WHEN d.y >= 1 AND d.m BETWEEN 1 AND 12 AND d.d BETWEEN 1 AND CASE
            WHEN d.m IN (4, 6, 9, 11) THEN 30
            WHEN d.m = 2 THEN CASE WHEN mod(d.y, 4) = 0 AND (mod(d.y, 100) <> 0 OR mod(d.y, 400) = 0) THEN 29 ELSE 28 END
            ELSE 31 END
        THEN lpad(d.y::text, 4, '0') || '-' || lpad(d.m::text, 2, '0') || '-' || lpad(d.d::text, 2, '0') END COLLATE "C"
    FROM (
        SELECT coalesce(f[1], f[6])::integer AS y, coalesce(f[2], f[5])::integer AS m, coalesce(f[3], f[4])::integer AS d
        FROM (SELECT regexp_match(btrim(%s, '%s'), '^(?:([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[T ][^\\n]*)?|([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})(?: [^\\n]*)?)$') AS f OFFSET 0) AS found OFFSET 0
    ) AS d)"""


def _day(value: str) -> str:
    """Return the expression of `selection.day_of`."""
    return _DAY % (value, folding().spaces)


@cache
def _ranges(characters: str) -> str:
    """Return the inside of a bracket expression for characters."""
    runs: list[list[int]] = []
    for code in sorted(map(ord, characters)):
        if runs and runs[-1][1] == code - 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in runs)
