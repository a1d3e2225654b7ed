"""The rules of a list."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsflow.domain.selection import Operator, Rule, day_of, fold, holds, read_rule, rule
from smsflow.errors import ParameterInvalid

AWA = {"ville": "Yaoundé", "inscrit": "2026-03-01", "achat": "31/12/2025 14:30", "note": " "}


@pytest.mark.parametrize(
    ("attribute", "operator", "value", "expected"),
    [
        ("ville", "=", "yaounde", True),
        ("ville", "=", " YAOUNDÉ ", True),
        ("ville", "=", "Yaound", False),
        ("ville", "≠", "Douala", True),
        ("ville", "≠", "Yaoundé", False),
        ("absent", "≠", "Douala", True),
        ("ville", "contains", "OUND", True),
        ("ville", "contains", "Douala", False),
        ("note", "is_empty", "", True),
        ("absent", "is_empty", "", True),
        ("ville", "is_empty", "", False),
        ("inscrit", "before", "2026-03-02", True),
        ("inscrit", "before", "2026-03-01", False),
        ("inscrit", "after", "28/02/2026", True),
        ("achat", "after", "2025-12-30", True),
        ("achat", "before", "2026-01-01", True),
        ("ville", "before", "2026-01-01", False),
        ("absent", "after", "2026-01-01", False),
    ],
)
def test_a_rule_is_judged(attribute, operator, value, expected):
    assert holds([rule(attribute, Operator(operator), value)], AWA) is expected


def test_all_rules_of_a_list_must_hold():
    in_yaounde, in_march = rule("ville", Operator.EQUAL, "Yaoundé"), rule("inscrit", Operator.AFTER, "2026-03-31")

    assert holds([], AWA)
    assert holds([in_yaounde], AWA)
    assert not holds([in_yaounde, in_march], AWA)


@pytest.mark.parametrize(
    ("operator", "value"), [("before", "demain"), ("after", "31/02/2026"), ("=", " "), ("contains", "")]
)
def test_a_rule_that_cannot_be_judged_is_refused(operator, value):
    with pytest.raises(ParameterInvalid):
        rule("ville", Operator(operator), value)


@given(st.dates())
def test_a_day_is_read_in_both_spellings(day):
    assert day_of(day.isoformat()) == day_of(f"{day.day}/{day.month}/{day.year:04}") == day


@given(st.text())
def test_a_value_equals_itself(value):
    if fold(value):
        assert holds([rule("a", Operator.EQUAL, value)], {"a": f" {value} "})
        assert holds([rule("a", Operator.CONTAINS, value)], {"a": f"x{value}"})


def test_a_date_rule_keeps_its_date_in_one_spelling():
    assert rule("inscrit", Operator.BEFORE, "1/3/2026") == Rule(
        "inscrit", Operator.BEFORE, date(2026, 3, 1).isoformat(), "1/3/2026"
    )


@pytest.mark.parametrize(
    ("sentence", "read"),
    [
        ("ville=Douala", ("ville", "=", "Douala")),
        (" ville != Douala ", ("ville", "≠", "Douala")),
        ("ville ≠ Douala", ("ville", "≠", "Douala")),
        ("note contains deux mots", ("note", "contains", "deux mots")),
        ("ville is empty", ("ville", "is_empty", "")),
        ("achat before 31/12/2026", ("achat", "before", "31/12/2026")),
        ("achat after 2026-12-31", ("achat", "after", "2026-12-31")),
    ],
)
def test_a_rule_is_read_from_a_sentence(sentence, read):
    attribute, operator, value = read
    assert read_rule(sentence) == rule(attribute, Operator(operator), value)


@pytest.mark.parametrize(
    "sentence", ["", "ville", "ville containsx", "Ville = x", "number = 6", "a~b", "achat before x"]
)
def test_a_sentence_that_is_no_rule_is_refused(sentence):
    with pytest.raises(ParameterInvalid):
        read_rule(sentence)
