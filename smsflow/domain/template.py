"""Texts with variables: `{prenom}`, or `{prenom|cher client}` for those of whom nothing is known."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from smsflow.domain import segments
from smsflow.domain.message import composed
from smsflow.errors import ParameterInvalid

# The short way out of marketing, made for each recipient when the SMS is accepted.
STOP = "stop"

_MOST_CHARACTERS = 4000
_PIECE = re.compile(r"\{\{|\}\}|\{([^{}|]*)(?:\|([^{}]*))?\}|[{}]")
_NAME = re.compile(r"[a-z0-9_]{1,40}")


@dataclass(frozen=True, slots=True)
class Variable:
    """A place that a recipient's value fills; without a value the default does."""

    name: str
    default: str | None


@dataclass(frozen=True, slots=True)
class Missing:
    """A recipient without a value for a variable that has no default."""

    name: str


@dataclass(frozen=True, slots=True)
class Template:
    """A text with its variables: in `frame`, which is a format for `%`, each is `%s`."""

    frame: str
    places: tuple[Variable, ...]

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of the variables, each once, in the order of the text."""
        return tuple(dict.fromkeys(place.name for place in self.places))

    def render(self, values: Mapping[str, str]) -> str | Missing:
        """Return the text for one recipient, or the first variable that it has no value for."""
        written = tuple([values.get(place.name) or place.default for place in self.places])
        if None in written:
            return Missing(self.places[written.index(None)].name)
        return composed(self.frame % written)

    def with_defaults(self) -> str:
        """Return the text with the defaults of its variables; one without a default stays, for somebody to fill in."""
        return self.frame % tuple(f"{{{p.name}}}" if p.default is None else p.default for p in self.places)

    def longest(self, people: Iterable[Mapping[str, str]]) -> str | None:
        """Return the rendering that costs most, by segments and then by its length; None when nobody has all the values."""
        texts = (text for values in people if isinstance(text := self.render(values), str))
        return max(texts, key=lambda text: (segments.count(text), segments.units(text)), default=None)


def name_of(written: str) -> str:
    """Return the name of an attribute as it is stored: small letters without accents, digits and underscores."""
    plain = unicodedata.normalize("NFKD", written.strip().casefold()).replace("œ", "oe")
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    return re.sub(r"[^a-z0-9]+", "_", letters).strip("_")


@lru_cache(maxsize=200)
def parse(text: str) -> Template:
    """Return the template that `text` writes; raise ParameterInvalid for a brace that begins or ends no variable.

    `{{` and `}}` are braces of the text itself.
    """
    if not text.strip() or len(text) > _MOST_CHARACTERS:
        raise ParameterInvalid(parameter="text", expected=f"1 to {_MOST_CHARACTERS} characters")
    frame = ""
    places: list[Variable] = []
    end = 0
    for found in _PIECE.finditer(text):
        frame += _literal(text[end : found.start()])
        end = found.end()
        if found[0] in {"{{", "}}"}:
            frame += found[0][0]
            continue
        name = name_of(found[1] or "")
        if not _NAME.fullmatch(name):
            expected = "variables as {prenom} or {prenom|cher client}, and {{ for a brace"
            raise ParameterInvalid(parameter="text", expected=expected)
        frame += "%s"
        places.append(Variable(name, found[2]))
    return Template(frame + _literal(text[end:]), tuple(places))


def _literal(text: str) -> str:
    return text.replace("%", "%%")
