import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsflow.smpp import concat, pdu, spec
from smsflow.smpp.reassembly import Reassembly

ENCODINGS = ["gsm7", "ucs2", "latin1"]
MODES = ["udh8", "udh16", "sar", "payload"]


def messages(parts, encoding, mode, reference=0x1234):
    return [
        pdu.DeliverSm(
            source="a",
            dest="b",
            esm_class=data.esm_class,
            data_coding=data.data_coding,
            short_message=data.short_message,
            tlvs=data.tlvs,
        )
        for data in concat.user_data(parts, encoding, reference=reference, mode=mode)
    ]


@pytest.mark.parametrize(("encoding", "mode"), list(itertools.product(ENCODINGS, MODES)))
def test_a_long_text_comes_back_from_its_parts(encoding, mode):
    parts = ["à" * 60, "é" * 60, "[fin]"]
    reassembly = Reassembly()

    texts = [whole.text for message in messages(parts, encoding, mode) for whole in reassembly.add(message, 0.0)]

    assert texts == ["".join(parts)]


def test_a_short_text_has_no_header():
    (data,) = concat.user_data(["Bonjour"], "gsm7", reference=9, mode="udh8")

    assert data == concat.UserData(b"Bonjour", 0, 0, {})


def test_the_header_with_an_8_bit_reference_is_that_of_the_standard():
    first, _ = concat.user_data(["a", "b"], "gsm7", reference=0x1FF, mode="udh8")

    assert first == concat.UserData(bytes.fromhex("050003ff0201") + b"a", spec.ESM_UDHI, 0, {})


def test_the_header_with_a_16_bit_reference_is_that_of_the_standard():
    _, second = concat.user_data(["a", "b"], "ucs2", reference=0x1FF, mode="udh16")

    assert second == concat.UserData(bytes.fromhex("06080401ff0202") + b"\0b", spec.ESM_UDHI, 8, {})


def test_rule_10_a_full_part_takes_the_shorter_header_and_is_never_truncated():
    first, _ = concat.user_data(["x" * 153, "y"], "gsm7", reference=0x1FF, mode="udh16")

    assert first.short_message == bytes.fromhex("050003ff0201") + b"x" * 153


def test_sar_is_three_parameters():
    _, second = concat.user_data(["a", "b"], "gsm7", reference=0x1FF, mode="sar")

    assert second == concat.UserData(b"b", 0, 0, {0x020C: b"\x01\xff", 0x020E: b"\2", 0x020F: b"\2"})


def test_a_payload_is_one_message_whatever_its_length():
    (data,) = concat.user_data(["a" * 153, "b" * 153], "gsm7", reference=1, mode="payload")

    assert data == concat.UserData(b"", 0, 0, {0x0424: b"a" * 153 + b"b" * 153})


def test_more_than_255_parts_are_refused():
    with pytest.raises(ValueError, match="256 parts"):
        concat.user_data(["a"] * 256, "gsm7", reference=1, mode="udh8")


def test_a_character_that_the_encoding_lacks_is_refused():
    with pytest.raises(ValueError):
        concat.user_data(["ê"], "gsm7", reference=1, mode="udh8")


@given(st.text(max_size=600))
def test_a_cut_text_is_whole_and_every_part_fits(text):
    encoding = concat.encoding_of(text)
    parts = concat.cut(text, encoding)
    room = 153 if encoding == "gsm7" else 134

    assert "".join(parts) == text
    assert len(parts) == 1 or all(0 < len(concat.encode(part, encoding)) <= room for part in parts)


def test_an_escape_pair_and_a_surrogate_pair_are_never_cut():
    assert concat.cut("x" * 152 + "€" * 8, "gsm7") == ["x" * 152, "€" * 8]
    assert concat.cut("x" * 66 + "😀" * 3, "ucs2") == ["x" * 66, "😀" * 3]
