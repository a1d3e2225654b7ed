"""Why an SMS is refused, in sentences."""

from typing import Final

from smsflow.errors import (
    AccountSuspended,
    CountryNotAllowed,
    DailyLimitReached,
    MessageTooLong,
    NotEnoughCredits,
    NumberInvalid,
    NumberNotMobile,
    OptedOut,
    OutsideHours,
    Refused,
    SenderNotAllowed,
)
from smsflow.web.console.shell.visitor import Visitor

# Refusal → the sentence about it; translated where it is shown.
REFUSALS: Final[dict[type[Refused], str]] = {
    NumberInvalid: "This is no phone number. Correct or remove it.",
    NumberNotMobile: "A landline gets no SMS. Ask for a mobile number.",
    CountryNotAllowed: "Your account does not send to this country. Ask for it to be opened.",
    SenderNotAllowed: "This sender is not approved. Choose another one.",
    MessageTooLong: "The message is too long. Shorten it.",
    OptedOut: "This person has opted out.",
    OutsideHours: "Advertising may not be sent at this hour. Plan a campaign.",
    DailyLimitReached: "This person got enough advertising today.",
    NotEnoughCredits: "Credits are missing. Buy some, or remove recipients.",
    AccountSuspended: "Your account is suspended. Ask the platform.",
}
OTHERWISE: Final = "No operator takes this SMS now. Try again in a minute."


def said(visitor: Visitor, refused: Refused) -> str:
    """Return the sentence about what is refused, in the visitor's language."""
    found = next((text for kind, text in REFUSALS.items() if isinstance(refused, kind)), OTHERWISE)
    return visitor.locale.gettext(found)
