from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsflow.smpp import receipt, spec
from smsflow.smpp.pdu import DeliverSm, SubmitSm

AT = datetime(2026, 11, 22, 20, 5, tzinfo=UTC)
USUAL = b"id:0123 sub:001 dlvrd:001 submit date:2611222005 done date:2611222006 stat:DELIVRD err:000 text:Bonjour"


def told(text=b"", *, esm_class=0x04, tlvs=None, data_coding=0):
    deliver = DeliverSm(
        source="237690000001",
        dest="smsflow",
        esm_class=esm_class,
        data_coding=data_coding,
        short_message=text,
        tlvs=tlvs or {},
    )
    return receipt.parse(deliver)


def test_rule_8_the_usual_text_is_read():
    assert told(USUAL) == receipt.Receipt("0123", "DELIVRD", "000", "Bonjour", "237690000001", "smsflow")


def test_rule_8_the_parameters_come_before_the_text():
    news = told(USUAL, tlvs={0x1E: b"abc\0", 0x427: b"\5"})

    assert (news.reference, news.state, news.error) == ("abc", "UNDELIV", "000")


def test_rule_8_the_parameters_suffice_whatever_the_esm_class():
    news = told(esm_class=0, tlvs={0x1E: b"abc", 0x427: b"\2", 0x423: b"\x03\x00\x2a"})

    assert (news.reference, news.state, news.error) == ("abc", "DELIVRD", "42")


@pytest.mark.parametrize(
    ("text", "reference", "state", "error"),
    [
        (b"stat:UNDELIV err:1A id:77 text:", "77", "UNDELIV", "1A"),
        (b"id: 77  STAT: delivrd  ERR : 045", "77", "DELIVRD", "045"),
        (b"ID:77;stat:EXPIRED;err:00B", "77", "EXPIRED", "00B"),
        (
            b"id:77 sub:1 dlvrd:1 submit date:261122200501 done date: 261122 stat:REJECTD err:88 Text:",
            "77",
            "REJECTD",
            "88",
        ),
        (b"id:77 stat:Delivered", "77", "DELIVRD", None),
        (b"id:77 stat:NEWSTATE err:9", "77", "NEWSTATE", "9"),
        (b"id:a-b_c.d sub:001 dlvrd:000 submit date:1 done date:2 stat:ACCEPTD err:0", "a-b_c.d", "ACCEPTD", "0"),
        (b"id:77\r\nstat:ENROUTE\r\nerr:0", "77", "ENROUTE", "0"),
    ],
)
def test_rule_8_a_text_is_read_as_operators_write_it(text, reference, state, error):
    news = told(text)

    assert (news.reference, news.state, news.error) == (reference, state, error)


@pytest.mark.parametrize("esm_class", [0x04, 0x20, 0x44, 0x84, 0x06])
def test_rule_8_the_type_is_read_under_its_mask(esm_class):
    assert told(b"?", esm_class=esm_class).reference == ""


def test_rule_8_a_receipt_without_the_mark_is_known_by_its_text():
    assert told(USUAL, esm_class=0).reference == "0123"


def test_a_receipt_in_ucs2_or_in_the_payload_is_read():
    assert told(USUAL.decode().encode("utf-16-be"), data_coding=8).reference == "0123"
    assert told(tlvs={0x424: USUAL}).reference == "0123"


@pytest.mark.parametrize("text", [b"Bonjour", b"", b"id:5", b"mon id:5 et mon stat", b"valid:5 rustat:ok"])
def test_a_message_of_a_person_is_no_receipt(text):
    assert told(text, esm_class=0) is None


def test_a_marked_receipt_that_cannot_be_read_settles_nothing():
    assert told(b"tout va bien") == receipt.Receipt("", "UNKNOWN", None, None, "237690000001", "smsflow")


def test_words_of_the_message_do_not_pass_for_fields():
    assert told(b"id:7 stat:UNDELIV err:1 text:stat:DELIVRD id:8").state == "UNDELIV"


@given(st.binary(max_size=250), st.integers(0, 255), st.integers(0, 255), st.binary(max_size=5))
def test_no_delivery_makes_it_raise(text, esm_class, data_coding, value):
    told(text, esm_class=esm_class, data_coding=data_coding, tlvs={0x427: value, 0x423: value})
    told(text, esm_class=esm_class, tlvs={0x1E: value, 0x424: text})


@pytest.mark.parametrize("state", ["DELIVRD", "UNDELIV", "EXPIRED", "REJECTD"])
def test_what_the_simulator_writes_is_what_we_read(state):
    submitted = SubmitSm(source="smsflow", dest="237690000001")

    news = receipt.parse(receipt.receipt_of(submitted, "9F", state, at=AT, tlvs=False))

    assert (news.reference, news.state, news.source) == ("9F", state, "237690000001")


def test_a_receipt_is_written_as_appendix_b_has_it():
    line = receipt.format_receipt("0123", "DELIVRD", text="Bonjour", submitted_at=AT, done_at=AT.replace(minute=6))

    assert line == USUAL


@pytest.mark.parametrize(
    ("wish", "state", "wanted"),
    [(0, "DELIVRD", False), (1, "DELIVRD", True), (2, "DELIVRD", False), (2, "UNDELIV", True), (0x11, "DELIVRD", True)],
)
def test_a_receipt_comes_when_registered_delivery_asks_for_it(wish, state, wanted):
    assert receipt.is_receipt_wanted(SubmitSm(registered_delivery=wish), state) is wanted


@pytest.mark.parametrize(
    ("reference", "base", "form"),
    [
        ("00AbC", "as_is", "abc"),
        ("0000", "as_is", "0"),
        (" 7 ", "as_is", "7"),
        ("1F", "hex_to_dec", "31"),
        ("001f", "hex_to_dec", "31"),
        ("31", "dec_to_hex", "1f"),
        ("1F", "dec_to_hex", "1f"),
        ("not-a-number", "hex_to_dec", "not-a-number"),
        ("1_000", "dec_to_hex", "1_000"),
        ("x12", "hex_to_dec", "x12"),
        ("000", "as_is", "0"),
        ("", "as_is", ""),
        (" ", "dec_to_hex", ""),
        ("9" * 5000, "dec_to_hex", "9" * 5000),
    ],
)
def test_rule_5_an_id_is_opaque_and_folded(reference, base, form):
    assert receipt.normalise(reference, base) == form


@given(st.integers(0, 2**64))
def test_rule_5_either_base_finds_the_other(number):
    decimal, hexadecimal = str(number), f"{number:08X}"

    assert receipt.normalise(hexadecimal, "hex_to_dec") == receipt.normalise(decimal, "as_is")
    assert receipt.normalise(decimal, "dec_to_hex") == receipt.normalise(hexadecimal, "as_is")


def test_rule_5_the_forms_of_an_id_are_each_told_once():
    assert receipt.alternatives("0010") == {"as_is": "10", "hex_to_dec": "16", "dec_to_hex": "a"}
    assert receipt.alternatives("5") == {"as_is": "5"}


def test_a_throttle_is_temporary_and_a_wrong_password_is_for_good():
    assert spec.is_throttle(0x58)
    assert spec.is_temporary(0x58)
    assert spec.is_temporary(0x64)
    assert not spec.is_temporary(0x0B)
    assert spec.is_bind_permanent(0x0E)
    assert not spec.is_bind_permanent(0x0D)
    assert spec.status_name(0x58) == "ESME_RTHROTTLED"
    assert spec.status_name(0x400) == "0x00000400"
