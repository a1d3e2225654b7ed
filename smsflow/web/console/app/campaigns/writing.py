"""What is typed about a campaign's speed and hours, checked field by field."""

from typing import Final

from smsflow.domain.schedule import hours_of
from smsflow.errors import ParameterInvalid
from smsflow.web.console.shell.forms import Filled
from smsflow.web.console.shell.visitor import Visitor

_FASTEST: Final = 1_000_000
_MOST_HOURS: Final = 720
# As the command line has it: a minute to a week.
_LONGEST_VALIDITY: Final = 168


def decimal(typed: str) -> float | None:
    """Return the number above 0 that is typed with a comma or a point, or None."""
    written = typed.replace(",", ".")
    whole, _, rest = written.partition(".")
    digits = whole + rest
    if not digits.isascii() or not digits.isdigit() or len(digits) > 9:
        return None
    return float(written) or None


def check_pace(filled: Filled, visitor: Visitor) -> None:
    """Note what is wrong with speed, spreading, hours and validity."""
    _ = visitor.locale.gettext
    speed = filled["per_minute"]
    if speed and not (speed.isascii() and speed.isdigit() and len(speed) < 9 and 0 < int(speed) <= _FASTEST):
        filled.wrong("per_minute", _("Write the speed as a number from 1 to {most}.", most=_FASTEST))
    for name, most in (("over_hours", _MOST_HOURS), ("validity_hours", _LONGEST_VALIDITY)):
        number = decimal(filled[name])
        if filled[name] and not (number and 0.1 <= number <= most):
            filled.wrong(name, _("Write a number of hours, at most {most}.", most=most))
    if filled["hours"]:
        try:
            hours_of(filled["hours"])
        except ParameterInvalid:
            filled.wrong("hours", _("Write the hours as {example}.", example="08:00-20:00"))
