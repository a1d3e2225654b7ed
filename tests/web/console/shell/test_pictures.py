import pytest

from smsflow.web.console.shell import pictures
from smsflow.web.console.shell.pictures import Series


@pytest.mark.parametrize(
    ("most", "marks"),
    [
        (0, [0, 1]),
        (3, [0, 1, 2, 3]),
        (138, [0, 50, 100, 150]),
        (20_100, [0, 10_000, 20_000, 30_000]),
        (64, [0, 30, 60, 90]),
    ],
)
def test_a_scale_has_a_few_round_marks(most, marks):
    assert pictures.ticks(most) == marks


@pytest.mark.parametrize("most", [*range(400), *range(995, 100_000, 997)])
def test_no_bar_is_higher_than_its_scale(most):
    assert most <= pictures.ticks(most)[-1] <= max(1, 3 * most)
    assert 2 <= len(pictures.ticks(most)) <= 4


def test_a_picture_says_what_it_shows_and_nothing_of_it_is_markup():
    drawn = pictures.stacked("<b>", "a & b", [Series("x", "good", [1, 0, 2])])

    assert "<title>&lt;b&gt;</title><desc>a &amp; b</desc>" in drawn
    assert drawn.count("<rect") == 2
