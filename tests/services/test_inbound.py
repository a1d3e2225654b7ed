"""When an inbound SMS is one that came before."""

from datetime import UTC, datetime, timedelta

import pytest

from smsflow.services.inbound import is_repeat
from smsflow.store.inbound import InboundPart, StoredPart

AT = datetime(2026, 11, 26, 15, tzinfo=UTC)


def seconds(number):
    return timedelta(seconds=number)


def an_sms(*, after=0.0, body=b"OUI", bound=-60.0, sequence=1, stamp="", data_coding=0):
    return InboundPart(
        1,
        "237690000001",
        "8080",
        0,
        1,
        1,
        data_coding,
        0,
        0,
        0,
        body,
        AT + seconds(bound),
        sequence,
        stamp,
        AT + seconds(after),
    )


@pytest.mark.parametrize(
    ("second", "repeat"),
    [
        (an_sms(after=1, sequence=2), False),
        (an_sms(after=1, sequence=1), True),
        (an_sms(after=1, sequence=1, body=b"NON"), False),
        (an_sms(after=1, sequence=1, data_coding=8), False),
        (an_sms(after=301, sequence=1), False),
        (an_sms(after=20, sequence=2), False),
        (an_sms(after=20, sequence=1, bound=10), True),
        (an_sms(after=20, sequence=1, bound=-10), False),
        (an_sms(after=299, sequence=7, bound=200), True),
        (an_sms(after=301, sequence=7, bound=200), False),
    ],
)
def test_a_repeat_is_recognised_by_its_session_and_its_sequence_number(second, repeat):
    first = StoredPart(1, an_sms(), AT + seconds(0.01), 1, answered=True)

    assert is_repeat(first, second) is repeat


@pytest.mark.parametrize(("after", "repeat"), [(1, False), (7, True), (11, False)])
def test_a_delivery_that_comes_again_while_its_answer_is_late_is_a_repeat(after, repeat):
    first = StoredPart(1, an_sms(), AT + seconds(10), 1, answered=True)

    assert is_repeat(first, an_sms(after=after, sequence=2)) is repeat


@pytest.mark.parametrize(("first", "second", "repeat"), [("1", "1", True), ("1", "2", False), ("1", "", False)])
def test_the_operators_time_decides_where_there_is_one(first, second, repeat):
    stored = StoredPart(1, an_sms(stamp=first), AT, 1, answered=True)

    assert is_repeat(stored, an_sms(after=60, sequence=2, stamp=second)) is repeat


def test_a_delivery_without_an_answer_comes_again_by_any_bind():
    first = StoredPart(1, an_sms(), AT, 1, answered=False)

    assert is_repeat(first, an_sms(after=1, sequence=9, bound=-600))
    assert not is_repeat(first, an_sms(after=1, sequence=9))
    assert not is_repeat(first, an_sms(after=1, sequence=9, bound=-600, body=b"NON"))
