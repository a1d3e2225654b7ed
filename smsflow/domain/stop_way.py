"""How a recipient gets out of marketing: by a short address of its own, or by an SMS to a number of the company."""

import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass

_LETTERS = string.digits + string.ascii_letters
# 59 bits: of ten million links of a company, one in 80,000 million guesses is one.
_TOKEN_LENGTH = 10
_MOST_LENGTH = 24
_BEHIND = ".,;:!?…)]}>»”’\"' "

_TO = {"fr": "au", "en": "to"}


@dataclass(frozen=True, slots=True)
class Links:
    """Where the platform answers short addresses, and the chance that their tokens are made of."""

    base: str
    randbelow: Callable[[int], int]

    def new_token(self) -> str:
        """Return a token that nobody can guess, always of one length."""
        return _written(self.randbelow(len(_LETTERS) ** _TOKEN_LENGTH)).rjust(_TOKEN_LENGTH, _LETTERS[0])

    def address(self, company_id: int, token: str) -> str:
        """Return the address in which the company stands first."""
        return f"{self.base.rstrip('/')}/s/{_written(company_id)}{token}"


def read(name: str) -> tuple[int, str] | None:
    """Return the company and the token that the last part of an address names, or None when it names none.

    Some handsets take the full stop behind an address for a part of it.
    """
    name = name.rstrip(_BEHIND)
    company, token = name[:-_TOKEN_LENGTH], name[-_TOKEN_LENGTH:]
    if not company or len(name) > _MOST_LENGTH or not set(name) <= set(_LETTERS):
        return None
    number = 0
    for letter in company:
        number = number * len(_LETTERS) + _LETTERS.index(letter)
    return (number, token) if number < 2**63 else None


def _written(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, len(_LETTERS))
        digits = _LETTERS[digit] + digits
    return digits or _LETTERS[0]


def by_sms(number: str, keyword: str, *, language: str) -> str:
    """Return what to send where: « STOP au 8787 »."""
    return " ".join(filter(None, ["STOP", keyword.upper(), _TO[language], number]))


@dataclass(frozen=True, slots=True)
class StopWays:
    """The ways out of a company's marketing: links where there are any, and the shortest SMS by connector."""

    company_id: int
    links: Links | None
    by_connector: Mapping[int, str]

    def longest(self) -> str | None:
        """Return a text as long as the longest that a recipient may get, by which segments are counted; None: there is no way."""
        if self.links is not None:
            return self.links.address(self.company_id, _LETTERS[0] * _TOKEN_LENGTH)
        return max(self.by_connector.values(), key=len, default=None)

    def has_way(self, connector_id: int) -> bool:
        """Tell whether a recipient of this connector has a way out."""
        return self.links is not None or connector_id in self.by_connector

    def shortest(self, connector_id: int) -> tuple[str, str | None] | None:
        """Return the shortest way for a recipient of this connector, with the token that it is made for if it is a link."""
        phrase = self.by_connector.get(connector_id)
        if self.links is None:
            return None if phrase is None else (phrase, None)
        token = self.links.new_token()
        address = self.links.address(self.company_id, token)
        return (phrase, None) if phrase is not None and len(phrase) <= len(address) else (address, token)
