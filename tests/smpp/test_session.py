import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsflow.smpp import codec, pdu, spec
from smsflow.smpp.errors import NotBound, WindowFull
from smsflow.smpp.events import (
    BindAnswered,
    BindAsked,
    Dropped,
    LateResponded,
    Noticed,
    Requested,
    Responded,
    TimedOut,
)
from smsflow.smpp.limits import GOOD_PER_NONSENSE, MAX_NONSENSE, SessionLimits
from smsflow.smpp.state import State
from tests.smpp.session_pair import SessionPair, a_bound_client, a_bound_pair, a_bound_server, a_submit, frames


def commands(data):
    return [command for command, *_ in frames(data)]


# Binding.


@pytest.mark.parametrize(
    ("bind", "state"),
    [
        (pdu.BindTransceiver, State.BOUND_TRX),
        (pdu.BindTransmitter, State.BOUND_TX),
        (pdu.BindReceiver, State.BOUND_RX),
    ],
)
def test_a_bind_binds_both_sides_in_its_mode(bind, state):
    pair = a_bound_pair(bind=bind)

    assert (pair.client.state, pair.server.state) == (state, state)


def test_a_refused_bind_leaves_both_sides_open():
    pair = SessionPair()
    pair.client.bind(pdu.BindTransceiver("demo", "wrong"), pair.now)
    _, (asked,) = pair.exchange()
    pair.server.respond(asked.sequence, pdu.BindResp(), spec.ESME_RINVPASWD)
    (answered,), _ = pair.exchange()

    assert answered == BindAnswered(spec.ESME_RINVPASWD, "", accepted=False)
    assert (pair.client.state, pair.server.state) == (State.OPEN, State.OPEN)


def test_rule_14_already_bound_counts_as_bound():
    pair = SessionPair()
    pair.client.bind(pdu.BindTransceiver("demo", "secret"), pair.now)
    pair.client.data_to_send()

    answer = codec.encode(pdu.BindTransceiverResp("SMSC"), 1, spec.ESME_RALYBND)
    assert pair.client.receive_data(answer, pair.now) == [BindAnswered(spec.ESME_RALYBND, "SMSC", accepted=True)]
    assert pair.client.state is State.BOUND_TRX


@pytest.mark.parametrize("role", ["client", "server"])
def test_a_peer_that_does_not_bind_in_time_is_dropped(role):
    session = getattr(SessionPair(SessionLimits(bind_timeout=10), SessionLimits(bind_timeout=10)), role)

    assert session.get_timer() == 1010.0
    assert session.handle_timer(1009.9) == []
    assert session.handle_timer(1010.0) == [Dropped("no bind within the time allowed", [])]
    assert session.get_timer() is None


def test_a_second_bind_gets_ralybnd():
    server = a_bound_server()
    server.receive_data(codec.encode(pdu.BindTransceiver("demo"), 2), 1000.0)

    assert frames(server.data_to_send()) == [(spec.BIND_TRANSCEIVER_RESP, spec.ESME_RALYBND, 2, b"")]


def test_a_request_before_the_bind_is_refused():
    server = SessionPair().server
    server.receive_data(codec.encode(a_submit(), 5), 1000.0)

    assert frames(server.data_to_send()) == [(spec.SUBMIT_SM_RESP, spec.ESME_RINVBNDSTS, 5, b"")]


@pytest.mark.parametrize(("bind", "request_pdu"), [(pdu.BindReceiver, a_submit()), (pdu.BindTransmitter, None)])
def test_a_bind_of_one_direction_cannot_send_in_the_other(bind, request_pdu):
    pair = a_bound_pair(bind=bind)
    side = pair.client if request_pdu else pair.server

    with pytest.raises(NotBound):
        side.submit(request_pdu or pdu.DeliverSm(), "t", pair.now)


# The window.


def test_a_submission_comes_back_with_its_id():
    pair = a_bound_pair()
    pair.client.submit(a_submit(), "our message", pair.now)
    _, (asked,) = pair.exchange()
    pair.server.respond(asked.sequence, pdu.SubmitSmResp("id-1"))
    events, _ = pair.exchange()

    assert asked.pdu == a_submit()
    assert events == [Responded("our message", 0, "id-1")]


def test_a_delivery_comes_back_with_its_acknowledgement():
    pair = a_bound_pair()
    pair.server.submit(pdu.DeliverSm(short_message=b"oui"), "their message", pair.now)
    (asked,), _ = pair.exchange()
    assert pair.exchange() == ([], [])
    pair.client.acknowledge([asked.sequence])
    _, events = pair.exchange()

    assert events == [Responded("their message", 0, "")]


def test_rule_2_the_window_is_full_until_a_response_frees_a_slot():
    pair = a_bound_pair(SessionLimits(window=2))
    for token in "ab":
        pair.client.submit(a_submit(), token, pair.now)
    assert pair.client.free == 0
    with pytest.raises(WindowFull):
        pair.client.submit(a_submit(), "c", pair.now)

    _, asked = pair.exchange()
    pair.server.respond(asked[0].sequence, pdu.SubmitSmResp("1"))
    pair.exchange()

    assert (pair.client.free, pair.client.in_flight) == (1, 1)


def test_rule_2_every_slot_expires_and_a_late_response_is_still_reported():
    pair = a_bound_pair(SessionLimits(window=2, response_timeout=30))
    pair.client.submit(a_submit(), "a", 1000.0)
    pair.client.submit(a_submit(), "b", 1005.0)
    _, (first, _) = pair.exchange()

    assert pair.client.get_timer() == 1030.0
    assert pair.client.handle_timer(1030.0) == [TimedOut(["a"])]
    assert pair.client.free == 1
    pair.server.respond(first.sequence, pdu.SubmitSmResp("late"))
    assert pair.exchange()[0] == [LateResponded("a", 0, "late")]


def test_rule_2_a_response_is_forgotten_after_ten_minutes():
    client = a_bound_client(SessionLimits(response_timeout=30))
    sequence = client.submit(a_submit(), "a", 1000.0)
    client.handle_timer(1030.0)
    client.handle_timer(1630.0)

    assert client.receive_data(codec.encode(pdu.SubmitSmResp("x"), sequence), 1630.0) == []


def test_rule_2_responses_are_read_before_other_inbound_work():
    client = a_bound_client()
    sequence = client.submit(a_submit(), "a", 1000.0)
    batch = codec.encode(pdu.DeliverSm(), 7) + codec.encode(pdu.SubmitSmResp("1"), sequence)

    events = client.receive_data(batch, 1000.0)

    assert [type(event) for event in events] == [Responded, Requested]


def test_a_response_to_nothing_changes_nothing():
    client = a_bound_client()

    assert client.receive_data(codec.encode(pdu.SubmitSmResp("1"), 4242), 1000.0) == []


def test_a_response_counts_once():
    client = a_bound_client()
    answer = codec.encode(pdu.SubmitSmResp("1"), client.submit(a_submit(), "a", 1000.0))

    assert len(client.receive_data(answer + answer, 1000.0)) == 1


def test_a_generic_nack_is_the_answer_to_its_request():
    client = a_bound_client()
    sequence = client.submit(a_submit(), "a", 1000.0)

    events = client.receive_data(codec.encode(pdu.GenericNack(), sequence, spec.ESME_RINVCMDID), 1000.0)

    assert events == [Responded("a", spec.ESME_RINVCMDID, "")]


def test_a_generic_nack_without_a_status_is_no_success():
    client = a_bound_client()
    sequence = client.submit(a_submit(), "a", 1000.0)

    (event,) = client.receive_data(codec.encode(pdu.GenericNack(), sequence), 1000.0)

    assert event.status == spec.ESME_RUNKNOWNERR


def test_sequence_numbers_start_again_and_pass_over_those_in_use():
    client = a_bound_client(SessionLimits(window=5))
    client._window._sequence = spec.MAX_SEQUENCE - 1
    first = client.submit(a_submit(), "a", 1000.0)
    second = client.submit(a_submit(), "b", 1000.0)
    client._window._sequence = spec.MAX_SEQUENCE
    third = client.submit(a_submit(), "c", 1000.0)

    assert (first, second, third) == (spec.MAX_SEQUENCE, 1, 2)


# Life.


def test_rule_1_the_peer_is_asked_only_when_bound_and_idle():
    client = a_bound_client(SessionLimits(enquire_interval=30))
    assert client.get_timer() == 1030.0
    client.receive_data(codec.encode(pdu.DeliverSm(), 1), 1020.0)
    assert client.handle_timer(1030.0) == []
    assert client.data_to_send() == b""
    assert client.get_timer() == 1050.0

    client.handle_timer(1050.0)

    assert commands(client.data_to_send()) == [spec.ENQUIRE_LINK]


def test_rule_1_an_open_session_never_asks():
    pair = SessionPair(SessionLimits(bind_timeout=1000, enquire_interval=30))
    pair.client.handle_timer(1500.0)

    assert pair.client.data_to_send() == b""


@pytest.mark.parametrize("sign", [pdu.EnquireLinkResp(), pdu.EnquireLink(), pdu.DeliverSm(), pdu.SubmitSmResp("x")])
def test_rule_1_any_pdu_counts_as_life(sign):
    client = a_bound_client(SessionLimits(enquire_interval=30, enquire_misses=1))
    client.handle_timer(1030.0)
    client.receive_data(codec.encode(sign, 99), 1040.0)

    assert client.handle_timer(1060.0) == []
    assert client.get_timer() == 1070.0


def test_rule_1_a_peer_that_answers_nothing_is_dropped_with_its_open_requests():
    client = a_bound_client(SessionLimits(enquire_interval=30, response_timeout=100, enquire_misses=2))
    client.submit(a_submit(), "a", 1000.0)
    assert client.handle_timer(1030.0) == []
    assert client.handle_timer(1060.0) == []

    assert client.handle_timer(1090.0) == [Dropped("2 enquire_link went unanswered", ["a"])]
    assert client.state is State.CLOSED
    assert commands(client.data_to_send()) == [spec.SUBMIT_SM, spec.ENQUIRE_LINK, spec.ENQUIRE_LINK]


@pytest.mark.parametrize(
    "make", [a_bound_client, a_bound_server, lambda: SessionPair().server, lambda: SessionPair().client]
)
def test_rule_1_an_enquire_link_is_answered_in_every_state_with_its_number(make):
    session = make()
    session.receive_data(codec.encode(pdu.EnquireLink(), 77), 1000.0)

    assert frames(session.data_to_send()) == [(spec.ENQUIRE_LINK_RESP, 0, 77, b"")]


def test_rule_1_an_enquire_link_is_answered_while_we_unbind():
    client = a_bound_client()
    client.unbind()
    client.receive_data(codec.encode(pdu.EnquireLink(), 77), 1000.0)

    assert commands(client.data_to_send()) == [spec.UNBIND, spec.ENQUIRE_LINK_RESP]


# The end.


def test_rule_14_an_unbind_ends_both_sides():
    pair = a_bound_pair()
    pair.client.unbind()

    assert pair.exchange() == ([Dropped("the session was unbound", [])], [Dropped("the peer unbound", [])])
    assert (pair.client.state, pair.server.state) == (State.CLOSED, State.CLOSED)


def test_a_delivery_that_comes_while_we_unbind_stays_with_the_peer():
    client = a_bound_client()
    client.unbind()

    assert client.receive_data(codec.encode(pdu.DeliverSm(), 5), 1000.0) == []
    assert commands(client.data_to_send()) == [spec.UNBIND]


def test_a_response_is_taken_while_we_unbind():
    client = a_bound_client()
    sequence = client.submit(a_submit(), "a", 1000.0)
    client.unbind()

    assert client.receive_data(codec.encode(pdu.SubmitSmResp("1"), sequence), 1000.0) == [Responded("a", 0, "1")]


def test_the_end_of_the_connection_is_reported_once_with_the_open_requests():
    client = a_bound_client()
    client.submit(a_submit(), "a", 1000.0)

    assert client.connection_lost("the cable") == [Dropped("the cable", ["a"])]
    assert client.connection_lost("the cable") == []
    assert client.handle_timer(9999.0) == []
    assert client.receive_data(codec.encode(pdu.DeliverSm(), 1), 1000.0) == []
    with pytest.raises(NotBound):
        client.submit(a_submit(), "b", 1000.0)


# Nonsense.


def test_rule_15_an_unknown_command_gets_a_generic_nack_with_its_number():
    client = a_bound_client()

    assert client.receive_data(codec.frame(0x0000_0777, 0, 31, b"abc"), 1000.0) == []
    assert frames(client.data_to_send()) == [(spec.GENERIC_NACK, spec.ESME_RINVCMDID, 31, b"")]


@pytest.mark.parametrize("command", [spec.DELIVER_SM, spec.DATA_SM])
def test_rule_15_a_malformed_body_of_a_known_command_gets_its_own_response(command):
    client = a_bound_client()

    assert client.receive_data(codec.frame(command, 0, 31, b"abc"), 1000.0) == []
    assert [frame[:3] for frame in frames(client.data_to_send())] == [
        (command | spec.RESPONSE, spec.ESME_RINVPARLEN, 31)
    ]
    assert client.unacknowledged == 0


def test_rule_15_a_malformed_body_of_a_command_without_response_gets_a_generic_nack():
    client = a_bound_client()
    client.receive_data(codec.frame(spec.ALERT_NOTIFICATION, 0, 31, b"abc"), 1000.0)

    assert frames(client.data_to_send()) == [(spec.GENERIC_NACK, spec.ESME_RINVPARLEN, 31, b"")]


def test_rule_15_two_deliveries_with_one_sequence_number_get_two_answers():
    client = a_bound_client()
    events = client.receive_data(codec.encode(pdu.DeliverSm(), 7) * 2, 1000.0)
    assert [event.sequence for event in events] == [7, 7]
    assert client.unacknowledged == 2

    client.acknowledge([7])
    client.acknowledge([7], spec.ESME_RX_T_APPN)
    client.acknowledge([7])

    assert [frame[:3] for frame in frames(client.data_to_send())] == [
        (spec.DELIVER_SM_RESP, 0, 7),
        (spec.DELIVER_SM_RESP, spec.ESME_RX_T_APPN, 7),
    ]
    assert client.unacknowledged == 0


def test_rule_15_a_length_out_of_bounds_ends_the_session_after_what_was_sound():
    client = a_bound_client()
    events = client.receive_data(codec.encode(pdu.DeliverSm(), 1) + b"\xff" * 16, 1000.0)

    assert [type(event) for event in events] == [Requested, Dropped]
    assert commands(client.data_to_send()) == [spec.GENERIC_NACK]


def test_rule_15_a_peer_that_keeps_on_is_dropped():
    client = a_bound_client()

    events = client.receive_data(codec.frame(0x777, 0, 1) * MAX_NONSENSE, 1000.0)

    assert events == [Dropped("the peer sends what is not SMPP", [])]


def test_rule_15_good_traffic_makes_up_for_nonsense():
    client = a_bound_client()
    good = codec.encode(pdu.DeliverSm(), 1) * GOOD_PER_NONSENSE

    for _ in range(MAX_NONSENSE * 3):
        client.receive_data(codec.frame(0x777, 0, 1) + good, 1000.0)

    assert client.state is State.BOUND_TRX


def test_rule_15_more_nonsense_than_good_traffic_makes_up_for_ends_the_session():
    client = a_bound_client()

    for _ in range(MAX_NONSENSE * 3):
        client.receive_data(codec.frame(0x777, 0, 1) + codec.encode(pdu.DeliverSm(), 1), 1000.0)

    assert client.state is State.CLOSED


def test_rule_15_unacknowledged_requests_are_bounded_and_the_peer_keeps_the_rest():
    client = a_bound_client(SessionLimits(unacknowledged=1))

    events = client.receive_data(codec.encode(pdu.DeliverSm(), 1) + codec.encode(pdu.DeliverSm(), 2), 1000.0)

    assert [event.sequence for event in events] == [1]
    assert frames(client.data_to_send()) == [(spec.DELIVER_SM_RESP, spec.ESME_RX_T_APPN, 2, b"\0")]


def test_an_alert_is_noticed_and_needs_no_answer():
    client = a_bound_client()
    alert = pdu.AlertNotification(1, 1, "237690000001", 0, 0, "demo")

    assert client.receive_data(codec.encode(alert, 1), 1000.0) == [Noticed(alert)]
    assert client.data_to_send() == b""


def test_a_request_is_answered_once():
    server = a_bound_server()
    server.receive_data(codec.encode(a_submit(), 9), 1000.0)

    assert server.respond(9, pdu.SubmitSmResp("1"))
    assert not server.respond(9, pdu.SubmitSmResp("2"))
    assert frames(server.data_to_send()) == [(spec.SUBMIT_SM_RESP, 0, 9, b"1\0")]


# Any bytes.

ANYTHING = st.one_of(
    st.binary(max_size=60),
    st.builds(
        codec.frame,
        st.sampled_from([*codec._CLASSES, 0x21, 0x777, 0x80000777]),
        st.integers(0, 0xFF),
        st.integers(0, 6),
        st.one_of(st.binary(max_size=40), st.just(codec.encode_body(pdu.DeliverSm(short_message=b"hi")))),
    ),
)
MAKERS = st.sampled_from([a_bound_client, a_bound_server, lambda: SessionPair().client, lambda: SessionPair().server])


def a_busy(make):
    session = make()
    if session.free:
        request = a_submit() if session.role == "client" else pdu.DeliverSm()
        for token in "abc":
            session.submit(request, token, 1000.0)
        session.data_to_send()
    return session


@given(MAKERS, st.lists(ANYTHING, max_size=12))
def test_rule_15_no_bytes_raise_out_of_a_session(make, chunks):
    session = a_busy(make)
    for step, chunk in enumerate(chunks):
        session.receive_data(chunk, 1000.0 + step)
        session.handle_timer(1000.0 + step * 7)
        session.data_to_send()

    assert session.connection_lost("end") == [] or session.state is State.CLOSED


@given(MAKERS, st.lists(ANYTHING, max_size=8), st.lists(st.integers(1, 50), max_size=40))
def test_any_fragmentation_gives_the_same_events(make, chunks, cuts):
    stream = b"".join(chunks)
    whole, cut = a_busy(make), a_busy(make)
    expected = whole.receive_data(stream, 1000.0)
    events, position = [], 0
    for size in [*cuts, len(stream)]:
        events += cut.receive_data(stream[position : position + size], 1000.0)
        position += size

    # Responses are read ahead within one batch only, so they are compared beside the rest.
    def is_response(event):
        return isinstance(event, Responded | BindAnswered)

    assert [e for e in events if is_response(e)] == [e for e in expected if is_response(e)]
    assert [e for e in events if not is_response(e)] == [e for e in expected if not is_response(e)]
    assert cut.data_to_send() == whole.data_to_send()
    assert cut.state == whole.state


@given(st.lists(st.tuples(st.sampled_from("csCS"), st.booleans()), max_size=30))
def test_every_request_gets_exactly_one_outcome(steps):
    pair = a_bound_pair(SessionLimits(window=50, response_timeout=10), SessionLimits(window=50, response_timeout=10))
    sent, ended = {"c": 0, "s": 0}, {"c": 0, "s": 0}
    for who, answers in steps:
        side, other = (pair.client, pair.server) if who in "cC" else (pair.server, pair.client)
        side.submit(a_submit() if side is pair.client else pdu.DeliverSm(), who, pair.now)
        sent[who.lower()] += 1
        for name, events in zip("cs", pair.exchange(), strict=True):
            for event in events:
                if isinstance(event, Requested) and answers:
                    (pair.client if name == "c" else pair.server).acknowledge([event.sequence])
        for name, events in zip("cs", pair.exchange(), strict=True):
            ended[name] += sum(isinstance(event, Responded) for event in events)
        assert other.in_flight <= 50
        pair.now += 3
        for name, session in (("c", pair.client), ("s", pair.server)):
            for event in session.handle_timer(pair.now):
                ended[name] += len(event.tokens) if isinstance(event, TimedOut) else 0
    ended["c"] += sum(len(event.tokens) for event in pair.client.connection_lost("end"))
    ended["s"] += sum(len(event.tokens) for event in pair.server.connection_lost("end"))

    assert ended == sent


def test_a_bind_is_asked_with_its_password():
    pair = SessionPair()
    pair.client.bind(pdu.BindTransceiver("demo", "secret"), pair.now)

    assert pair.exchange()[1] == [BindAsked(1, pdu.BindTransceiver("demo", "secret"))]


def test_a_bind_answered_by_the_command_of_another_is_what_was_asked():
    pair = SessionPair()
    pair.client.bind(pdu.BindReceiver("demo", "secret"), pair.now)
    pair.client.receive_data(codec.encode(pdu.BindTransceiverResp("SMSC"), 1), pair.now)

    assert pair.client.state is State.BOUND_RX


def test_a_peer_that_hangs_up_on_our_unbind_has_answered_it():
    client = a_bound_client()
    client.unbind()

    assert client.connection_lost("the peer closed the connection") == [Dropped("the session was unbound", [])]
