"""Routes: which connectors, in which order, and why."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsflow.domain.message import Kind
from smsflow.domain.phone import Number
from smsflow.domain.routing import CACHED_DECISIONS, ConnectorState, Route, Table

CM = Number(e164="+237690000001", country="CM", mobile=True)
GA = Number(e164="+24177123456", country="GA", mobile=True)
SMS = {"company_id": 1, "sender": "smsflow", "kind": Kind.TRANSACTIONAL}


def a_route(id_, connector_id=None, priority=10, **conditions):
    return Route(id=id_, connector_id=connector_id or id_, priority=priority, **conditions)


def a_table(*routes, disabled=(), missing=()):
    ids = {route.connector_id for route in routes} - set(missing)
    return Table(routes, [ConnectorState(id=id_, name=f"c{id_}", enabled=id_ not in disabled) for id_ in ids])


@pytest.mark.parametrize(
    "conditions",
    [
        {},
        {"country": "CM"},
        {"prefix": "+237"},
        {"prefix": "+237690000001"},
        {"company_id": 1},
        {"sender": "smsflow"},
        {"kind": Kind.TRANSACTIONAL},
        {"country": "CM", "prefix": "+2376", "company_id": 1, "sender": "smsflow", "kind": Kind.TRANSACTIONAL},
    ],
)
def test_a_route_whose_conditions_are_all_met_is_taken(conditions):
    assert a_table(a_route(1, **conditions)).decide(CM, **SMS) == (1,)


@pytest.mark.parametrize(
    "conditions",
    [
        {"country": "GA"},
        {"prefix": "+241"},
        {"prefix": "+2376900000012"},
        {"company_id": 2},
        {"sender": "SMSFLOW"},
        {"kind": Kind.OTP},
        {"country": "CM", "prefix": "+2377"},
        {"company_id": 1, "sender": "other"},
    ],
)
def test_a_route_with_one_condition_that_is_not_met_is_not_taken(conditions):
    assert a_table(a_route(1, **conditions)).decide(CM, **SMS) == ()


def test_otp_is_a_condition_although_its_number_is_zero():
    table = a_table(a_route(1, kind=Kind.OTP))

    assert table.decide(CM, company_id=1, sender="smsflow", kind=Kind.OTP) == (1,)
    assert table.decide(CM, **SMS) == ()


def test_the_more_specific_route_comes_first():
    table = a_table(
        a_route(1),
        a_route(2, country="CM"),
        a_route(3, prefix="+237"),
        a_route(4, prefix="+2376"),
        a_route(5, kind=Kind.TRANSACTIONAL),
        a_route(6, sender="smsflow"),
        a_route(7, company_id=1),
    )

    assert table.decide(CM, **SMS) == (7, 6, 5, 4, 3, 2, 1)


def test_one_heavy_condition_outweighs_all_the_lighter_ones():
    table = a_table(
        a_route(1, sender="smsflow", kind=Kind.TRANSACTIONAL, prefix="+2376", country="CM"),
        a_route(2, company_id=1),
    )

    assert table.decide(CM, **SMS) == (2, 1)


def test_priority_comes_before_everything():
    assert a_table(a_route(1, priority=2, company_id=1), a_route(2, priority=1)).decide(CM, **SMS) == (2, 1)


def test_equals_go_by_id():
    assert a_table(a_route(3), a_route(1), a_route(2)).decide(CM, **SMS) == (1, 2, 3)


def test_a_connector_comes_once_at_its_best_place():
    table = a_table(a_route(1, 7, priority=1), a_route(2, 8, priority=2), a_route(3, 7, priority=3))

    assert table.decide(CM, **SMS) == (7, 8)


def test_a_disabled_connector_and_a_missing_one_are_left_out():
    table = a_table(a_route(1), a_route(2), a_route(3), disabled=[1], missing=[2])

    assert table.decide(CM, **SMS) == (3,)


def test_a_second_try_goes_elsewhere():
    table = a_table(a_route(1), a_route(2))

    assert table.decide(CM, **SMS, without=frozenset({1})) == (2,)
    assert table.decide(CM, **SMS, without=frozenset({1, 2})) == ()
    assert table.decide(CM, **SMS) == (1, 2)


def test_an_empty_table_leads_nowhere():
    assert a_table().decide(CM, **SMS) == ()
    assert a_table().explain(CM, **SMS) == []


def test_a_remembered_answer_is_never_given_to_another_question():
    table = a_table(
        a_route(1, company_id=1), a_route(2, country="GA"), a_route(3, sender="x"), a_route(4, kind=Kind.OTP)
    )
    questions = {
        (CM, 1, "smsflow", Kind.TRANSACTIONAL): (1,),
        (CM, 2, "smsflow", Kind.TRANSACTIONAL): (),
        (GA, 2, "smsflow", Kind.TRANSACTIONAL): (2,),
        (CM, 2, "x", Kind.TRANSACTIONAL): (3,),
        (CM, 2, "smsflow", Kind.OTP): (4,),
        (GA, 1, "x", Kind.OTP): (1, 3, 4, 2),
    }

    for _ in range(2):
        for (number, company_id, sender, kind), answer in questions.items():
            assert table.decide(number, company_id=company_id, sender=sender, kind=kind) == answer


def test_numbers_and_companies_that_no_route_names_share_one_answer():
    table = a_table(a_route(1, prefix="+2376"), a_route(2, company_id=1))

    for last in range(100):
        number = Number(e164=f"+2376900000{last:02d}", country="CM", mobile=True)
        table.decide(number, company_id=100 + last, sender=f"s{last}", kind=Kind.OTP)

    assert table._remembered.cache_info().currsize == 1
    assert table._remembered.cache_info().maxsize == CACHED_DECISIONS


def test_the_explanation_has_every_route_in_order():
    table = a_table(
        a_route(1, 10, priority=1, company_id=2),
        a_route(2, 11, priority=2, prefix="+2376", country="CM"),
        a_route(3, 12, priority=3),
        a_route(4, 11, priority=4),
        a_route(5, 13, priority=5),
        a_route(6, 14, priority=6),
        a_route(7, 15, priority=7),
        a_route(8, 16, priority=8, kind=Kind.MARKETING),
        a_route(9, 17, priority=9, sender="x"),
        a_route(10, 18, priority=10, prefix="+241"),
        a_route(11, 19, priority=11, country="GA"),
        disabled=[13],
        missing=[14],
    )

    steps = table.explain(CM, **SMS, without=frozenset({15}))

    assert [(step.route.id, step.taken, step.why) for step in steps] == [
        (1, False, "it is for company 2"),
        (2, True, "it matches: numbers that start with +2376, numbers of CM"),
        (3, True, "it matches: everything"),
        (4, False, "it matches, but route 2 already leads to c11"),
        (5, False, "it matches, but the connector c13 is disabled"),
        (6, False, "it matches, but there is no connector 14"),
        (7, False, "it matches, but the connector c15 is left out"),
        (8, False, "it is for marketing messages"),
        (9, False, "it is for the sender x"),
        (10, False, "it is for numbers that start with +241"),
        (11, False, "it is for numbers of GA"),
    ]


def some(values):
    return st.none() | st.sampled_from(values)


ROUTES = st.lists(
    st.builds(
        Route,
        id=st.integers(1, 99),
        connector_id=st.integers(1, 5),
        priority=st.integers(0, 2),
        country=some(["CM", "GA"]),
        prefix=some(["", "+", "+2", "+237", "+2376", "+23769", "+241", "+237690000001"]),
        company_id=some([1, 2]),
        sender=some(["smsflow", "x"]),
        kind=some(list(Kind)),
    ),
    max_size=12,
    unique_by=lambda route: route.id,
)
QUESTIONS = st.lists(
    st.tuples(
        st.sampled_from(
            [CM, GA, Number("+237650000001", "CM", mobile=True), Number("+33612345678", "FR", mobile=True)]
        ),
        st.fixed_dictionaries(
            {
                "company_id": st.integers(1, 3),
                "sender": st.sampled_from(["smsflow", "x", "y"]),
                "kind": st.sampled_from(Kind),
                "without": st.frozensets(st.integers(1, 5), max_size=2),
            },
        ),
    ),
    min_size=1,
    max_size=8,
)


@given(ROUTES, st.sets(st.integers(1, 5)), st.sets(st.integers(1, 5)), QUESTIONS)
def test_the_decision_is_what_the_explanation_takes(routes, disabled, missing, questions):
    table = a_table(*routes, disabled=disabled, missing=missing)

    for number, question in questions:
        taken = [step.route.connector_id for step in table.explain(number, **question) if step.taken]
        assert table.decide(number, **question) == tuple(taken)
