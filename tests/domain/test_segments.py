"""Counting and cutting."""

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smsflow.domain.encoding import EXTENSION, GSM, Encoding, encoding_of
from smsflow.domain.segments import count, is_one_latin1, split, units

GSM_TEXTS = st.text(sorted(GSM), max_size=700)
DENSE_EXTENSION = st.text("a€{", max_size=700)
UCS2_TEXTS = st.text("aê😀", max_size=300).map(lambda text: "ê" + text)
BROKEN_TEXTS = st.text("aê😀\ud83d\ude00", max_size=300)
TEXTS = st.text() | GSM_TEXTS | DENSE_EXTENSION | UCS2_TEXTS | BROKEN_TEXTS


@pytest.mark.parametrize(
    ("text", "length", "segments"),
    [
        ("", 0, 1),
        ("a", 1, 1),
        ("a" * 160, 160, 1),
        ("a" * 161, 161, 2),
        ("a" * 306, 306, 2),
        ("a" * 307, 307, 3),
        ("€" * 80, 160, 1),
        ("€" * 80 + "a", 161, 2),
        # Two parts of 153 hold 76 euros each: the last septet of a part cannot take half of one.
        ("€" * 152, 304, 2),
        ("€" * 153, 306, 3),
        ("a" + "€" * 152, 305, 2),
        ("a" * 152 + "€" + "a" * 152, 306, 3),
        ("ê" * 70, 70, 1),
        ("ê" * 71, 71, 2),
        ("ê" * 134, 134, 2),
        ("ê" * 135, 135, 3),
        ("😀" * 35, 70, 1),
        ("😀" * 36, 72, 2),
        ("😀" * 66, 132, 2),
        ("😀" * 67, 134, 3),
        ("ê" + "😀" * 66, 133, 2),
        ("é" * 160, 160, 1),
        ("L’été" + "e" * 155, 160, 3),
        ("\ud83d" * 70, 70, 1),
        ("\ud83d" * 71, 71, 2),
    ],
)
def test_the_price_of_a_text(text, length, segments):
    assert units(text) == length
    assert count(text) == segments
    assert len(split(text)) == segments


def test_a_short_text_is_one_part():
    assert split("Bonjour") == ("Bonjour",)


def test_an_empty_text_is_one_empty_part():
    assert split("") == ("",)


def test_an_escape_pair_is_never_split():
    assert split("a" * 152 + "€" + "b" * 20) == ("a" * 152, "€" + "b" * 20)


def test_a_surrogate_pair_is_never_split():
    assert split("ê" * 66 + "😀" + "b" * 20) == ("ê" * 66, "😀" + "b" * 20)


def test_two_lone_surrogates_that_meet_are_never_split():
    assert split("ê" * 66 + "\ud83d\ude00" + "b" * 20) == ("ê" * 66, "\ud83d\ude00" + "b" * 20)


def test_the_parts_of_a_dear_text_are_all_dear():
    assert split("a" * 100 + "ê") == ("a" * 67, "a" * 33 + "ê")


@given(TEXTS)
@example("ê" * 66 + "\ud83d\ude00" + "b" * 200)
@example("\ude00\ud83d" * 50)
def test_the_parts_are_the_text_and_there_are_as_many_as_were_counted(text):
    parts = split(text)

    assert "".join(parts) == text
    assert len(parts) == count(text)


@given(TEXTS)
@example("x" * 304)
@example("x" * 305)
def test_parts_with_room_for_a_wide_reference_are_the_text_and_never_more_than_were_counted(text):
    parts = split(text, wide_reference=True)

    assert "".join(parts) == text
    assert len(parts) == count(text)


def test_parts_leave_room_for_a_wide_reference_where_that_takes_no_part_more():
    assert list(map(len, split("x" * 304, wide_reference=True))) == [152, 152]
    assert list(map(len, split("x" * 305, wide_reference=True))) == [153, 152]
    assert list(map(len, split("ê" * 132, wide_reference=True))) == [66, 66]
    assert list(map(len, split("ê" * 133, wide_reference=True))) == [67, 66]


@pytest.mark.parametrize(
    ("text", "by_latin1", "else_"),
    [("ê" * 140, 1, 3), ("ê" * 141, 3, 3), ("é" * 160, 1, 1), ("é" * 161, 2, 2), ("ê’", 1, 1), ("ê" * 70 + "’", 2, 2)],
)
def test_a_connector_with_latin1_takes_a_short_text_in_one_segment(text, by_latin1, else_):
    assert (count(text, latin1=True), count(text)) == (by_latin1, else_)


@given(TEXTS)
def test_latin1_never_costs_more(text):
    assert count(text, latin1=True) == (1 if is_one_latin1(text) else count(text))
    assert count(text, latin1=True) <= count(text)


@given(TEXTS)
def test_every_part_fits_and_is_as_full_as_can_be(text):
    parts = split(text)
    gsm = encoding_of(text) is Encoding.GSM7
    single, limit = (160, 153) if gsm else (70, 67)

    lengths = [_octet_pairs(part) if not gsm else _septets(part) for part in parts]

    assert all(length <= (single if len(parts) == 1 else limit) for length in lengths)
    assert all(length >= limit - 1 for length in lengths[:-1])


@given(BROKEN_TEXTS)
def test_no_part_starts_in_the_middle_of_a_pair(text):
    parts = split(text)

    assert not any(
        "\ud800" <= before[-1] <= "\udbff" and "\udc00" <= after[0] <= "\udfff" for before, after in pairwise(parts)
    )


def _septets(text):
    return sum(2 if character in EXTENSION else 1 for character in text)


def _octet_pairs(text):
    return sum(2 if ord(character) > 0xFFFF else 1 for character in text)
