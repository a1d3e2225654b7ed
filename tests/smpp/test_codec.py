import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsflow.smpp import codec, pdu, spec

CLASSES = sorted(codec._CLASSES.values(), key=lambda cls: cls.command)
VALUES = {
    pdu.STRING: st.text(st.characters(min_codepoint=1, max_codepoint=255), max_size=64),
    pdu.OCTET: st.integers(0, 255),
    pdu.COUNTED: st.binary(max_size=255),
}
TLVS = st.dictionaries(st.integers(0, 0xFFFF), st.binary(max_size=300), max_size=4)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
@given(st.data())
def test_every_pdu_round_trips(cls, data):
    fields = {name: data.draw(VALUES[kind]) for name, kind in cls.layout}
    sent = cls(**fields, tlvs=data.draw(TLVS))

    ((command, status, sequence, body),) = codec.Framer().feed(codec.encode(sent, 7, 3))

    assert (command, status, sequence) == (cls.command, 3, 7)
    assert codec.decode(command, body) == sent


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_the_layout_of_a_pdu_is_its_fields_in_order(cls):
    assert [name for name, _ in cls.layout] == [each.name for each in dataclasses.fields(cls) if each.name != "tlvs"]


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


def test_a_value_without_a_place_on_the_wire_is_refused():
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
