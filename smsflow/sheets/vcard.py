"""vCard files (2.1, 3.0 and 4.0) as rows: one for each card, under headings of our own."""

import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from smsflow.sheets.row import Row

HEADINGS = (
    "Mobile",
    "Téléphone",
    "Téléphone fixe",
    "Prénom",
    "Nom",
    "Email",
    "Entreprise",
    "Fonction",
    "Ville",
    "Date de naissance",
    "Notes",
)

# How several numbers stand in one cell; Google's address book writes them so.
BETWEEN = " ::: "

# Pictures and keys are long and of no use here; other values are cut.
_LEFT_OUT = frozenset({"PHOTO", "LOGO", "SOUND", "KEY"})
_MAX_VALUE = 4096
_MAX_NUMBERS = 20

_PROPERTY = re.compile(r"(?:[A-Za-z0-9-]+\.)?([A-Za-z0-9-]+)((?:;(?:\"[^\"]*\"|[^\":;])*)*):(.*)", re.DOTALL)
_PARAMETER = re.compile(r";((?:\"[^\"]*\"|[^\";])*)")
_COMPONENT = re.compile(r"((?:\\.|[^;\\])*)(?:;|$)", re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)

_MOBILE = frozenset({"cell", "mobile", "iphone", "whatsapp", "gsm"})
_NOT_CALLED = frozenset({"fax", "pager", "modem", "bbs"})
_FIXED = frozenset({"home", "work", "main", "isdn", "car"})


@dataclass(slots=True)
class _Card:
    """A card as far as it was read."""

    numbers: dict[str, list[str]] = field(default_factory=lambda: {"mobile": [], "other": [], "fixed": []})
    values: dict[str, str] = field(default_factory=dict)
    full_name: str = ""

    def row(self, number: int) -> Row:
        """Return the card as a row under HEADINGS."""
        values = (
            self.values
            if self.values.get("last") or self.values.get("first")
            else {**self.values, "last": self.full_name}
        )
        named = ("first", "last", "email", "company", "title", "city", "birthday", "notes")
        numbers = (BETWEEN.join(self.numbers[kind]) for kind in ("mobile", "other", "fixed"))
        return Row(number, (*numbers, *(values.get(name, "") for name in named)))


def rows(path: Path, encoding: str) -> Iterator[Row]:
    """Yield each card that holds something, numbered from 1 in their order; a card within one, of an assistant, is not read."""
    number, depth, before = 0, 0, ""
    card: _Card | None = None
    with path.open(encoding=encoding, errors="replace") as file:
        for line in _properties(file):
            bare = line.strip().upper()
            if bare == "BEGIN:VCARD" and (depth or before == "AGENT:"):
                depth += 1
            elif depth:
                depth -= bare == "END:VCARD"
            elif bare in ("BEGIN:VCARD", "END:VCARD"):
                # One that begins before the last has ended ends it.
                if card is not None and any((row := card.row(number)).cells):
                    yield row
                begins = bare == "BEGIN:VCARD"
                number, card = number + begins, _Card() if begins else None
            elif card is not None:
                _read(card, line)
            before = bare
    if card is not None and any((row := card.row(number)).cells):
        yield row


def _properties(file: TextIO) -> Iterator[str]:
    """Yield the properties, their folded lines put together and cut at a bound."""
    whole = ""
    while line := file.readline(_MAX_VALUE):
        line = line.rstrip("\n")
        soft = whole.endswith("=") and "QUOTED-PRINTABLE" in whole.upper()
        if soft:
            whole = _joined(whole[:-1], line.lstrip(" \t"))
        elif line[:1] in (" ", "\t"):
            whole = _joined(whole, line[1:])
        else:
            if whole:
                yield whole
            whole = line
    if whole:
        yield whole


def _joined(start: str, more: str) -> str:
    return start + more if len(start) < _MAX_VALUE else start


def _read(card: _Card, line: str) -> None:
    """Put what a property says into the card."""
    match = _PROPERTY.fullmatch(line)
    if match is None or match[1].upper() in _LEFT_OUT:
        return
    name = match[1].upper()
    parameters = [parameter.strip() for parameter in _PARAMETER.findall(match[2])]
    value = _decoded(match[3], parameters)
    values = card.values
    match name:
        case "TEL":
            _number(card, _unescaped(value), parameters)
        case "FN":
            card.full_name = card.full_name or _unescaped(value)
        case "N":
            last, first, *_ = [*_components(value), "", ""]
            values.setdefault("last", last)
            values.setdefault("first", first)
        case "EMAIL":
            values.setdefault("email", _unescaped(value))
        case "ORG":
            values.setdefault("company", _components(value)[0])
        case "TITLE":
            values.setdefault("title", _unescaped(value))
        case "ADR":
            values.setdefault("city", [*_components(value), *[""] * 4][3])
        case "BDAY":
            values.setdefault("birthday", re.sub(r"^(\d{4})(\d\d)(\d\d)$", r"\1-\2-\3", _unescaped(value)))
        case "NOTE":
            values.setdefault("notes", _unescaped(value))
        case _:
            pass


def _number(card: _Card, value: str, parameters: list[str]) -> None:
    """Put a number among its kind, the preferred one first."""
    types = set(re.findall(r"[a-z0-9-]+", " ".join(parameters).lower()))
    number = value.removeprefix("tel:").removeprefix("TEL:").split(";")[0].strip()
    if not number or types & _NOT_CALLED or sum(map(len, card.numbers.values())) >= _MAX_NUMBERS:
        return
    kind = "mobile" if types & _MOBILE else "fixed" if types & _FIXED else "other"
    card.numbers[kind].insert(0 if "pref" in types else len(card.numbers[kind]), number)


def _decoded(value: str, parameters: list[str]) -> str:
    """Return the value without its quoted-printable."""
    upper = [parameter.upper() for parameter in parameters]
    if not any(parameter in ("QUOTED-PRINTABLE", "ENCODING=QUOTED-PRINTABLE") for parameter in upper):
        return value
    raw = quopri.decodestring(value.encode("utf-8", "replace"))
    charset = next(
        (parameter[8:].strip('"') for parameter in parameters if parameter.upper().startswith("CHARSET=")), "utf-8"
    )
    try:
        return raw.decode(charset)
    except (LookupError, UnicodeDecodeError):
        return raw.decode("cp1252", "replace")


def _components(value: str) -> list[str]:
    """Return the values between the semicolons that are not escaped."""
    return [_unescaped(component) for component in _COMPONENT.findall(value)]


def _unescaped(value: str) -> str:
    return _ESCAPE.sub(lambda escape: "\n" if escape[1] in "nN" else escape[1], value).strip()
