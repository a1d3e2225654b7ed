import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsflow.smpp import charset

BASIC = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
BASIC += "abcdefghijklmnopqrstuvwxyzäöñüà"
EXTENSION = "\f^{}\\[~]|€"


@given(st.text(BASIC + EXTENSION))
def test_gsm_text_comes_back_as_it_was(text):
    assert charset.decode_gsm7(charset.encode_gsm7(text)) == text


def test_the_alphabet_has_127_characters_and_ten_escaped_ones():
    assert len(charset.encode_gsm7(BASIC)) == 127
    assert len(charset.encode_gsm7(EXTENSION)) == 20


@pytest.mark.parametrize(
    ("char", "octets"),
    [("@", "00"), ("é", "05"), ("à", "7f"), ("Ç", "09"), ("$", "02"), ("_", "11"), ("€", "1b65"), ("[", "1b3c")],
)
def test_a_character_has_the_code_of_the_standard(char, octets):
    assert charset.encode_gsm7(char).hex() == octets


@pytest.mark.parametrize("text", ["ê", "ç", "’", "À", "\x1b", "日", "a\u00a0b", "\ud83d", "\ufffe"])
def test_a_foreign_character_is_refused(text):
    with pytest.raises(ValueError):
        charset.encode_gsm7(text)


@given(st.integers(0, 255), st.binary())
def test_no_octets_make_decoding_raise(data_coding, data):
    assert isinstance(charset.decode(data_coding, data), str)


@pytest.mark.parametrize(
    ("data_coding", "octets", "text"),
    [
        (0x00, b"\x05t\x05", "été"),
        (0x01, b"ete", "ete"),
        (0x03, "ête".encode("latin-1"), "ête"),
        (0x08, "ê😀".encode("utf-16-be"), "ê😀"),
        (0x18, "ê".encode("utf-16-be"), "ê"),
        (0x10, b"\x05", "é"),
        (0xF1, b"\x05", "é"),
        (0xF5, b"\xea", "ê"),
        (0xE0, "ê".encode("utf-16-be"), "ê"),
        (0xC8, b"\x05", "é"),
        (0x48, "ê".encode("utf-16-be"), "ê"),
        (0x40, b"\x05", "é"),
        (0x44, b"\xea", "ê"),
        (0x58, "ê".encode("utf-16-be"), "ê"),
        (0x08, b"\xfe\xff\x00\xea", "ê"),
        (0x08, b"\xff\xfe\xea\x00", "ê"),
    ],
)
def test_a_data_coding_is_read_in_its_alphabet(data_coding, octets, text):
    assert charset.decode(data_coding, octets) == text


def test_an_unknown_escape_shows_its_base_character_and_a_lone_one_a_space():
    assert charset.decode_gsm7(b"\x1ba\x1b") == "a "


@pytest.mark.parametrize(
    ("language", "octets", "text"),
    [
        (1, b"\x1bG\x1bI\x1bS\x1bc\x1bg\x1bi\x1bs", "ĞİŞçğış"),
        (2, b"\x1b\x09\x1bA\x1bI\x1bO\x1bU\x1ba\x1bi\x1bo\x1bu", "çÁÍÓÚáíóú"),
        (3, b"\x1b\x05\x1b\x0b\x1b\x0f\x1bA\x1b[\x1b\\\x1ba\x1b{\x1b|\x1b\x7f", "êÔáÀÃÕÂãõâ"),
        (3, b"\x1b\x12\x1b\x13\x1b\x15\x1b\x1f", "ΦΓΩÊ"),
        *[(language, b"\x1be\x1b<\x1b>x\x1b", "€[]x ") for language in range(14)],
        (6, b"\x1b\x01\x1bA", "\ufffdA"),
    ],
)
def test_a_national_single_shift_table_is_read_after_an_escape(language, octets, text):
    assert charset.decode(0, octets, single=language) == text


@pytest.mark.parametrize(
    ("language", "octets", "text"),
    [
        (1, b"\x04\x07\x0b\x0c\x1c\x1d\x40\x60I", "€ıĞğŞşİçI"),
        (3, b"\x04\x06\x09\x12\x18\x1c\x40[\\\x60{|}", "êúçª€ÂÍÃÕ~ãõ`"),
        (2, b"\x05\x1be", "é€"),
        (6, b"ok 12?\x05A", "ok 12?\ufffd\ufffd"),
    ],
)
def test_a_national_locking_shift_table_is_the_alphabet(language, octets, text):
    assert charset.decode(0, octets, locking=language) == text


def test_a_national_table_has_no_say_in_another_coding():
    assert charset.decode(8, "ê".encode("utf-16-be"), locking=1, single=3) == "ê"


@given(st.binary(), st.integers(0, 255), st.integers(0, 255))
def test_no_national_table_makes_decoding_raise(data, locking, single):
    assert len(charset.decode(0, data, locking=locking, single=single)) <= len(data)
