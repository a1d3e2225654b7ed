"""A campaign's figures as the commands print them."""

from datetime import UTC, datetime

from smsflow.cli.commands.campaign_result import document, print_tables
from smsflow.services.campaigns.result import OfHour, OfOperator, Result
from smsflow.services.messages.tallies import Figures

FIGURES = Figures(accepted=7, charged=9, delivered=4, failed=3, returned=2)
RESULT = Result(
    1, "Noël", "marketing", "done", "", "Joyeux Noël", "AWA", None, 8, 7, 0, 4, 3, 0, 0, 0, {"opted out": 1}, 9, 0, 9, 2, 1, 0,
    [OfOperator("mtn", FIGURES)], [OfHour(datetime(2026, 12, 24, 18, tzinfo=UTC), FIGURES)],
)  # fmt: skip
COUNTED = {
    "accepted": 7, "sent": 0, "delivered": 4, "failed": 3, "expired": 0, "unknown": 0, "cancelled": 0,
    "credits_used": 9, "credits_returned": 2,
}  # fmt: skip


def test_programs_read_the_figures_of_each_operator_and_hour():
    shown = document(RESULT)

    assert shown["by_operator"] == [{"operator": "mtn", **COUNTED}]
    assert shown["by_hour"] == [{"hour": datetime(2026, 12, 24, 18, tzinfo=UTC), **COUNTED}]


def test_people_read_reasons_in_words_and_a_table_for_operators_and_hours(capsys):
    print_tables(RESULT)

    said = capsys.readouterr().out
    assert "opted out 1" in said
    assert "by operator" not in said
    (operator,) = [line for line in said.splitlines() if "mtn" in line]
    assert [word for word in operator.split() if word.isdigit()] == ["7", "0", "4", "3", "0", "0", "0", "9", "2"]
