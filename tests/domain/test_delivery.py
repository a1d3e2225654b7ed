"""The effect of answers and receipts on a message."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsflow.domain.delivery import backoff, combine, returns_credits
from smsflow.domain.message import Status

D, F, E = Status.DELIVERED, Status.FAILED, Status.EXPIRED


@pytest.mark.parametrize(
    ("policy", "states", "status"),
    [
        ("all", [D, D, None], None),
        ("all", [D, D, D], D),
        ("any", [None, D, None], D),
        ("any", [None, None], None),
        ("last", [D, D, None], None),
        ("last", [None, None, D], D),
        ("all", [D, F, None], F),
        ("any", [E, None], E),
        ("last", [E, F, D], F),
        ("all", [], None),
        ("last", [], None),
    ],
)
def test_the_parts_of_a_message_make_its_status_by_policy(policy, states, status):
    assert combine(states, policy) is status


@given(st.lists(st.sampled_from([D, F, E, None]), min_size=1), st.sampled_from(["any", "last", "all"]))
def test_a_part_that_did_not_arrive_decides_whatever_the_policy(states, policy):
    assert (combine(states, policy) in {F, E}) == bool({F, E} & set(states))


@pytest.mark.parametrize(
    ("not_taken", "losses", "back"), [(True, 0, True), (True, 1, False), (False, 0, False), (False, 2, False)]
)
def test_credits_go_back_only_when_no_attempt_can_be_on_the_handset(not_taken, losses, back):
    assert returns_credits(not_taken=not_taken, losses=losses) is back


def test_the_waits_of_a_message_grow_and_the_last_repeats():
    assert [backoff(attempt) for attempt in (0, 1, 2, 3, 4, 5, 99)] == [5, 5, 15, 60, 180, 600, 600]
