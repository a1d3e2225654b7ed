from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsflow.smpp import receipt, spec
from smsflow.smpp.pdu import DeliverSm

AT = datetime(2026, 11, 22, 20, 5, tzinfo=UTC)
USUAL = b"id:0123 sub:001 dlvrd:001 submit date:2611222005 done date:2611222006 stat:DELIVRD err:000 text:Bonjour"


def parsed(text=b"", *, esm_class=0x04, tlvs=None, data_coding=0):
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
    assert parsed(USUAL) == receipt.Receipt("0123", "DELIVRD", "000", "Bonjour", "237690000001", "smsflow")


def test_rule_8_the_parameters_come_before_the_text():
    news = parsed(USUAL, tlvs={0x1E: b"abc\0", 0x427: b"\5"})

    assert (news.reference, news.state, news.error) == ("abc", "UNDELIV", "000")


def test_rule_8_the_parameters_suffice_whatever_the_esm_class():
    news = parsed(esm_class=0, tlvs={0x1E: b"abc", 0x427: b"\2", 0x423: b"\x03\x00\x2a"})

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
        (b"id:77 sub:001 dlvrd:001 submit date:1 done date:2 stat:DELIVRD err: text:", "77", "DELIVRD", None),
        (b"id:77 stat:DELIVRD err: text:stat:UNDELIV", "77", "DELIVRD", None),
        (b"id:77 sub: dlvrd: submit date: done date: stat:EXPIRED err: text:", "77", "EXPIRED", None),
        (b"Id:77 Sub:001 Dlvrd:001 Submit Date:1 Done Date:2 Stat:DelivRd Err:000 Text:", "77", "DELIVRD", "000"),
        (b'id:"77" sub:001 dlvrd:001 submit date:1 done date:2 stat:DELIVRD err:000 text:', "77", "DELIVRD", "000"),
        (b"id:'77' stat:'DELIVRD' err:\"0 1\"", "77", "DELIVRD", "0 1"),
        (b"id:0x1F stat:DELIVRD err:0", "0x1F", "DELIVRD", "0"),
        (b"id:77 stat:2 err:0", "77", "DELIVRD", "0"),
        (b"id:77 stat:005 err:0", "77", "UNDELIV", "0"),
        (b"id:77 stat:8", "77", "REJECTD", None),
        (b"id:77 stat:FAILED err:0", "77", "UNDELIV", "0"),
        (b"id:77 stat:Fail err:0", "77", "UNDELIV", "0"),
        (b"id:77 stat:EXPIRD err:0", "77", "EXPIRED", "0"),
        (b"id:a:b=c stat:DELIVRD", "a:b=c", "DELIVRD", None),
    ],
)
def test_rule_8_a_text_is_read_as_operators_write_it(text, reference, state, error):
    news = parsed(text)

    assert (news.reference, news.state, news.error) == (reference, state, error)


@pytest.mark.parametrize("esm_class", [0x04, 0x20, 0x44, 0x84, 0x06])
def test_rule_8_the_type_is_read_under_its_mask(esm_class):
    assert parsed(b"?", esm_class=esm_class).reference == ""


def test_rule_8_a_receipt_without_the_flag_is_known_by_its_text_and_says_so():
    assert parsed(USUAL).flagged
    assert parsed(esm_class=0, tlvs={0x427: b"\2"}).flagged

    unflagged = parsed(USUAL, esm_class=0)
    assert (unflagged.reference, unflagged.state, unflagged.flagged) == ("0123", "DELIVRD", False)


@pytest.mark.parametrize(
    "text",
    [
        b"id:5 stat:UNDELIV",
        b"id:5 stat:UNDELIV err:1 text:",
        b"id: sub:001 dlvrd:000 submit date:1 done date:2 stat:UNDELIV err:0",
        b"id:5 sub:001 dlvrd:000 submit date:1 done date:2 stat:NEWSTATE err:0",
        b"id:5 sub:001 dlvrd:000 submit date:1 done date:2 stat: err:0",
    ],
)
def test_rule_8_without_the_flag_a_text_needs_an_id_a_known_state_and_a_date(text):
    assert parsed(text, esm_class=0) is None
    assert parsed(text).flagged


def test_rule_8_a_part_of_a_long_message_is_no_receipt_without_the_flag():
    assert parsed(b"\x05\x00\x03\x07\x02\x01" + USUAL, esm_class=0x40) is None
    assert parsed(b"\x05\x00\x03\x07\x01\x01" + USUAL, esm_class=0x40).reference == "0123"


@pytest.mark.parametrize("data_coding", [0x00, 0x01, 0x03, 0x08, 0x48, 0xF5])
@pytest.mark.parametrize(
    "octets",
    [
        USUAL,
        USUAL.decode().encode("utf-16-be"),
        USUAL.decode().encode("utf-16-le"),
        b"\xfe\xff" + USUAL.decode().encode("utf-16-be"),
        b"\xff\xfe" + USUAL.decode().encode("utf-16-le"),
        b"\xef\xbb\xbf" + USUAL,
    ],
    ids=["ascii", "utf-16-be", "utf-16-le", "utf-16-be with bom", "utf-16-le with bom", "utf-8 with bom"],
)
def test_rule_8_a_text_is_read_in_the_encoding_that_it_has(octets, data_coding):
    news = parsed(octets, data_coding=data_coding)

    assert (news.reference, news.state, news.error, news.text20) == ("0123", "DELIVRD", "000", "Bonjour")


def test_an_at_sign_of_the_default_alphabet_does_not_pass_for_utf_16():
    news = parsed(USUAL.replace(b"Bonjour", b"a\0b"))

    assert (news.reference, news.state) == ("0123", "DELIVRD")


@pytest.mark.parametrize("esm_class", [0x04, 0x44])
@pytest.mark.parametrize("header", ["050003070101", "06080400070101", "0500030a0201"])
@pytest.mark.parametrize("encoding", ["ascii", "utf-16-be"])
def test_rule_8_a_user_data_header_before_the_text_is_skipped(header, esm_class, encoding):
    news = parsed(bytes.fromhex(header) + USUAL.decode().encode(encoding), esm_class=esm_class)

    assert (news.reference, news.state) == ("0123", "DELIVRD")


def test_rule_8_a_flag_of_a_header_that_is_not_there_hides_nothing():
    assert parsed(USUAL, esm_class=0x44).reference == "0123"


def test_rule_8_the_id_of_the_text_stays_beside_a_foreign_one_of_the_parameters():
    news = parsed(USUAL, tlvs={0x1E: b"77aa\0", 0x427: b"\2"})
    assert (news.reference, news.text_reference) == ("77aa", "0123")

    same = parsed(USUAL, tlvs={0x1E: b"0123\0"})
    assert (same.reference, same.text_reference) == ("0123", "")


def test_rule_8_a_parameter_that_numbers_delivered_as_3_does_not_contradict_its_text():
    assert parsed(USUAL, tlvs={0x427: b"\3"}).state == "DELIVRD"
    assert parsed(USUAL.replace(b"DELIVRD", b"EXPIRED"), tlvs={0x427: b"\3"}).state == "EXPIRED"
    assert parsed(b"?", tlvs={0x427: b"\3"}).state == "EXPIRED"


@pytest.mark.parametrize(("state", "known"), [("DELIVRD", True), ("UNKNOWN", True), ("BUFFERED", False), ("42", False)])
def test_rule_8_a_state_is_known_or_not(state, known):
    assert parsed(USUAL.replace(b"DELIVRD", state.encode())).known is known


def test_a_parameter_with_an_unknown_state_is_reported_by_its_number():
    assert parsed(b"", tlvs={0x427: b"\x0b"}).state == "11"


def test_a_receipt_in_ucs2_or_in_the_payload_is_read():
    assert parsed(USUAL.decode().encode("utf-16-be"), data_coding=8).reference == "0123"
    assert parsed(tlvs={0x424: USUAL}).reference == "0123"


@pytest.mark.parametrize("text", [b"Bonjour", b"", b"id:5", b"mon id:5 et mon stat", b"valid:5 rustat:ok"])
def test_a_message_of_a_person_is_no_receipt(text):
    assert parsed(text, esm_class=0) is None


def test_a_marked_receipt_that_cannot_be_read_settles_nothing():
    assert parsed(b"tout va bien") == receipt.Receipt("", "UNKNOWN", None, None, "237690000001", "smsflow")


def test_words_of_the_message_do_not_pass_for_fields():
    assert parsed(b"id:7 stat:UNDELIV err:1 text:stat:DELIVRD id:8").state == "UNDELIV"


@given(st.binary(max_size=250), st.integers(0, 255), st.integers(0, 255), st.binary(max_size=5))
def test_no_delivery_makes_it_raise(text, esm_class, data_coding, value):
    parsed(text, esm_class=esm_class, data_coding=data_coding, tlvs={0x427: value, 0x423: value})
    parsed(text, esm_class=esm_class, tlvs={0x1E: value, 0x424: text})


@pytest.mark.parametrize(
    ("reference", "base", "form"),
    [
        ("00AbC", "as_is", "abc"),
        ("0000", "as_is", "0"),
        (" 7 ", "as_is", "7"),
        ("1F", "hex_to_dec", "31"),
        ("001f", "hex_to_dec", "31"),
        ("31", "dec_to_hex", "1f"),
        ("0x1F", "as_is", "1f"),
        ("0X1f", "hex_to_dec", "31"),
        ("0xyz", "as_is", "xyz"),
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


def test_rule_5_the_forms_of_an_id_are_each_listed_once():
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
