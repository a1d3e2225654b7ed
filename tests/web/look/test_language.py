import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsflow.web.look.pages import LANGUAGES, language


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("", "fr"),
        ("*", "fr"),
        ("de,pt;q=0.8", "fr"),
        ("en", "en"),
        ("EN-us", "en"),
        ("fr,en", "fr"),
        ("en,fr", "fr"),
        ("en;q=0.9,fr;q=0.8", "en"),
        ("fr-CM,fr;q=0.9,en;q=0.8", "fr"),
        ("de,en;q=0.7", "en"),
        ("en;q=0", "fr"),
        ("en;q=x", "fr"),
        ("en ; q = 0.5 , fr ; q = 0.4", "en"),
    ],
)
def test_a_page_is_in_the_language_that_its_reader_likes_best_and_in_french_when_in_doubt(accepted, expected):
    assert language(accepted) == expected


@given(st.text())
def test_any_header_is_one_of_our_languages(accepted):
    assert language(accepted) in LANGUAGES
