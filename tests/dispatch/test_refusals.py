"""One full handset does not stop a connector, and messages to one number keep their order."""

from datetime import UTC, datetime

from smsflow.dispatch.backlog import Backlog
from smsflow.dispatch.ordering import Ordering
from smsflow.dispatch.refusals import Reaction, Refusals
from smsflow.dispatch.sending import Sending
from smsflow.domain.message import Kind
from smsflow.store.messages.queue import Claimed

_VALID = datetime(2026, 3, 4, tzinfo=UTC)


def a_sending(number, message_id=1, *, parts=1):
    claim = Claimed(message_id, 1, 1, Kind.TRANSACTIONAL, parts, number, "AWA", "x", False, _VALID)
    return Sending(claim, [b"x"] * parts)


def a_backlog(*sendings, most_behind=5, ordering=None):
    ordering = ordering or Ordering()
    backlog = Backlog(ordering, most_behind=most_behind)
    ordering.join(backlog.free)
    for sending in sendings:
        backlog.add(sending)
    return backlog


def report(sending, ordering):
    sending.reported = True
    ordering.reported(sending)


def popped(backlog, **how):
    found = []
    while (piece := backlog.pop(**how)) is not None:
        piece.sending.submitted += 1
        found.append(piece.sending)
    return found


def test_throttling_of_the_first_number_slows_the_connector_down():
    assert Refusals(Ordering()).judge(a_sending("a"), queue_full=False) is Reaction.SLOW_DOWN


def test_a_full_queue_for_one_number_is_its_messages_own():
    assert Refusals(Ordering()).judge(a_sending("a"), queue_full=True) is Reaction.DEFER


def test_full_queues_for_two_numbers_in_a_row_are_the_connectors():
    refusals = Refusals(Ordering())
    refusals.judge(a_sending("a"), queue_full=True)

    assert refusals.judge(a_sending("b"), queue_full=True) is Reaction.SLOW_DOWN


def test_an_acceptance_between_two_refusals_says_that_the_connector_is_well():
    refusals, sending = Refusals(Ordering()), a_sending("a")
    refusals.judge(sending, queue_full=False)
    refusals.accepted("b")

    assert refusals.judge(sending, queue_full=False) is Reaction.DEFER
    assert refusals.judge(a_sending("c"), queue_full=True) is Reaction.SLOW_DOWN


def test_a_number_that_is_refused_alone_gives_way_after_the_third_time():
    refusals, sending = Refusals(Ordering()), a_sending("a")

    assert [refusals.judge(sending, queue_full=False) for _ in range(3)] == [
        Reaction.SLOW_DOWN,
        Reaction.SLOW_DOWN,
        Reaction.DEFER,
    ]


def test_a_message_that_is_refused_again_and_again_with_others_gives_way_and_the_connector_pauses():
    refusals, sending = Refusals(Ordering()), a_sending("a")
    for _ in range(2):
        refusals.judge(sending, queue_full=False)
        refusals.judge(a_sending("b"), queue_full=False)

    assert refusals.judge(sending, queue_full=False) is Reaction.BOTH


def test_the_rest_of_a_long_message_keeps_its_place_for_a_while():
    refusals, sending = Refusals(Ordering()), a_sending("a", parts=2)
    sending.submitted, sending.answered = 2, 1

    assert [refusals.judge(sending, queue_full=True) for _ in range(6)] == [Reaction.SLOW_DOWN] * 5 + [Reaction.DEFER]


def test_a_number_that_waits_is_known_until_it_is_accepted():
    ordering = Ordering()
    refusals = Refusals(ordering)
    ordering.defer("a", 10.0)

    assert (ordering.wait("a", 7.5), ordering.wait("a", 11.0), ordering.wait("b", 7.5)) == (2.5, 0.0, 0.0)
    assert refusals.judge(a_sending("a"), queue_full=False) is Reaction.DEFER

    refusals.accepted("a")
    assert refusals.judge(a_sending("a"), queue_full=False) is Reaction.SLOW_DOWN


def test_the_numbers_that_wait_are_bounded():
    ordering = Ordering()
    for n in range(10_001):
        ordering.defer(str(n), 10.0)

    assert (ordering.wait("0", 0.0), ordering.wait("1", 0.0)) == (0.0, 10.0)


def test_a_message_waits_for_the_outcome_of_an_earlier_one_to_its_number():
    ordering, one, other, later = Ordering(), a_sending("a"), a_sending("b"), a_sending("a")
    backlog = a_backlog(one, later, other, ordering=ordering)
    assert popped(backlog) == [one, other]

    report(one, ordering)

    assert popped(backlog) == [later]


def test_messages_to_one_number_leave_one_after_the_other_by_whichever_bind():
    ordering, one, two, three = Ordering(), a_sending("a", 1), a_sending("a", 2), a_sending("a", 3)
    first, second = a_backlog(one, ordering=ordering), a_backlog(two, ordering=ordering)
    first.add(three)
    assert (popped(second), popped(first)) == ([], [one])

    report(one, ordering)
    assert (popped(first), popped(second)) == ([], [two])

    report(two, ordering)
    assert popped(first) == [three]


def test_a_number_that_waits_is_known_to_every_bind():
    ordering = Ordering()
    ordering.defer("a", 10.0)

    assert Refusals(ordering).judge(a_sending("a"), queue_full=False) is Reaction.DEFER


def test_the_parts_of_one_message_do_not_wait_for_each_other():
    long, later = a_sending("a", parts=3), a_sending("a")

    assert popped(a_backlog(long, later)) == [long, long, long]


def test_many_messages_to_one_number_leave_together_beyond_the_bound():
    sendings = [a_sending("a") for _ in range(10)]

    assert popped(a_backlog(*sendings, most_behind=4)) == [sendings[0], *sendings[5:]]


def test_a_refused_message_keeps_its_place_before_later_ones_to_its_number():
    one, later = a_sending("a"), a_sending("a")
    backlog = a_backlog(one, later)
    backlog.push(backlog.pop())

    assert popped(backlog) == [one]


def test_the_probe_goes_to_another_number_where_there_is_one():
    full, other = a_sending("a"), a_sending("b")

    assert a_backlog(full, other).pop(avoid="a").sending is other
    assert a_backlog(full).pop(avoid="a").sending is full
    assert popped(a_backlog(full, other), avoid="a") == [other, full]


def test_a_kept_refusal_waits_for_nobody():
    one, later = a_sending("a"), a_sending("a")
    backlog = a_backlog(one, later)
    popped(backlog)
    backlog.keep(lambda sending: sending is later)

    assert popped(backlog) == [later]
    assert not backlog
