"""The SMS that a receipt speaks of: by its id and its number, as operators write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsflow.domain.matching import (
    LONGEST_ID,
    Agreement,
    Candidate,
    Form,
    agreement,
    bounded,
    choose,
    ending,
    fold,
    names_something,
)

NUMBER = "+237690000001"


@pytest.mark.parametrize(
    "field",
    [
        "237690000001", "+237690000001", "00237690000001", "690000001", "0690000001", "237 690-000.001",
        "237690***001", "23769000XXXX", "******001", "69000##01",
    ],
)  # fmt: skip
def test_a_number_agrees_in_every_way_that_operators_write_it(field):
    assert agreement(NUMBER, "AWA", (field, "AWA")) is Agreement.AGREES
    assert agreement(NUMBER, "AWA", ("AWA", field)) is Agreement.AGREES


@pytest.mark.parametrize(
    "field", ["237690000002", "690000002", "33690000001", "237690***002", "2376911XXXX", "1690000001"]
)
def test_another_number_contradicts(field):
    assert agreement(NUMBER, "AWA", (field, "AWA")) is Agreement.CONTRADICTS


@pytest.mark.parametrize("field", ["", "AWA", "8080", "ORANGE", "***01", "0", "+"])
def test_a_text_that_is_no_number_says_nothing(field):
    assert agreement(NUMBER, "AWA", (field, "")) is Agreement.SILENT


def test_the_number_of_the_sender_says_nothing_of_whom_it_went_to():
    assert agreement(NUMBER, "+237655000000", ("237655000000", "237690000001")) is Agreement.AGREES
    assert agreement(NUMBER, "+237655000000", ("", "237655000000")) is Agreement.SILENT


@given(st.integers(10_000_000, 999_999_999_999).map(str), st.text(max_size=20), st.text(max_size=20))
def test_no_field_breaks_the_comparison_and_the_whole_number_always_agrees(digits, field, sender):
    agreement(f"+{digits}", sender, (field, sender))

    assert agreement(f"+{digits}", "AWA", (digits, field)) is Agreement.AGREES
    assert f"+{digits}".endswith(ending(digits))


@given(st.text(max_size=300))
def test_an_id_that_is_stored_is_bounded_and_one_that_was_cut_names_nothing(reference):
    stored = bounded(reference)

    assert len(stored) <= LONGEST_ID
    assert len(reference) <= LONGEST_ID or not names_something(stored)


def test_two_long_ids_with_one_beginning_stay_two():
    assert bounded("x" * 3000 + "1") != bounded("x" * 3000 + "2")


@given(st.from_regex(r"[0-9a-zA-Z]{1,20}", fullmatch=True))
def test_folding_is_stable_and_takes_case_and_zeros(reference):
    assert fold(fold(reference)) == fold(reference) == fold(f"00{reference.upper()}")


def a_candidate(message_id, form=Form.AS_IT_STANDS, *, number=NUMBER, is_open=True):
    return Candidate(message_id, (1,), 1, form, number, "AWA", is_open)


def chosen(candidates, field=NUMBER):
    found = choose(candidates, (field, "AWA"))
    return None if found is None else found.message_id


def test_of_several_with_the_id_the_open_one_whose_number_agrees_is_meant():
    other = a_candidate(9, number="+237690000002")

    assert chosen([other, a_candidate(5), a_candidate(7, is_open=False)]) == 5
    assert chosen([other]) is None


def test_the_id_as_it_stands_comes_before_a_newer_one_that_differs_in_case_or_base():
    assert chosen([a_candidate(1), a_candidate(2, Form.FOLDED), a_candidate(3, Form.OTHER_BASE)]) == 1
    assert chosen([a_candidate(1, is_open=False), a_candidate(2, Form.FOLDED)]) == 2


def test_without_a_usable_number_only_the_one_open_part_with_the_id_as_it_stands_is_meant():
    assert chosen([a_candidate(1), a_candidate(2, is_open=False)], "") == 1
    assert chosen([a_candidate(1), a_candidate(2)], "") is None
    assert chosen([a_candidate(1, Form.FOLDED)], "") is None
    assert chosen([a_candidate(1, Form.OTHER_BASE)], "8080") is None


def test_a_receipt_that_repeats_what_is_known_is_no_foreign_one():
    assert chosen([a_candidate(1, is_open=False)]) == 1
