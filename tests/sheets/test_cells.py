"""Cells: what makes a column one of numbers."""

import pytest

from smsflow.sheets.cells import looks_like_number


@pytest.mark.parametrize("cell", ["691234510 (bureau)", "Tel: 691 23 45 10", "+237 (0) 691234510", "691234510"])
def test_a_number_with_words_around_still_makes_its_column_one_of_numbers(cell):
    assert looks_like_number(cell)


@pytest.mark.parametrize("cell", ["05/10/1985", "(bureau)", "12345", "Douala"])
def test_a_cell_that_is_no_number_does_not(cell):
    assert not looks_like_number(cell)
