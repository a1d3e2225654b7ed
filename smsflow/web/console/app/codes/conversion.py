"""The conversion of codes over thirty days: how many of those that were asked for were verified, by day and by operator."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from smsflow.services.messages.tallies import Day, Figures
from smsflow.web.console.shell import pictures
from smsflow.web.console.shell.locale import Locale
from smsflow.web.console.shell.pictures import DAYS, Series


@dataclass(slots=True)
class CodesAsked:
    """Codes that were asked for, by what became of them."""

    asked: int = 0
    verified: int = 0
    failed: int = 0
    """Their SMS was refused, was not delivered, or was cancelled for a newer code."""

    @property
    def sent(self) -> int:
        """Those whose SMS has left, or is about to, and has not failed."""
        return self.asked - self.failed

    @property
    def unused(self) -> int:
        """Those that were sent and not verified: expired, blocked, or still open."""
        return max(0, self.asked - self.failed - self.verified)

    def add(self, figures: Figures) -> None:
        """Count the figures of a day and a connector."""
        self.asked += figures.accepted
        self.verified += figures.verified
        self.failed += figures.failed + figures.expired + figures.cancelled


@dataclass(frozen=True, slots=True)
class Conversion:
    """The codes of the last thirty days, the last of which is today."""

    whole: CodesAsked
    days: Mapping[date, CodesAsked]
    operators: Sequence[tuple[str, CodesAsked]]


def conversion(kept: Iterable[Day], names: Mapping[int, str], *, today: date) -> Conversion:
    """Add up what is kept; connectors have their `names`, the busiest first."""
    days = {today - timedelta(days=DAYS - 1 - n): CodesAsked() for n in range(DAYS)}
    whole, operators = CodesAsked(), dict[int, CodesAsked]()
    for day in kept:
        if day.date in days:
            for counted in (whole, days[day.date], operators.setdefault(day.connector_id, CodesAsked())):
                counted.add(day.figures)
    by_operator = [(names.get(connector_id, str(connector_id)), its) for connector_id, its in operators.items()]
    return Conversion(whole, days, sorted(by_operator, key=lambda one: -one[1].asked))


def picture(locale: Locale, seen: Conversion) -> dict[str, Any]:
    """Return the thirty days stacked, with the scale and the days that are named."""
    each, whole = list(seen.days.values()), seen.whole
    return pictures.by_day(
        locale.gettext("Codes of the last 30 days"),
        locale.gettext(
            "{asked} asked for: {verified} verified, {unused} not used, {failed} failed. The table below has each day.",
            asked=whole.asked,
            verified=whole.verified,
            unused=whole.unused,
            failed=whole.failed,
        ),
        [
            Series("verified", "good", [one.verified for one in each]),
            Series("unused", "wait", [one.unused for one in each]),
            Series("failed", "bad", [one.failed for one in each]),
        ],
        list(seen.days),
    )


def bars(locale: Locale, seen: Conversion) -> list[dict[str, Any]]:
    """Return a bar for each operator; the longest is that of the busiest."""
    most = max((its.asked for _, its in seen.operators), default=0)
    return [
        {
            "name": name,
            "codes": its,
            "picture": pictures.bar(
                name,
                locale.gettext("{part} of {whole} verified", part=its.verified, whole=its.asked),
                [("good", its.verified), ("wait", its.unused), ("bad", its.failed)],
                most,
            ),
        }
        for name, its in seen.operators
    ]
