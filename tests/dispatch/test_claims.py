"""A message on its way: what the answers to its PDUs say of the whole."""

from datetime import UTC, datetime

import pytest

from smsflow.dispatch.sending import Piece, Sending
from smsflow.domain.delivery import Accepted, Deferred, Unanswered
from smsflow.domain.message import Kind
from smsflow.store.messages.queue import Claimed

_CLAIM = Claimed(1, 1, 1, Kind.OTP, 2, "+237690000001", "AWA", "x", False, datetime(2026, 1, 1, tzinfo=UTC))


def a_sending(parts, submitted):
    return Sending(_CLAIM, [b""] * parts, submitted=submitted)


def test_rule_09_a_message_is_accepted_when_all_its_parts_are():
    sending = a_sending(2, 2)

    assert sending.accept(1, "b") is None
    assert sending.accept(0, "a") == Accepted(("a", "b"))


def test_a_message_declined_whole_leaves_later():
    sending = a_sending(2, 2)

    assert sending.decline() is None
    assert isinstance(sending.decline(), Deferred)


def test_a_message_declined_before_its_second_part_left_leaves_later():
    assert isinstance(a_sending(2, 1).decline(), Deferred)


@pytest.mark.parametrize("declined_first", [True, False])
def test_rule_09_a_message_accepted_in_part_only_is_unknown(declined_first):
    sending = a_sending(2, 2)
    steps = [lambda: sending.accept(0, "a"), sending.decline]
    first, second = (step() for step in (reversed(steps) if declined_first else steps))

    assert first is None
    assert isinstance(second, Unanswered)


def test_pieces_leave_by_kind_then_in_the_order_of_claims_and_parts():
    sending = a_sending(2, 0)
    pieces = [Piece(k, o, p, sending) for k in (2, 0) for o in (1, 0) for p in (1, 0)]

    assert [(p.priority, p.order, p.part) for p in sorted(pieces)] == [
        (0, 0, 0),
        (0, 0, 1),
        (0, 1, 0),
        (0, 1, 1),
        (2, 0, 0),
        (2, 0, 1),
        (2, 1, 0),
        (2, 1, 1),
    ]
