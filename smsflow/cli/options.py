"""The arguments and options that several commands share, and how what is typed in them is read."""

import getpass
import secrets
import sys
from typing import Annotated, Any, Final
from zoneinfo import available_timezones

import typer

from smsflow.domain import phone
from smsflow.domain.message import Kind

# The largest bigint: beyond it PostgreSQL would answer with an error of its own.
_LARGEST_ID: Final = 2**63 - 1
_NAME_LENGTH: Final = 200
_PASSWORD_LENGTH: Final = 8

NONE: Final = "none"


def one_line(value: str | None) -> str | None:
    """Return a name without the spaces around it; it is one line of at most 200 characters."""
    if value is None:
        return None
    name = value.strip()
    if not name or len(name) > _NAME_LENGTH or not name.isprintable():
        raise typer.BadParameter(f"a name is one line of 1 to {_NAME_LENGTH} characters.")
    return name


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


CompanyOption = Annotated[int, typer.Option("--company", min=1, max=_LARGEST_ID, help="The company's id.")]
CompanyFilter = Annotated[
    int | None, typer.Option("--company", min=1, max=_LARGEST_ID, help="Only for this company's SMS.")
]
CompanyId = Annotated[int, typer.Argument(metavar="COMPANY", min=1, max=_LARGEST_ID, help="The company's id.")]
RouteId = Annotated[int, typer.Argument(metavar="ID", min=1, max=_LARGEST_ID, help="The route's id.")]
Name = Annotated[str, typer.Argument(callback=one_line)]
PasswordStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]


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
