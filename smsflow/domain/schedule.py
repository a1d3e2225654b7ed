"""When a campaign may write, and how fast: hours allowed by the platform, the company and the campaign, and its pace."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo

from smsflow.errors import ParameterInvalid

_DAY_MINUTES = 24 * 60
# An allowance of this many seconds may gather, so that a pause or a slow turn is not made up for in one burst.
_BURST = timedelta(seconds=2)
_UNLIMITED = 1_000_000
# How much faster than evenly a campaign goes that is behind.
_CATCH_UP = 2
_FARTHEST = timedelta(days=366)
# Two windows of a day that meet do so within a week.
_MOST_TRIES = 20


@dataclass(frozen=True, slots=True)
class Hours:
    """The minutes of a day from `start` to before `end`, on `days` (Monday is 0)."""

    start: int = 0
    end: int = _DAY_MINUTES
    days: frozenset[int] = frozenset(range(7))

    def __and__(self, other: "Hours") -> "Hours":
        """Return the hours that both allow."""
        return Hours(max(self.start, other.start), min(self.end, other.end), self.days & other.days)

    def __str__(self) -> str:
        """Return the hours as they are typed, 08:00-20:00; not the days."""
        return f"{self.start // 60:02}:{self.start % 60:02}-{self.end // 60:02}:{self.end % 60:02}"

    def includes(self, local: datetime) -> bool:
        """Tell whether a local time is allowed."""
        return local.weekday() in self.days and self.start <= local.hour * 60 + local.minute < self.end

    def is_empty(self) -> bool:
        """Tell whether no time at all is allowed."""
        return self.start >= self.end or not self.days


ALWAYS = Hours()

_HOURS = re.compile(r"(\d{1,2})(?::(\d\d))?\s*-\s*(\d{1,2})(?::(\d\d))?")
NO_HOURS = "none"


def hours_of(written: str) -> Hours:
    """Return the hours that are written 08-20 or 08:30-20, every day; `none` restricts nothing. Raises ParameterInvalid."""
    text = written.strip().lower()
    if text == NO_HOURS:
        return ALWAYS
    match = _HOURS.fullmatch(text)
    if match is not None:
        opens, opens_minute, closes, closes_minute = (int(part or 0) for part in match.groups())
        hours = Hours(opens * 60 + opens_minute, closes * 60 + closes_minute)
        if max(opens_minute, closes_minute) < 60 and hours.end <= _DAY_MINUTES and not hours.is_empty():
            return hours
    raise ParameterInvalid(parameter="hours", expected=f"hours of one day, as 08-20 or 08:30-20:00, or {NO_HOURS}")


_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def days_of(written: str) -> tuple[int, ...]:
    """Return the days that are written mon-fri or mon,wed,sat-sun; `none` restricts nothing. Raises ParameterInvalid."""
    text = written.strip().lower()
    if text == NO_HOURS:
        return tuple(range(len(_DAYS)))
    found: set[int] = set()
    for part in text.split(","):
        first, dash, last = (name.strip() for name in part.partition("-"))
        last = last if dash else first
        if first not in _DAYS or last not in _DAYS:
            raise ParameterInvalid(parameter="days", expected=f"days as mon-fri or mon,wed,sat-sun, or {NO_HOURS}")
        begin, end = _DAYS.index(first), _DAYS.index(last)
        found.update(range(begin, end + 1) if begin <= end else (*range(begin, len(_DAYS)), *range(end + 1)))
    return tuple(sorted(found))


@dataclass(frozen=True, slots=True)
class Policy:
    """The demands of the platform on marketing in a country: hours of its time zone, SMS a day to one person, and whether texts say how to opt out."""

    country: str
    timezone: str
    hours: Hours = ALWAYS
    per_day: int | None = None
    stop: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """When and how fast a campaign runs, as its author wants it."""

    start: int = 0
    end: int = _DAY_MINUTES
    days: tuple[int, ...] = tuple(range(7))
    outside: Literal["wait", "refuse"] = "wait"
    per_minute: int | None = None
    over_hours: float | None = None
    validity_seconds: int | None = None

    @property
    def hours(self) -> Hours:
        """The hours that the author allows."""
        return Hours(self.start, self.end, frozenset(self.days))

    def stored(self) -> dict[str, Any]:
        """Return the plan as it is kept."""
        return asdict(self)

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Self:
        """Return a plan that was kept; fields that are not its own are left out."""
        known = {name: stored[name] for name in cls.__dataclass_fields__ if name in stored}
        return cls(**{**known, "days": tuple(known.get("days", range(7)))})


def is_open(hours: Hours, timezone: str, now: datetime) -> bool:
    """Tell whether `now` is within `hours` of a time zone."""
    return hours.includes(now.astimezone(ZoneInfo(timezone)))


def opens_at(hours: Hours, timezone: str, now: datetime) -> datetime | None:
    """Return the next moment within `hours`, which may be `now`; None when there is none."""
    if hours.is_empty():
        return None
    local = now.astimezone(ZoneInfo(timezone))
    if hours.includes(local):
        return now
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    for day in range(8):
        start = midnight + timedelta(days=day, minutes=hours.start)
        if start.weekday() in hours.days and start > local:
            return start.astimezone(now.tzinfo)
    return None


def closes_at(hours: Hours, timezone: str, now: datetime) -> datetime | None:
    """Return the end of the window that `now` is in; None outside of `hours`, and where they never end."""
    local = now.astimezone(ZoneInfo(timezone))
    if not hours.includes(local) or hours == ALWAYS:
        return None
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    for day in range(8):
        end = midnight + timedelta(days=day, minutes=hours.end)
        # A window that lasts until midnight goes on where the next day begins with one.
        if not hours.includes(end):
            return end.astimezone(now.tzinfo)
    return None


def next_open(windows: Sequence[tuple[Hours, str]], now: datetime) -> datetime | None:
    """Return the next moment, which may be `now`, that is within all of these hours, each of its time zone; None when there is none."""
    moment = now
    for _ in range(_MOST_TRIES):
        latest = moment
        for hours, timezone in windows:
            opens = opens_at(hours, timezone, latest)
            if opens is None:
                return None
            latest = opens
        if latest == moment:
            return moment
        moment = latest
    return None


def ends_at(hours: Hours, timezone: str, *, waiting: int, per_second: float, now: datetime) -> datetime | None:
    """Return when the last of those who wait leaves at this speed within `hours`; None when that takes longer than a year."""
    left = timedelta(seconds=waiting / per_second)
    moment = opens_at(hours, timezone, now)
    while moment is not None and moment - now < _FARTHEST:
        end = closes_at(hours, timezone, moment)
        if end is None or moment + left <= end:
            return moment + left if left < _FARTHEST else None
        left -= end - moment
        moment = opens_at(hours, timezone, end)
    return None


def day_of(policy: Policy, now: datetime) -> date:
    """Return the day that it is where a policy holds."""
    return now.astimezone(ZoneInfo(policy.timezone)).date()


def next_day(policy: Policy, now: datetime) -> datetime:
    """Return when the next day begins where a policy holds."""
    local = now.astimezone(ZoneInfo(policy.timezone))
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    return (midnight + timedelta(days=1)).astimezone(now.tzinfo)


@dataclass(frozen=True, slots=True)
class Pace:
    """How many SMS a campaign may accept: what is left of its allowance, as of a time."""

    left: float = 0.0
    at: datetime | None = None


def allow(plan: Plan, pace: Pace, *, total: int, waiting: int, launched_at: datetime, now: datetime) -> Pace:
    """Return the allowance at `now`, refilled since `pace.at` at the speed of the plan; `waiting` recipients of `total` are left.

    Spread over N hours, the speed is what brings the last one to the end of them, and at most twice the even one.
    """
    speed = _speed(plan, total, waiting, launched_at, now)
    if speed is None:
        return Pace(_UNLIMITED, now)
    most = max(1.0, speed * _BURST.total_seconds())
    waited = (now - pace.at).total_seconds() if pace.at is not None else 0.0
    # The first one leaves at once.
    left = 1.0 if pace.at is None else pace.left + max(0.0, waited) * speed
    return Pace(min(most, left), now)


def _speed(plan: Plan, total: int, waiting: int, launched_at: datetime, now: datetime) -> float | None:
    """Return SMS a second, or None for as fast as they go."""
    speeds = []
    if plan.per_minute is not None:
        speeds.append(plan.per_minute / 60)
    if plan.over_hours is not None:
        rest = (launched_at + timedelta(hours=plan.over_hours) - now).total_seconds()
        # A pause, or a night, that took the hours is not made up for in one burst.
        most = _CATCH_UP * total / (plan.over_hours * 3600)
        speeds.append(min(waiting / rest, most) if rest > 0 else most)
    return min(speeds) if speeds else None
