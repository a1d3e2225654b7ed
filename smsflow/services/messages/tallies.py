"""Figures of a company's SMS, kept by the statements that change their states: no page counts messages."""

from smsflow.store.messages.tallies import (
    Cause,
    Day,
    Figures,
    alone,
    by_cause,
    by_connector,
    by_console,
    by_day,
    by_hour,
    fold,
    of_campaign,
    recount,
)

__all__ = [
    "Cause",
    "Day",
    "Figures",
    "alone",
    "by_cause",
    "by_connector",
    "by_console",
    "by_day",
    "by_hour",
    "fold",
    "of_campaign",
    "recount",
]
