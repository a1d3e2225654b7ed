"""The outcomes of a company's SMS: today, over thirty days, day by day and operator by operator, from the kept figures."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from smsflow.services.messages.tallies import Day, Figures
from smsflow.web.console.shell.pictures import DAYS


@dataclass(slots=True)
class Outcome:
    """SMS that left, by what became of them; `waiting` are those that have not left yet."""

    delivered: int = 0
    awaited: int = 0
    failed: int = 0
    waiting: int = 0

    @property
    def sent(self) -> int:
        """All that left, refused ones included."""
        return self.delivered + self.awaited + self.failed

    def add(self, figures: Figures) -> None:
        """Count the figures of an hour, a kind or a connector."""
        left = figures.sent + figures.delivered + figures.failed + figures.expired + figures.unknown
        self.delivered += figures.delivered
        self.awaited += figures.sent + figures.unknown
        self.failed += figures.failed + figures.expired
        self.waiting += figures.accepted - left - figures.cancelled


@dataclass(frozen=True, slots=True)
class TrafficOfDays:
    """The outcomes of the last thirty days, the last of which is today; and the credits that they took."""

    days: Mapping[date, Outcome]
    operators: Sequence[tuple[str, Outcome]]
    spent: int
    month: Outcome = field(default_factory=Outcome)

    @property
    def today(self) -> Outcome:
        """The outcome of the last day."""
        return list(self.days.values())[-1]


def traffic(kept: Iterable[Day], names: Mapping[int, str], *, today: date) -> TrafficOfDays:
    """Return the outcomes of the days until `today`; connectors have their `names`, the busiest first."""
    days = {today - timedelta(days=ago): Outcome() for ago in reversed(range(DAYS))}
    by_connector: dict[int, Outcome] = {}
    month, spent = Outcome(), 0
    for day in kept:
        if day.date in days:
            for outcome in (days[day.date], by_connector.setdefault(day.connector_id, Outcome()), month):
                outcome.add(day.figures)
            spent += day.figures.charged - day.figures.returned
    named = [(names.get(id_, f"#{id_}"), outcome) for id_, outcome in by_connector.items() if outcome.sent]
    return TrafficOfDays(days, sorted(named, key=lambda n: -n[1].sent), spent, month)
