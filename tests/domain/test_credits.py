"""The decision whether a company can pay."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsflow.domain.credits import Budget, days_left, decide, refill
from smsflow.domain.message import Kind, NewMessage
from smsflow.errors import AccountSuspended, NotEnoughCredits, TooManyRequests

NOW = datetime(2026, 11, 26, 15, tzinfo=UTC)


def a_message(segments=1):
    return NewMessage(1, "+237690000001", "CM", "x", "AWA", Kind.TRANSACTIONAL, segments, 1, NOW + timedelta(hours=1))


def decisions(budget, *segments):
    found, _ = decide(budget, [a_message(n) for n in segments], now=NOW)
    return [None if refused is None else type(refused) for refused in found]


def test_a_short_message_behind_one_that_is_too_dear_is_paid():
    assert decisions(Budget(2), 3, 1, 1, 1) == [NotEnoughCredits, None, None, NotEnoughCredits]


def test_a_suspended_company_pays_for_nothing():
    assert decisions(Budget(10, suspended=True), 1, 1) == [AccountSuspended, AccountSuspended]


def test_a_message_refused_for_want_of_credits_takes_no_room_under_the_rate():
    assert decisions(Budget(1, send_rate=1, rate_left=1.0), 5, 1, 1) == [NotEnoughCredits, None, NotEnoughCredits]
    assert decisions(Budget(9, send_rate=1, rate_left=1.0), 1, 1) == [None, TooManyRequests]


@given(st.integers(0, 50), st.lists(st.integers(1, 10)))
def test_no_more_is_paid_than_there_is_and_nothing_is_refused_that_could_be_paid(balance, segments):
    left = balance
    for refusal, needed in zip(decisions(Budget(balance), *segments), segments, strict=True):
        assert (refusal is None) == (needed <= left)
        left -= needed if refusal is None else 0

    assert left >= 0


@pytest.mark.parametrize(("seconds", "room"), [(0, 0.5), (0.1, 1.5), (60, 10.0), (-60, 0.5)])
def test_a_rate_is_refilled_by_the_time_and_holds_one_seconds_worth(seconds, room):
    budget = Budget(1, send_rate=10, rate_left=0.5, rate_at=NOW - timedelta(seconds=seconds))

    assert refill(budget, NOW) == pytest.approx(room)


def test_without_a_rate_there_is_always_room():
    assert refill(Budget(1), NOW) == float("inf")


@pytest.mark.parametrize(("available", "spent", "days"), [(100, 70, 10), (0, 7, 0), (100, 0, None)])
def test_credits_last_for_as_many_days_as_the_pace_of_the_last_week_says(available, spent, days):
    assert days_left(available, spent, days=7) == days
