"""The words of the pages: one catalogue per language, read from its file and checked as it is read."""

from functools import cache
from importlib import resources

import msgspec


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A titled piece of the page."""

    title: str
    body: list[str]
    notes: list[str]


class CallWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The words about one call."""

    title: str
    short: str
    body: list[str]
    parameters: dict[str, str]
    reply: str
    notes: list[str]
    errors: dict[str, str]


class Catalogue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that a page says in one language."""

    language: str
    name: str
    title: str
    description: str
    labels: dict[str, str]
    groups: dict[str, str]
    placeholders: dict[str, str]
    sections: dict[str, Section]
    errors: dict[str, str]
    statuses: dict[str, str]
    code_statuses: dict[str, str]
    calls: dict[str, CallWords]


@cache
def words(language: str) -> Catalogue:
    """Return the catalogue of `language`, one of those of our pages."""
    file = resources.files(__package__) / "words" / f"{language}.toml"
    return msgspec.toml.decode(file.read_bytes(), type=Catalogue)
