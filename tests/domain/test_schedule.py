from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsflow.domain.schedule import (
    ALWAYS,
    Hours,
    Pace,
    Plan,
    Policy,
    allow,
    closes_at,
    day_of,
    days_of,
    ends_at,
    hours_of,
    is_open,
    opens_at,
)
from smsflow.errors import ParameterInvalid

DOUALA = "Africa/Douala"
# A Thursday, 05:30 in Douala (UTC+1).
EARLY = datetime(2026, 11, 26, 4, 30, tzinfo=UTC)
DAYTIME = Hours(6 * 60, 22 * 60)


def at(hour, minute=0, day=26):
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "opened"), [(EARLY, False), (at(5), True), (at(20, 59), True), (at(21), False), (at(23, 30), False)]
)
def test_hours_are_those_of_the_time_zone(moment, opened):
    assert is_open(DAYTIME, DOUALA, moment) is opened


@pytest.mark.parametrize(
    ("hours", "moment", "opens"),
    [
        (DAYTIME, at(12), at(12)),
        (DAYTIME, EARLY, at(5)),
        (DAYTIME, at(21, 30), at(5, day=27)),
        (Hours(480, 1200, frozenset({0})), at(12), at(7, day=30)),
        (Hours(600, 600), at(12), None),
        (Hours(days=frozenset()), at(12), None),
    ],
)
def test_the_next_window_is_found(hours, moment, opens):
    assert opens_at(hours, DOUALA, moment) == opens


@given(st.integers(0, 1440), st.integers(0, 1440), st.integers(0, 1440), st.integers(0, 1440), st.datetimes())
def test_a_company_can_only_tighten_what_the_platform_allows(a, b, c, d, moment):
    platform, company = Hours(a, b), Hours(c, d)

    assert (platform & company).includes(moment) == (platform.includes(moment) and company.includes(moment))


def test_a_day_is_the_day_of_the_country():
    policy = Policy("CM", DOUALA)

    assert day_of(policy, datetime(2026, 11, 26, 23, 30, tzinfo=UTC)) == date(2026, 11, 27)


def test_without_a_speed_everything_may_leave():
    assert allow(Plan(), Pace(), total=10**6, waiting=10**6, launched_at=EARLY, now=EARLY).left >= 10**6


@pytest.mark.parametrize(("seconds", "allowed"), [(0, 1), (0.5, 5), (1, 10), (60, 20), (3600, 20)])
def test_a_speed_lets_so_many_leave_and_a_pause_is_not_made_up_for(seconds, allowed):
    plan = Plan(per_minute=600)
    pace = Pace(0.0, EARLY) if seconds else Pace()

    left = allow(plan, pace, total=100, waiting=100, launched_at=EARLY, now=EARLY + timedelta(seconds=seconds)).left

    assert int(left) == allowed


def test_spread_over_hours_the_last_one_leaves_at_their_end():
    plan, now, pace, waiting = Plan(over_hours=2), EARLY, Pace(), 7200
    while waiting and now < EARLY + timedelta(hours=3):
        pace = allow(plan, pace, total=7200, waiting=waiting, launched_at=EARLY, now=now)
        taken = min(int(pace.left), waiting)
        waiting -= taken
        pace = Pace(pace.left - taken, pace.at)
        now += timedelta(seconds=1)

    assert abs(now - EARLY - timedelta(hours=2)) < timedelta(minutes=2)


@pytest.mark.parametrize("gone", [timedelta(minutes=59), timedelta(hours=1), timedelta(hours=9)])
def test_what_a_pause_or_a_night_held_back_is_made_up_for_at_twice_the_even_speed_and_in_no_burst(gone):
    plan, now = Plan(over_hours=1), EARLY + gone

    left = allow(plan, Pace(0.0, now - timedelta(seconds=1)), total=3600, waiting=3600, launched_at=EARLY, now=now).left

    assert left == pytest.approx(2)


@given(st.builds(Plan, per_minute=st.none() | st.integers(1, 9999), over_hours=st.none() | st.floats(0.1, 99)))
def test_a_plan_is_read_as_it_was_stored(plan):
    assert Plan.read({**plan.stored(), "lists": [1]}) == plan


@pytest.mark.parametrize(
    ("written", "hours"),
    [
        ("08-20", Hours(480, 1200)),
        ("6-22", Hours(360, 1320)),
        ("08:30 - 20:15", Hours(510, 1215)),
        ("0-24", ALWAYS),
        ("none", ALWAYS),
        (" None ", ALWAYS),
    ],
)
def test_hours_are_read_as_people_write_them(written, hours):
    assert hours_of(written) == hours


@pytest.mark.parametrize("written", ["", "8", "20-08", "08-08", "08-25", "24:01-24:02", "08:60-20", "8h-20h", "-1-5"])
def test_hours_that_are_none_are_refused(written):
    with pytest.raises(ParameterInvalid):
        hours_of(written)


def test_a_window_ends():
    weekend = Hours(0, 24 * 60, frozenset({5, 6}))

    assert closes_at(DAYTIME, DOUALA, at(12)) == at(21)
    assert closes_at(DAYTIME, DOUALA, EARLY) is None
    assert closes_at(ALWAYS, DOUALA, EARLY) is None
    assert closes_at(weekend, DOUALA, at(12, day=28)) == at(23, day=29)


def test_a_campaign_ends_within_its_hours():
    # Nine hours are left today, and 600 an hour leave.
    assert ends_at(DAYTIME, DOUALA, waiting=600, per_second=1 / 6, now=at(12)) == at(13)
    assert ends_at(DAYTIME, DOUALA, waiting=600 * 10, per_second=1 / 6, now=at(12)) == at(6, day=27)
    assert ends_at(DAYTIME, DOUALA, waiting=0, per_second=1, now=EARLY) == at(5)
    assert ends_at(ALWAYS, DOUALA, waiting=3600, per_second=1, now=EARLY) == EARLY + timedelta(hours=1)
    assert ends_at(Hours(600, 600), DOUALA, waiting=1, per_second=1, now=EARLY) is None
    assert ends_at(DAYTIME, DOUALA, waiting=10**9, per_second=1, now=EARLY) is None


def test_hours_are_those_of_the_clock_on_the_wall_where_it_changes():
    # In Paris the clock goes from 02:00 to 03:00 on 2026-03-29, and back on 2026-10-25.
    night = Hours(60, 4 * 60)
    spring, autumn = datetime(2026, 3, 29, 0, 30, tzinfo=UTC), datetime(2026, 10, 24, 23, 30, tzinfo=UTC)

    assert closes_at(night, "Europe/Paris", spring) - spring == timedelta(hours=1, minutes=30)
    assert closes_at(night, "Europe/Paris", autumn) - autumn == timedelta(hours=3, minutes=30)


@pytest.mark.parametrize(
    ("written", "days"),
    [
        ("mon-fri", (0, 1, 2, 3, 4)),
        ("Sat, mon", (0, 5)),
        ("sat-mon,wed", (0, 2, 5, 6)),
        ("none", (0, 1, 2, 3, 4, 5, 6)),
    ],
)
def test_days_are_read_as_they_are_written(written, days):
    assert days_of(written) == days


@pytest.mark.parametrize("written", ["", "lundi", "mon-", "mon-fri-sat", "mon;tue", "1-5"])
def test_days_that_mean_nothing_are_refused(written):
    with pytest.raises(ParameterInvalid):
        days_of(written)
