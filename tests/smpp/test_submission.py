from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsflow.smpp import codec, pdu, spec
from smsflow.smpp.submission import address, encode_submit, validity_period

OCTET = st.integers(0, 255)
STRING = st.text(st.characters(min_codepoint=1, max_codepoint=255), max_size=20)
TLVS = st.dictionaries(st.integers(0, 0xFFFF), st.binary(max_size=9), max_size=3)


@given(st.tuples(OCTET, OCTET, STRING, STRING, OCTET, st.binary(max_size=254), OCTET, STRING, TLVS))
def test_the_fast_encoder_and_the_slow_one_agree(fields):
    ton, npi, source, dest, coding, text, wish, validity, tlvs = fields
    fast = encode_submit(ton, npi, source, npi, ton, dest, coding, ton, text, wish, validity, npi, coding, tlvs)

    slow = pdu.SubmitSm(
        "", ton, npi, source, npi, ton, dest, coding, npi, coding, "", validity, wish, 0, ton, 0, text, tlvs=tlvs
    )
    assert fast == codec.encode_body(slow)
    assert codec.decode(spec.SUBMIT_SM, fast) == slow


def test_parameters_can_be_octets_already():
    tlvs = {spec.TLV_MESSAGE_PAYLOAD: b"abc"}

    assert encode_submit(0, 0, "", 0, 0, "1", 0, 0, b"", tlvs=codec.encode_tlvs(tlvs)) == encode_submit(
        0, 0, "", 0, 0, "1", 0, 0, b"", tlvs=tlvs
    )


def test_a_text_that_does_not_fit_is_refused_and_never_truncated():
    with pytest.raises(ValueError, match="message_payload"):
        encode_submit(0, 0, "", 0, 0, "1", 0, 0, b"x" * 255)


@pytest.mark.parametrize("source", ["a\0b", "日"])
def test_a_source_that_no_pdu_can_hold_is_refused(source):
    with pytest.raises(ValueError):
        encode_submit(5, 0, source, 0, 0, "1", 0, 0, b"x")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("+237690000001", (1, 1, "237690000001")),
        ("237690000001", (1, 1, "237690000001")),
        ("8800", (3, 0, "8800")),
        ("smsflow", (5, 0, "smsflow")),
        ("ABCDEFGHIJK", (5, 0, "ABCDEFGHIJK")),
        ("Ma Banque", (5, 0, "Ma Banque")),
        ("3M", (5, 0, "3M")),
    ],
)
def test_rule_13_an_address_has_the_ton_and_npi_of_its_form(value, expected):
    assert address(value) == expected


@pytest.mark.parametrize("value", ["", "ABCDEFGHIJKL", "a@b", "a\0b", "Éco", "12345678901234567"])
def test_rule_12_a_sender_without_a_form_is_refused(value):
    with pytest.raises(ValueError, match="alphanumeric"):
        address(value)


def test_rule_13_the_validity_is_absolute_and_in_utc():
    assert validity_period(datetime(2026, 11, 22, 20, 5, 9, tzinfo=UTC)) == "261122200509000+"
    assert validity_period(datetime(2026, 11, 22, 0, 5, tzinfo=timezone(timedelta(hours=1)))) == "261121230500000+"
