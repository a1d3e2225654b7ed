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
    ],
)
def test_a_data_coding_is_read_in_its_alphabet(data_coding, octets, text):
    assert charset.decode(data_coding, octets) == text


def test_an_unknown_escape_shows_its_base_character_and_a_lone_one_a_space():
    assert charset.decode_gsm7(b"\x1ba\x1b") == "a "
