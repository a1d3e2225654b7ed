"""The GSM alphabet."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsflow.domain.encoding import BASIC, EXTENSION, Encoding, encoding_of


def test_the_alphabet_has_its_127_characters_and_its_10_extensions():
    assert len(BASIC) == 127
    assert len(EXTENSION) == 10
    assert not BASIC & EXTENSION


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Bonjour",
        "à è é ù É Ç ì ò",
        "10 € [net] {x} ~ ^ | \\",
        "ΔΦΓΛΩΠΨΣΘΞ",
        "ligne\nligne\r\f",
        "¡¿¤§£¥ÄÖÑÜäöñüåÅØøÆæß@_",
    ],
)
def test_a_gsm_text_is_gsm(text):
    assert encoding_of(text) is Encoding.GSM7


@pytest.mark.parametrize("character", "êëâîïôûçœÀÈÊÂÔÎ«»’“”…–—\u00a0\u202f\t`°ÿ😀\x1b\x00\ud800")
def test_one_foreign_character_makes_the_text_ucs2(character):
    text = f"Bonjour {character}"

    assert encoding_of(text) is Encoding.UCS2


@given(st.text())
def test_a_text_is_ucs2_exactly_when_something_forces_it(text):
    assert (encoding_of(text) is Encoding.UCS2) == bool(set(text) - BASIC - EXTENSION)
