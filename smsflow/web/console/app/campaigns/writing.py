"""The fields of a campaign as they are typed, checked one by one."""

from typing import Final

from smsflow.domain import phone, template
from smsflow.domain.account import Company
from smsflow.domain.message import Kind
from smsflow.domain.schedule import Plan, hours_of
from smsflow.errors import NumberInvalid, ParameterInvalid
from smsflow.services.campaigns.draft import Draft
from smsflow.web.console.shell.forms import Filled
from smsflow.web.console.shell.visitor import Visitor

_LONGEST_NAME: Final = 100
_MOST_NUMBERS: Final = 10_000
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


def numbers_of(filled: Filled) -> list[tuple[int, str]]:
    """Return the pasted numbers with their lines; a line may hold several, apart by commas or semicolons."""
    lines = enumerate(filled.raw("numbers").splitlines(), start=1)
    return [(place, n.strip()) for place, line in lines for n in line.replace(";", ",").split(",") if n.strip()]


def check_recipients(filled: Filled, visitor: Visitor, company: Company) -> None:
    """Note what is wrong with the name and the recipients."""
    _ = visitor.locale.gettext
    if not 0 < len(filled["name"]) <= _LONGEST_NAME:
        filled.wrong("name", _("Give the campaign a name of 1 to {most} characters.", most=_LONGEST_NAME))
    numbers = numbers_of(filled)
    if not numbers and not filled.every("lists") and not filled["again"]:
        filled.wrong("lists", _("Choose a list, or paste numbers."))
    if len(numbers) > _MOST_NUMBERS:
        filled.wrong("numbers", _("Paste at most {most} numbers. Import a file for more.", most=_MOST_NUMBERS))
        return
    for place, number in numbers:
        try:
            phone.parse(number, country=company.country)
        except NumberInvalid:
            sentence = _(
                "Line {line}: {number} is no phone number. Correct or remove it.", line=place, number=number[:40]
            )
            filled.wrong("numbers", sentence)
            return


def check_message(filled: Filled, visitor: Visitor, company: Company) -> None:
    """Note what is wrong with the text and its sender."""
    _ = visitor.locale.gettext
    if not filled["text"]:
        filled.wrong("text", _("Write the message."))
    else:
        try:
            template.parse(filled.raw("text").replace("\r\n", "\n"))
        except ParameterInvalid:
            filled.wrong(
                "text", _("Write variables as {prenom} or {prenom|cher client}, and a brace that is none twice.")
            )
    if filled["sender"] and company.sender(filled["sender"]) is None:
        filled.wrong("sender", _("This sender is not approved. Choose another one."))


def check_sending(filled: Filled, visitor: Visitor) -> None:
    """Note what is wrong with the date, the speed and the hours."""
    if filled["when"] == "later" and visitor.locale.read_time(filled["at"]) is None:
        filled.wrong("at", visitor.locale.gettext("Write the date as {example}.", example="27/11/2026 09:00"))
    check_pace(filled, visitor)


def draft_of(filled: Filled, visitor: Visitor, company: Company) -> Draft:
    """Return the draft that a checked form asks for; until its sender is chosen, it has the default one or the first."""
    first = next((s.name for s in company.senders if s.state == "approved"), None)
    sender = filled["sender"] or (None if company.sender(None) else first)
    hours = hours_of(filled["hours"] or "none")
    return Draft(
        filled["name"],
        filled.raw("text").replace("\r\n", "\n").strip(),
        lists=filled.every("lists"),
        without=filled.every("without"),
        numbers=[number for _, number in numbers_of(filled)],
        sender=sender,
        kind=Kind.TRANSACTIONAL if filled["kind"] == "transactional" else Kind.MARKETING,
        starts_at=visitor.locale.read_time(filled["at"]) if filled["when"] == "later" else None,
        plan=Plan(
            start=hours.start,
            end=hours.end,
            outside="refuse" if filled["outside"] == "refuse" else "wait",
            per_minute=int(filled["per_minute"] or 0) or None,
            over_hours=decimal(filled["over_hours"]),
            validity_seconds=int(validity * 3600) if (validity := decimal(filled["validity_hours"])) else None,
        ),
    )
