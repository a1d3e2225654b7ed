"""A list by rule holds in SQL whom its rules hold for in Python."""

import json

import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from smsflow.domain.selection import Operator, fold, folding, holds, rule
from smsflow.store.contacts.selections import Members, condition
from smsflow.store.postgres.transactions import libpq_url, text

_SPACES = " \t\n\u00a0\u2028\x1c"
# Letters that differ by case, accents and width only, and characters that normalise to others or vanish.
_LETTERS = st.text(
    st.one_of(
        st.sampled_from("aAàÀéÉœŒßẞıİſKÅǅΐΣςόᾳᾼ\u0345\u0301ﬁﬀⅣɛƐŋŊ½Ａａ٣" + _SPACES + "'\\%{}:"),
        st.characters(exclude_characters="\x00", exclude_categories=["Cs"]),
    ),
    max_size=6,
)
_PARTS = st.tuples(st.integers(0, 2030), st.integers(0, 13), st.integers(0, 32), st.sampled_from("-/. "))
_DAYS = st.builds(
    lambda parts, form, end: form.format(*parts[:3], parts[3]) + end,
    _PARTS,
    st.sampled_from(["{0:04}-{1:02}-{2:02}", "{0:04}-{1}-{2}", "{2}{3}{1}{3}{0:04}", " {2:02}/{1:02}/{0:04}\t"]),
    st.sampled_from(["", " 14:30", "T14:30", "T1\n2", " \n"]),
)
_VALUES = st.one_of(_LETTERS, _DAYS)
_RULES = st.one_of(
    st.builds(
        lambda o, v: rule("a", o, v),
        st.sampled_from([Operator.EQUAL, Operator.DIFFERENT, Operator.CONTAINS]),
        _LETTERS.filter(fold),
    ),
    st.builds(
        lambda o, v: rule("a", o, v.isoformat()),
        st.sampled_from([Operator.BEFORE, Operator.AFTER]),
        st.dates(),
    ),
    st.just(rule("a", Operator.EMPTY)),
)


@pytest.fixture
def chosen(database_url):
    """Tell for each value whether the condition of rules holds for a contact that has it: `chosen(values, rules)`."""
    with psycopg.connect(libpq_url(database_url)) as connection:

        def choose(values, rules):
            asked, parameters = condition(Members(selections=[rules]), "of")
            query = text(
                f"SELECT {asked} FROM jsonb_array_elements(CAST(:given AS jsonb)) WITH ORDINALITY AS c(attributes, place) ORDER BY place"
            )
            given_ = json.dumps([{} if value is None else {"a": value} for value in values])
            return [row[0] for row in connection.execute(query, {**parameters, "given": given_})]

        yield choose


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(st.one_of(st.none(), _VALUES), min_size=1, max_size=15), rules=st.lists(_RULES, max_size=3))
@example(
    values=["31/02/2026", "29/02/2024", "29/02/2100", "0000-01-01"], rules=[rule("a", Operator.BEFORE, "2200-01-01")]
)
def test_sql_and_the_rules_agree(chosen, values, rules):
    # A value with the rule's own letters comes up by chance too seldom.
    values = [*values, *(f" {r.written.swapcase()} " for r in rules)]

    assert chosen(values, rules) == [holds(rules, {} if v is None else {"a": v}) for v in values]


def test_every_letter_and_mark_is_folded_alike(chosen):
    tables = folding()
    letters = tables.upper + tables.marks + "".join(tables.longer) + tables.spaces

    for start in range(0, len(letters), 100):
        value = f"é{'x'.join(letters[start : start + 100])}z"
        assert chosen([value], [rule("a", Operator.EQUAL, value)]) == [True], start
