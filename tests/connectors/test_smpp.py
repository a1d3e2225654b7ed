"""Messages as PDUs, and the meaning of receipts for them."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smsflow.connectors import smpp
from smsflow.domain import segments
from smsflow.domain.message import Status
from smsflow.smpp import codec, spec
from smsflow.smpp.receipt import Receipt
from smsflow.store.routing.connectors import Connector

CONNECTOR = Connector(
    id=1, name="operator", enabled=True, host="127.0.0.1", port=2775, system_id="smsflow", password_sealed="",
    system_type="", bind="trx", binds=1, window=10, rate=None, tls=False, reference_base="learn", long_mode="udh16",
    latin1=False, delivered_when="all", response_timeout=30, enquire_interval=30, account_id=7,
)  # fmt: skip
_VALID = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


def submits(text, *, connector=CONNECTOR, sender="AWA", number="+237690000001", message_id=5):
    bodies = smpp.bodies(connector, message_id, number, sender, text, _VALID)
    return [codec.decode(spec.SUBMIT_SM, body) for body in bodies]


def test_a_short_text_is_one_pdu_in_the_default_alphabet():
    (pdu,) = submits("Bonjour é @")

    assert (pdu.data_coding, pdu.short_message) == (0, b"Bonjour \x05 \x00")
    assert pdu.registered_delivery & spec.RECEIPT_MASK == spec.RECEIPT_FINAL


@pytest.mark.parametrize(
    ("sender", "expected"),
    [("AWA", (5, 0, "AWA")), ("+237690000009", (1, 1, "237690000009")), ("8080", (3, 0, "8080"))],
)
def test_rule_13_the_sender_has_the_type_of_its_form(sender, expected):
    (pdu,) = submits("x", sender=sender)

    assert (pdu.source_ton, pdu.source_npi, pdu.source) == expected
    assert (pdu.dest_ton, pdu.dest_npi, pdu.dest) == (1, 1, "237690000001")


def test_rule_13_the_validity_is_absolute():
    assert submits("x")[0].validity == "260304050607000+"


def test_rule_12_what_the_default_alphabet_lacks_makes_the_whole_text_ucs2():
    (pdu,) = submits("fête")

    assert (pdu.data_coding, pdu.short_message) == (8, "fête".encode("utf-16-be"))


def test_rule_12_latin_1_where_the_connector_has_it():
    (pdu,) = submits("fête", connector=replace(CONNECTOR, latin1=True))

    assert (pdu.data_coding, pdu.short_message) == (3, "fête".encode("latin-1"))


@pytest.mark.parametrize(
    ("mode", "reference_of"),
    [
        ("udh8", lambda pdu: pdu.short_message[3:4]),
        ("udh16", lambda pdu: pdu.short_message[3:5]),
        ("sar", lambda pdu: pdu.tlvs[spec.TLV_SAR_MSG_REF_NUM]),
    ],
)
def test_rule_10_the_parts_of_one_message_share_a_reference_and_two_messages_do_not(mode, reference_of):
    connector = replace(CONNECTOR, long_mode=mode)
    one, other = (submits("x" * 400, connector=connector, message_id=message_id) for message_id in (5, 6))

    assert len(one) == len(other) == 3
    assert len({reference_of(p) for p in one}) == len({reference_of(p) for p in other}) == 1
    assert reference_of(one[0]) != reference_of(other[0])


@given(
    st.text("aé€ê😀’", max_size=400).filter(bool) | st.integers(140, 700).map(lambda n: "x" * n),
    st.sampled_from(["udh8", "udh16", "sar"]),
    st.booleans(),
)
@example("x" * 306, "udh16", False)
@example("x" * 304, "udh16", False)
@example("ê" * 134, "udh16", False)
@example("ê" * 140, "udh16", True)
def test_rule_10_as_many_pdus_leave_as_are_charged_and_each_fits_into_an_sms(text, mode, latin1):
    pdus = submits(text, connector=replace(CONNECTOR, long_mode=mode, latin1=latin1))

    assert len(pdus) == segments.count(text, latin1=latin1)
    for pdu in pdus:
        header = pdu.short_message[: pdu.short_message[0] + 1] if pdu.esm_class & spec.ESM_UDHI else b""
        body = pdu.short_message[len(header) :]
        septets = pdu.data_coding == spec.CODING_DEFAULT
        room = 140 - (6 if mode == "sar" and len(pdus) > 1 else len(header))
        assert len(body) <= (room * 8 // 7 if septets else room)


def test_rule_10_a_16_bit_reference_is_used_where_the_text_takes_no_part_more():
    wide, narrow = (submits("x" * n)[0].short_message for n in (304, 306))

    assert wide[:3] == bytes((6, 8, 4))
    assert narrow[:3] == bytes((5, 0, 3))


def test_rule_10_a_payload_carries_the_whole():
    (pdu,) = submits("x" * 400, connector=replace(CONNECTOR, long_mode="payload"))

    assert len(pdu.content) == 400


def test_the_tries_to_connect_never_show_the_password():
    assert "hush" not in repr(smpp.bind_config(CONNECTOR, "hush", mode="trx"))


@pytest.mark.parametrize(
    ("state", "status", "refused"),
    [
        ("DELIVRD", Status.DELIVERED, False),
        ("EXPIRED", Status.EXPIRED, False),
        ("UNDELIV", Status.FAILED, False),
        ("DELETED", Status.FAILED, False),
        ("REJECTD", Status.FAILED, True),
    ],
)
def test_rule_08_a_final_state_is_news(state, status, refused):
    news = smpp.news(CONNECTOR, Receipt("00AB", state, "0x45", None, "237690000001", "AWA"))

    assert (news.account_id, news.reference, news.status, news.refused) == (7, "00AB", status, refused)
    assert (news.error, news.number, news.sender) == (f"{state} 0x45", "+237690000001", "AWA")


@pytest.mark.parametrize("state", ["ENROUTE", "ACCEPTD", "UNKNOWN", "WHATEVER"])
def test_rule_08_any_other_state_is_no_news(state):
    assert smpp.news(CONNECTOR, Receipt("1", state, None, None, "237690000001", "AWA")) is None


def test_rule_05_a_connector_that_learns_looks_in_every_base_and_one_that_is_told_in_its_own():
    told = replace(CONNECTOR, reference_base="hex_to_dec")
    heard = Receipt("FF", "DELIVRD", None, None, "237690000001", "AWA")

    assert set(smpp.forms(CONNECTOR)("ff")) >= {"ff", "255"}
    assert list(smpp.forms(told)("ff")) == []
    assert smpp.news(told, heard).reference == "255"


def test_characters_that_no_database_can_hold_do_not_come_through():
    news = smpp.news(CONNECTOR, Receipt("a\x00b", "DELIVRD", "\x00", None, "2376\x0090", "A\x00"))

    assert "\x00" not in f"{news.reference}{news.error}{news.number}{news.sender}"
    assert smpp.stored_reference("a\x00b") == "ab"


def test_the_statuses_that_metrics_distinguish_are_bounded():
    assert [smpp.status_label(status) for status in (0x14, 0x400, 0x4FF, 0x500, 0xDEADBEEF)] == [
        "ESME_RMSGQFUL",
        "0x00000400",
        "0x000004FF",
        "other",
        "other",
    ]
