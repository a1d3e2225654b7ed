"""A month of credits from its figures: one movement for each campaign, one for each day otherwise, and sums that add up."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from smsflow.domain.message import Kind
from smsflow.services.credits import Line
from smsflow.services.messages.tallies import Cause, Figures
from smsflow.services.statements import Month, entries, spent, sums

NOVEMBER = Month(date(2026, 11, 1), ZoneInfo("Africa/Douala"))
CAUSES = [
    Cause(date(2026, 11, 3), 0, Kind.TRANSACTIONAL, Figures(accepted=5, charged=6, returned=1)),
    Cause(date(2026, 11, 3), 0, Kind.OTP, Figures(accepted=2, charged=2)),
    Cause(date(2026, 11, 4), 12, Kind.MARKETING, Figures(accepted=10, charged=20)),
    Cause(date(2026, 11, 5), 12, Kind.MARKETING, Figures(accepted=1, charged=2, returned=2)),
    Cause(date(2026, 12, 1), 0, Kind.TRANSACTIONAL, Figures(accepted=4, charged=4)),
]


def a_purchase(amount, at):
    return Line(1, at, amount, 0, "credit", 0, "reçu 17", None, None)


# The second is still of November in UTC, and of December in Douala.
LINES = [
    a_purchase(100, datetime(2026, 11, 2, 9, tzinfo=UTC)),
    a_purchase(50, datetime(2026, 11, 30, 23, 30, tzinfo=UTC)),
]


def test_a_campaign_is_one_movement_and_what_came_back_of_it_another():
    found = [
        (e.cause, e.first, e.last, e.credits) for e in entries(NOVEMBER, CAUSES, LINES, {12: "Soldes"}) if e.campaign
    ]

    assert found == [
        ("returned", date(2026, 11, 4), date(2026, 11, 5), 2),
        ("campaign", date(2026, 11, 4), date(2026, 11, 5), -22),
    ]


def test_other_sms_are_a_movement_a_day_codes_apart():
    found = [(e.cause, e.last, e.credits) for e in entries(NOVEMBER, CAUSES, LINES, {}) if e.last == date(2026, 11, 3)]

    assert sorted(found) == [
        ("api", date(2026, 11, 3), -6),
        ("codes", date(2026, 11, 3), -2),
        ("returned", date(2026, 11, 3), 1),
    ]


def test_sms_of_the_console_are_a_movement_of_their_own():
    day = Figures(accepted=5, charged=6, returned=1, console=2, console_charged=3)
    alone = Figures(accepted=1, charged=2, console=1, console_charged=2)
    causes = [
        Cause(date(2026, 11, 3), 0, Kind.MARKETING, day),
        Cause(date(2026, 11, 4), 0, Kind.TRANSACTIONAL, alone),
    ]

    found = [(e.last.day, e.cause, e.credits, e.messages) for e in entries(NOVEMBER, causes, [], {})]

    assert sorted(found) == [(3, "api", -3, 3), (3, "console", -3, 2), (3, "returned", 1, 0), (4, "console", -2, 1)]


def test_the_sums_of_a_month_add_up_to_the_balance_of_today():
    november = sums(NOVEMBER, CAUSES, LINES, balance=1000)
    december = sums(Month(date(2026, 12, 1), NOVEMBER.zone), CAUSES, LINES, balance=1000)

    assert (november.bought, november.returned, november.charged) == (100, 3, 30)
    assert november.opening + 100 + 3 - 30 == november.closing == december.opening
    assert (december.closing, december.opening) == (1000, 954)
    movements = entries(NOVEMBER, CAUSES, LINES, {})
    assert november.opening + sum(e.credits for e in movements) == november.closing


def test_the_credits_spent_since_a_day_are_less_those_that_came_back():
    assert spent(CAUSES, since=date(2026, 11, 4)) == 24
