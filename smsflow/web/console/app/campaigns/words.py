"""Words for the states and pauses of campaigns."""

from typing import Final

from smsflow.domain.schedule import Hours, Plan
from smsflow.services.campaigns import unprepared

# Reasons for which a campaign was paused: the beginning of the sentence that is stored → what is shown.
PAUSES: Final = {
    "its time passed": "Its time passed while nothing ran. Resume it to send it now.",
    "the company is suspended": "Your account is suspended. Ask the platform.",
    "too many SMS failed": "Too many of its last messages failed. Look at the reasons before you resume it.",
    "the connector": "The operator has been out of reach for long. Resume it when messages leave again.",
    "the sender": "Its sender is no longer approved. Choose another one in a new campaign.",
    "its turn failed": "Its sending failed. Ask the platform before you resume it.",
}


# Reasons for which a preparation has ended, in the same way.
PREPARATIONS: Final = {
    unprepared.FAILED: "The recipients could not be counted. Nothing has left and nothing is charged. Count them again; if it fails again, ask the platform.",
    unprepared.LIST_GONE: "One of these lists is gone. Choose the lists again.",
    unprepared.NOT_KEPT: "The recipients were counted long ago and are not kept any longer. Count them again.",
}


def unprepared_of(why: str) -> str | None:
    """Return the sentence about a preparation that has ended without having prepared."""
    return next((said for begins, said in PREPARATIONS.items() if why.startswith(begins)), None)


def pause_of(why: str) -> str | None:
    """Return the sentence about a pause, None for one that a person made."""
    return next((said for begins, said in PAUSES.items() if why.startswith(begins)), None)


HOURS_NEVER_OPEN = "Nothing may leave at {hours}: advertising is allowed {allowed}. Choose hours within that."


def hours_text(hours: Hours | Plan) -> str:
    """Return hours as they are written in a form, `08:00-20:00`; nothing where all are allowed."""
    if (hours.start, hours.end) == (Plan().start, Plan().end):
        return ""
    return str(Hours(hours.start, hours.end))
