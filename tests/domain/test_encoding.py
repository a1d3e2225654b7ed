"""The GSM alphabet and the economy spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsflow.domain.encoding import BASIC, EXTENSION, GSM, Encoding, economy, encoding_of, foreign


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
    assert foreign(text) == ()


@pytest.mark.parametrize("character", "êëâîïôûçœÀÈÊÂÔÎ«»’“”…–—\u00a0\u202f\t`°ÿ😀\x1b\x00\ud800")
def test_one_foreign_character_makes_the_text_ucs2(character):
    text = f"Bonjour {character}"

    assert encoding_of(text) is Encoding.UCS2
    assert foreign(text) == (character,)


def test_foreign_characters_are_told_once_in_their_order():
    assert foreign("l’été où la fête… l’œuvre") == ("’", "ê", "…", "œ")


@pytest.mark.parametrize(
    ("text", "cheap"),
    [
        ("L’été à Douala", "L'été à Douala"),
        ("« Prêt ? »", '" Pret ? "'),
        ("“oui” ‘non’", "\"oui\" 'non'"),
        ("Attendez… – merci — bien", "Attendez... - merci - bien"),
        ("10\u00a0000\u202fFCFA", "10 000 FCFA"),
        ("êëâîïôûç", "eeaiiouc"),
        ("ÀÂÈÊËÎÏÔÛÙ", "AAEEEIIOUU"),
        ("œuvre ŒUVRE", "oeuvre OEUVRE"),
        ("à è é ù É Ç æ ü", "à è é ù É Ç æ ü"),
        ("N°12, n° 13, 20°", "No12, no 13, 20°"),
        ("Aujourd\u2019hui\u2028demain\tsoir\u200b", "Aujourd'hui\ndemain soir"),
        ("áãčşžẽ", "aacsze"),
        ("étudiant·e", "étudiant.e"),
    ],
)
def test_the_economy_spelling_of_french(text, cheap):
    assert economy(text) == cheap


def test_an_accent_written_apart_is_put_back_on_its_letter():
    assert economy("e\u0301te\u0301, a\u0300 Noe\u0308l") == "été, à Noel"


def test_an_accent_that_no_letter_can_take_is_left_out():
    assert economy("x\u0302, Ŏ\u0300, Ń°") == "x, O, No"


def test_what_has_no_cheap_spelling_stays_and_is_told():
    assert foreign(economy("Fête 😀 Привет")) == ("😀", "П", "р", "и", "в", "е", "т")


def test_an_emoji_of_several_is_not_taken_apart():
    assert economy("👩\u200d👧 ❤\ufe0f") == "👩\u200d👧 ❤\ufe0f"


@given(st.text(sorted(GSM)))
def test_a_gsm_text_is_never_respelled(text):
    assert economy(text) == text


@given(st.text() | st.text("eêé’…œ° nN\u0301\u0300«"))
def test_the_economy_spelling_is_its_own_economy_spelling(text):
    assert economy(economy(text)) == economy(text)
    assert set(foreign(economy(text))) <= set(foreign(text)) | set(foreign(_composed(text)))


@given(st.text())
def test_a_text_is_ucs2_exactly_when_something_forces_it(text):
    assert (encoding_of(text) is Encoding.UCS2) == bool(foreign(text))


def _composed(text):
    import unicodedata

    return unicodedata.normalize("NFC", text)
