"""What states and reasons of campaigns are called."""

from typing import Final

# state → (word, tone of its badge). Sentences are translated where they are shown.
STATES: Final = {
    "draft": ("Draft", "idle"),
    "prepared": ("Ready", "info"),
    "approval": ("To approve", "warn"),
    "scheduled": ("Scheduled", "info"),
    "running": ("Running", "info"),
    "paused": ("Paused", "warn"),
    "finished": ("Finished", "good"),
    "cancelled": ("Cancelled", "idle"),
}

REASONS: Final = {
    "opted_out": "Opted out",
    "no_value": "A variable has no value",
    "too_long": "The message is too long",
    "no_route": "No operator reaches this number",
    "country_not_allowed": "Country not allowed",
    "daily_limit": "Written to often enough today",
    "outside_hours": "Outside the allowed hours",
}
