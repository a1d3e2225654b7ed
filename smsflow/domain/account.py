"""An account: the company, its senders, its users and what a token stands for."""

import unicodedata
from dataclasses import dataclass, field
from typing import Literal

from smsflow.domain.schedule import ALWAYS, Hours

# As many as a bigint surely holds.
_MOST_DIGITS = 18

Resend = Literal["at_most_once", "at_least_once"]


@dataclass(frozen=True, slots=True)
class Sender:
    """A name that a company's SMS come from; only an approved one sends."""

    id: int
    name: str
    state: str
    is_default: bool


@dataclass(frozen=True, slots=True)
class Company:
    """A company as the rules need it; its balance is not here, because only the database knows it."""

    id: int
    name: str
    country: str
    timezone: str
    suspended: bool = False
    countries: tuple[str, ...] = ()
    mobile_only: bool = True
    resend: Resend | None = None
    send_rate: int | None = None
    code_template: str | None = None
    code_every_seconds: int = 30
    code_per_hour: int = 5
    second_factor: bool = False
    approval: bool = False
    language: str = "fr"
    alert_below: int | None = None
    texts_kept_days: int | None = None
    marketing_opens: int | None = None
    marketing_closes: int | None = None
    stop_reply: str | None = None
    start_reply: str | None = None
    help_reply: str | None = None
    senders: tuple[Sender, ...] = field(default=())

    @property
    def marketing_hours(self) -> Hours:
        """The hours of its time zone in which the company lets its marketing leave."""
        opens = ALWAYS.start if self.marketing_opens is None else self.marketing_opens
        return Hours(opens, ALWAYS.end if self.marketing_closes is None else self.marketing_closes)

    def reaches(self, country: str) -> bool:
        """Tell whether the company may send to a country: its own unless it has a list."""
        return country in self.countries if self.countries else country == self.country

    def sender(self, wanted: str | None) -> Sender | None:
        """Return the approved sender of that name or id, or the default one when none is asked for; else None."""
        if wanted is None:
            return next((s for s in self.senders if s.is_default and s.state == "approved"), None)
        found = next((s for s in self.senders if s.name.casefold() == wanted.casefold()), None)
        if found is None and len(wanted) <= _MOST_DIGITS and wanted.isascii() and wanted.isdigit():
            found = next((s for s in self.senders if s.id == int(wanted)), None)
        return found if found and found.state == "approved" else None


def folded(username: str) -> str:
    """Return the form in which usernames are compared: case, width and spaces around do not count (Unicode 3.13, NFKC casefold).

    Made here and stored: `lower()` differs between Python, PostgreSQL and its locales.
    """
    once = unicodedata.normalize("NFKC", unicodedata.normalize("NFD", username).casefold())
    return unicodedata.normalize("NFKC", once.casefold()).strip()


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may log in."""

    id: int
    company_id: int
    username: str
    is_admin: bool
    company_name: str


@dataclass(frozen=True, slots=True)
class Caller:
    """The user and the company of a token, and its end (seconds since the epoch)."""

    user_id: int
    company_id: int
    expires_at: float
