"""The arguments and options that several commands share, and their parsing."""

import getpass
import re
import secrets
import sys
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final
from zoneinfo import available_timezones

import typer

from smsflow.domain import phone
from smsflow.domain.message import Kind

# The largest bigint: beyond it PostgreSQL would answer with an error of its own.
LARGEST_ID: Final = 2**63 - 1
_NAME_LENGTH: Final = 200
_PASSWORD_LENGTH: Final = 8
_AGO: Final = re.compile(r"([1-9][0-9]{0,5})([mhd])")
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}
_SOME_TIME: Final = datetime(2026, 1, 1, tzinfo=UTC)

NONE: Final = "none"


def one_line(value: str | None) -> str | None:
    """Return a name without the spaces around it; it is one line of at most 200 characters."""
    if value is None:
        return None
    name = value.strip()
    if not name or len(name) > _NAME_LENGTH or not name.isprintable():
        raise typer.BadParameter(f"a name is one line of 1 to {_NAME_LENGTH} characters.")
    return name


def company(value: str | None) -> str | None:
    """Return what names a company: its id, or its name."""
    if value is not None and value.isascii() and value.isdigit() and not 1 <= int(value) <= LARGEST_ID:
        raise typer.BadParameter(f"an id is 1 to {LARGEST_ID}.")
    return one_line(value)


def country(value: str | None) -> str | None:
    """Return a country in capitals."""
    if value is None:
        return None
    if value.upper() not in phone.COUNTRIES:
        raise typer.BadParameter("a country is two letters, such as CM.")
    return value.upper()


def timezone(value: str) -> str:
    """Return a time zone that is known."""
    if value not in available_timezones():
        raise typer.BadParameter("a time zone has a name such as Africa/Douala.")
    return value


def sender(value: str | None) -> str | None:
    """Return a sender that operators can carry."""
    if value is not None and not phone.is_sender(value):
        raise typer.BadParameter("a sender is 1 to 11 letters, digits or spaces, or a number of at most 15 digits.")
    return value


def number_or_none(value: Any) -> Any:
    """Return the whole number above 0 that is typed, or the word none as it is."""
    if not isinstance(value, str) or value.lower() == NONE:
        return value
    if not (value.isascii() and value.isdigit() and 0 < int(value) <= 2**31 - 1):
        raise typer.BadParameter("it is a whole number above 0, or none.")
    return value


def limit_of(value: str) -> int | None:
    """Return the number that `number_or_none` let through; none is None."""
    return None if value.lower() == NONE else int(value)


def kind_of(value: str | None) -> Kind | None:
    """Return the kind of that name."""
    return None if value is None else Kind[value.upper()]


def since(value: str | None, *, now: datetime) -> datetime | None:
    """Return the time that is typed: 30m, 2h or 7d ago, or a date (in UTC unless it says otherwise)."""
    if value is None:
        return None
    ago = _AGO.fullmatch(value)
    try:
        moment = datetime.fromisoformat(value) if ago is None else now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    except (ValueError, OverflowError):
        raise typer.BadParameter(
            "a time is 30m, 2h or 7d ago, or a date such as 2026-11-30T08:00.", param_hint="--since"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=now.tzinfo)


def _since(value: str | None) -> str | None:
    """Refuse what is no time, before the database is asked what time it is."""
    since(value, now=_SOME_TIME)
    return value


CompanyOption = Annotated[
    str, typer.Option("--company", callback=company, metavar="COMPANY", help="The company's id, or its name.")
]
CompanyFilter = Annotated[
    str | None,
    typer.Option("--company", callback=company, metavar="COMPANY", help="Only of this company (id or name)."),
]
CompanyId = Annotated[
    str,
    typer.Argument(metavar="COMPANY", callback=company, help="The company's id, or its name where only one has it."),
]
RouteId = Annotated[int, typer.Argument(metavar="ID", min=1, max=LARGEST_ID, help="The route's id.")]
Name = Annotated[str, typer.Argument(callback=one_line)]
PasswordStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]
Limit = Annotated[int, typer.Option(min=1, max=10_000, help="The most that are listed, the newest first.")]
Since = Annotated[
    str | None,
    typer.Option(callback=_since, metavar="2h|DATE", help="Only what is younger: 30m, 2h, 7d, or a date."),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]


def confirm(question: str, *, yes: bool, program: bool = False) -> None:
    """Ask before an act that cannot be undone; without a terminal --yes is required, unless a `program` reads the answer as JSON."""
    if yes or (program and not sys.stdin.isatty()):
        return
    if not sys.stdin.isatty():
        raise typer.BadParameter("this cannot be undone: confirm it with --yes.", param_hint="--yes")
    typer.confirm(question, abort=True, err=True)


def read_secret(what: str) -> str:
    """Return the first line of standard input; asked for without showing it when a person sits there."""
    secret = getpass.getpass(f"{what}: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    if not secret or not secret.isprintable():
        raise typer.BadParameter(f"standard input has no {what.lower()} in its first line.")
    return secret


def user_password(*, from_stdin: bool) -> tuple[str, bool]:
    """Return a user's password and whether it was made up here."""
    if not from_stdin:
        return secrets.token_urlsafe(12), True
    password = read_secret("Password")
    if len(password) < _PASSWORD_LENGTH:
        raise typer.BadParameter(f"a password has at least {_PASSWORD_LENGTH} characters.")
    return password, False
