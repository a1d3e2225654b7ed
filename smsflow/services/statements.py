"""A month of credits: its movements, one for each campaign and for each day otherwise, and its sums."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from smsflow.domain.message import Kind
from smsflow.services import credits
from smsflow.services.credits import Line
from smsflow.services.messages import tallies
from smsflow.services.messages.tallies import Cause
from smsflow.store.postgres.transactions import Tx

# Kinds of movements; those of one day stand in this order.
CAUSES: Final = ("credit", "campaign", "api", "console", "codes", "returned", "reserve", "release")


@dataclass(frozen=True, slots=True)
class Month:
    """A month of a time zone, by its first day."""

    first: date
    zone: ZoneInfo

    @property
    def after(self) -> date:
        """The first day of the next month."""
        return (self.first + timedelta(days=31)).replace(day=1)

    def moment(self, day: date) -> datetime:
        """Return when a day begins."""
        return datetime.combine(day, time(), self.zone)

    def __str__(self) -> str:
        return f"{self.first:%Y-%m}"


@dataclass(frozen=True, slots=True)
class MonthEntry:
    """A movement as the accountant reads it; `first` and `last` are the days of its lines in the ledger."""

    cause: str
    first: date
    last: date
    credits: int
    reserved: int = 0
    messages: int = 0
    note: str = ""
    campaign_id: int = 0
    campaign: str = ""


@dataclass(frozen=True, slots=True)
class Sums:
    """A month in five lines; they add up."""

    opening: int
    bought: int
    returned: int
    charged: int
    closing: int


@dataclass(frozen=True, slots=True)
class Statement:
    """The movements of a month, the last first, and their sums."""

    entries: Sequence[MonthEntry]
    sums: Sums


async def of_month(tx: Tx, company_id: int, month: Month) -> Statement:
    """Return the statement of a month; it adds up where the transaction sees one moment (`one_snapshot`)."""
    since = month.moment(month.first)
    causes = await tallies.by_cause(tx, company_id, since=since, timezone=month.zone.key)
    lines = await credits.rare_lines(tx, company_id, since=since, timezone=month.zone.key)
    names = await credits.campaign_names(tx, company_id, {c.campaign_id for c in causes if c.campaign_id})
    balance = await credits.balance(tx, company_id)
    return Statement(entries(month, causes, lines, names), sums(month, causes, lines, balance=balance))


def month_of(written: str, timezone: str) -> Month | None:
    """Return the month that `2026-11` means in a time zone, or None."""
    try:
        return Month(date.fromisoformat(f"{written}-01"), ZoneInfo(timezone))
    except ValueError:
        return None


def entries(month: Month, causes: Sequence[Cause], lines: Sequence[Line], names: Mapping[int, str]) -> list[MonthEntry]:
    """Return the movements of a month, the last first."""
    within = [c for c in causes if month.first <= c.date < month.after]
    moved = [entry for entry in (*_campaigns(within, names), *_days(within)) if entry.credits]
    found = [*moved, *(_line(line, month) for line in _of(month, lines))]
    return sorted(found, key=lambda e: (e.last, CAUSES.index(e.cause)), reverse=True)


def sums(month: Month, causes: Sequence[Cause], lines: Sequence[Line], *, balance: int) -> Sums:
    """Return the sums of a month, given everything since it began and the balance of today."""
    later = sum(c.figures.returned - c.figures.charged for c in causes if c.date >= month.after)
    later += sum(line.amount for line in lines if line.at.astimezone(month.zone).date() >= month.after)
    within = [c.figures for c in causes if month.first <= c.date < month.after]
    bought = sum(line.amount for line in _of(month, lines))
    returned, charged = sum(f.returned for f in within), sum(f.charged for f in within)
    closing = balance - later
    return Sums(closing - bought - returned + charged, bought, returned, charged, closing)


def spent(causes: Iterable[Cause], *, since: date) -> int:
    """Return the credits that were spent since a day."""
    return sum(c.figures.charged - c.figures.returned for c in causes if c.date >= since)


def _of(month: Month, lines: Iterable[Line]) -> list[Line]:
    return [line for line in lines if month.first <= line.at.astimezone(month.zone).date() < month.after]


def _line(line: Line, month: Month) -> MonthEntry:
    day = line.at.astimezone(month.zone).date()
    return MonthEntry(
        line.reason,
        day,
        day,
        line.amount,
        line.reserved,
        note=line.note,
        campaign_id=line.campaign_id or 0,
        campaign=line.campaign or "",
    )


def _campaigns(causes: Sequence[Cause], names: Mapping[int, str]) -> Iterator[MonthEntry]:
    for campaign_id in sorted({c.campaign_id for c in causes if c.campaign_id}):
        own = [c for c in causes if c.campaign_id == campaign_id]
        name = names.get(campaign_id, f"#{campaign_id}")
        for entry in (_charged("campaign", own), _returned(own)):
            yield replace(entry, campaign_id=campaign_id, campaign=name)


def _days(causes: Sequence[Cause]) -> Iterator[MonthEntry]:
    for day in sorted({c.date for c in causes if not c.campaign_id}):
        own = [c for c in causes if c.date == day and not c.campaign_id]
        codes, others = [c for c in own if c.kind is Kind.OTP], [c for c in own if c.kind is not Kind.OTP]
        yield from (_charged("codes", codes), _returned(codes))
        console, whole = _console(others), _charged("api", others)
        yield console
        yield replace(whole, credits=whole.credits - console.credits, messages=whole.messages - console.messages)
        yield _returned(others)


def _charged(cause: str, own: Sequence[Cause]) -> MonthEntry:
    """Return what a group of SMS took."""
    return _entry(cause, own, -sum(c.figures.charged for c in own), sum(c.figures.accepted for c in own))


def _console(own: Sequence[Cause]) -> MonthEntry:
    """Return what those of a group took that were sent in the console."""
    return _entry("console", own, -sum(c.figures.console_charged for c in own), sum(c.figures.console for c in own))


def _returned(own: Sequence[Cause]) -> MonthEntry:
    """Return what came back of a group of SMS."""
    return _entry("returned", own, sum(c.figures.returned for c in own), 0)


def _entry(cause: str, own: Sequence[Cause], credits_: int, messages: int) -> MonthEntry:
    first, last = (own[0].date, own[-1].date) if own else (date.min, date.min)
    return MonthEntry(cause, first, last, credits_, messages=messages)
