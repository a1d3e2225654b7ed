"""The economy spelling, and where it changes a text."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsflow.domain.economy import Change, changes, economy
from smsflow.domain.encoding import GSM


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


def test_characters_without_a_cheap_spelling_stay_and_are_reported():
    assert economy("Fête 😀 Привет") == "Fete 😀 Привет"


def test_an_emoji_of_several_is_not_taken_apart():
    assert economy("👩\u200d👧 ❤\ufe0f") == "👩\u200d👧 ❤\ufe0f"


@given(st.text(sorted(GSM)))
def test_a_gsm_text_is_never_respelled(text):
    assert economy(text) == text


@given(st.text() | st.text("eêé’…œ° nN\u0301\u0300«"))
def test_the_economy_spelling_is_its_own_economy_spelling(text):
    assert economy(economy(text)) == economy(text)
    assert set(economy(text)) - GSM <= {*text, *_composed(text)}


def test_each_change_of_the_economy_spelling_is_reported_with_its_place():
    assert changes("L’été à la fête…") == (Change(1, 2, "'"), Change(12, 13, "e"), Change(15, 16, "..."))
    assert changes("n° 12") == (Change(0, 2, "no"),)
    assert changes("fe\u0302te") == (Change(1, 3, "e"),)
    assert changes("d\u00ad'accord") == (Change(1, 2, ""),)
    assert changes("Bonjour à tous") == ()


@given(st.text() | st.text("eêé’…œ° nN\u0301\u0300«\u00ad"))
def test_the_changes_are_the_whole_difference(text):
    rewritten, position = "", 0
    for change in changes(text):
        assert text[change.start : change.end] != change.spelling
        rewritten += text[position : change.start] + change.spelling
        position = change.end

    assert rewritten + text[position:] == economy(text)


def _composed(text):
    return unicodedata.normalize("NFC", text)
