import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import fields

from smsflow.smpp import codec, pdu, spec

CLASSES = sorted(codec._CLASSES.values(), key=lambda cls: cls.command)
VALUES = {
    str: st.text(st.characters(min_codepoint=1, max_codepoint=255), max_size=64),
    int: st.integers(0, 255),
    bytes: st.binary(max_size=255),
}
TLVS = st.dictionaries(st.integers(0, 0xFFFF), st.binary(max_size=300), max_size=4)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
@given(st.data())
def test_every_pdu_round_trips(cls, data):
    values = {each.name: data.draw(TLVS if each.name == "tlvs" else VALUES[each.type]) for each in fields(cls)}
    sent = cls(**values)

    ((command, status, sequence, body),) = codec.Framer().feed(codec.encode(sent, 7, 3))

    assert (command, status, sequence) == (cls.command, 3, 7)
    assert codec.decode(command, body) == sent


# By hand, from the tables of section 4: the order of the fields is declared nowhere else.
@pytest.mark.parametrize(
    ("value", "octets"),
    [
        (pdu.BindTransceiver("me", "pw", "t", 0x34, 1, 2, "9"), b"me\0pw\0t\0\x34\1\x029\0"),
        (pdu.BindTransceiverResp("SMSC"), b"SMSC\0"),
        (pdu.Outbind("SMSC", "pw"), b"SMSC\0pw\0"),
        (
            pdu.SubmitSm("s", 1, 2, "3", 4, 5, "6", 7, 8, 9, "d", "v", 10, 11, 12, 13, b"text", tlvs={0x20C: b"\0\7"}),
            b"s\0\1\x023\0\4\x056\0\7\x08\x09d\0v\0\x0a\x0b\x0c\x0d\4text\x02\x0c\0\2\0\7",
        ),
        (pdu.SubmitSmResp("1f"), b"1f\0"),
        (pdu.DataSm("s", 1, 2, "3", 4, 5, "6", 7, 8, 9), b"s\0\1\x023\0\4\x056\0\7\x08\x09"),
        (pdu.QuerySm("1f", 1, 2, "3"), b"1f\0\1\x023\0"),
        (pdu.QuerySmResp("1f", "d", 2, 3), b"1f\0d\0\2\3"),
        (pdu.CancelSm("s", "1f", 1, 2, "3", 4, 5, "6"), b"s\x001f\0\1\x023\0\4\x056\0"),
        (pdu.ReplaceSm("1f", 1, 2, "3", "d", "v", 4, 5, b"text"), b"1f\0\1\x023\0d\0v\0\4\5\4text"),
        (pdu.AlertNotification(1, 2, "3", 4, 5, "6"), b"\1\x023\0\4\x056\0"),
        (pdu.EnquireLink(), b""),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, pdu.Known) else "",
)
def test_a_pdu_is_written_as_the_specification_lays_it_out(value, octets):
    assert codec.encode_body(value) == octets


@given(st.integers(0, 0xFFFFFFFF), st.binary(max_size=200))
def test_no_body_makes_decoding_raise(command, body):
    for known in (command, *codec._CLASSES):
        codec.decode(known, body)


def test_an_unknown_command_is_kept_as_it_came():
    raw = pdu.Raw(0x0001_0203, b"\x01\x02")

    ((command, _, _, body),) = codec.Framer().feed(codec.encode(raw, 1))

    assert codec.decode(command, body) == raw


@pytest.mark.parametrize("body", [b"", b"\0", b"\0\1\1", b"\0" * 16, b"\0" * 16 + b"\x05ab"])
def test_a_message_that_ends_too_early_is_malformed(body):
    assert codec.decode(spec.DELIVER_SM, body) is None


def test_a_refusal_without_a_body_is_a_response():
    assert codec.decode(spec.SUBMIT_SM_RESP, b"") == pdu.SubmitSmResp("")


def test_an_id_without_its_nul_is_read():
    assert codec.decode(spec.SUBMIT_SM_RESP, b"abc") == pdu.SubmitSmResp("abc")


def test_a_truncated_parameter_is_left_out_and_the_others_stay():
    body = codec.encode_body(pdu.DeliverSm(tlvs={0x1E: b"id\0"})) + b"\x04\x27\x00\x09\x01"

    assert codec.decode(spec.DELIVER_SM, body) == pdu.DeliverSm(tlvs={0x1E: b"id\0"})


def test_a_value_that_no_pdu_can_hold_is_refused():
    for wrong in (pdu.SubmitSm(source="a\0b"), pdu.SubmitSm(source="日"), pdu.SubmitSm(short_message=b"x" * 256)):
        with pytest.raises(ValueError):
            codec.encode(wrong, 1)


@pytest.mark.parametrize("length", [0, 4, 15, 65537, 0xFFFFFFFF])
def test_rule_15_a_length_out_of_bounds_breaks_the_stream_before_anything_is_allocated(length):
    framer = codec.Framer()

    assert framer.feed(length.to_bytes(4) + bytes(12)) == []
    assert framer.broken is not None
    assert framer.feed(codec.encode(pdu.EnquireLink(), 1)) == []


@given(st.lists(st.binary(max_size=40), max_size=8), st.lists(st.integers(1, 30), max_size=60))
def test_any_fragmentation_gives_the_same_frames(bodies, cuts):
    stream = b"".join(codec.frame(5, 0, n, body) for n, body in enumerate(bodies))
    framer, frames, position = codec.Framer(), [], 0
    for cut in [*cuts, len(stream)]:
        frames += framer.feed(stream[position : position + cut])
        position += cut

    assert frames == [(5, 0, n, body) for n, body in enumerate(bodies)]


def test_a_password_is_not_in_the_representation_of_a_bind():
    assert "secret" not in repr(pdu.BindTransceiver("demo", "secret"))
