"""A campaign's figures as the commands print them: one document for programs, tables for people."""

from dataclasses import asdict
from typing import Any

from smsflow.cli import output
from smsflow.services.campaigns.result import Result
from smsflow.services.messages.tallies import Figures

_GROUPED = ("by_operator", "by_hour")
_COLUMNS = (
    "accepted",
    "sent",
    "delivered",
    "failed",
    "expired",
    "unknown",
    "cancelled",
    "credits_used",
    "credits_returned",
)


def document(result: Result) -> dict[str, Any]:
    """Return the figures as programs read them."""
    return {
        **asdict(result),
        "by_operator": [{"operator": of.operator, **_figures(of.figures)} for of in result.by_operator],
        "by_hour": [{"hour": of.hour, **_figures(of.figures)} for of in result.by_hour],
    }


def print_tables(result: Result) -> None:
    """Print the figures for people: all of them, then by operator and by hour."""
    shown = document(result)
    refused = ", ".join(f"{reason} {count}" for reason, count in result.refused.items())
    facts = {name: value for name, value in shown.items() if name not in _GROUPED} | {"refused": refused or 0}
    output.facts((name.replace("_", " "), value) for name, value in facts.items())
    for name in _GROUPED:
        if shown[name]:
            first = name.removeprefix("by_")
            heading = [column.replace("_", " ") for column in (first, *_COLUMNS)]
            output.table(heading, [[row[column] for column in (first, *_COLUMNS)] for row in shown[name]], none="")


def _figures(figures: Figures) -> dict[str, int]:
    kept = asdict(figures)
    used, returned = kept.pop("charged"), kept.pop("returned")
    # Campaigns hold no codes, and nothing that is sent outside of them.
    for name in ("verified", "console", "console_charged"):
        del kept[name]
    return {**kept, "credits_used": used, "credits_returned": returned}
