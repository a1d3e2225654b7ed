"""Languages: catalogues of sentences, and how numbers, times and phone numbers are written.

Sentences stand in English in templates and code. A page keeps their French in a file `fr.po` of its folder; all of them make one
catalogue. Its typographic spaces and apostrophes are put in here, so that translators type plain ones.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from markupsafe import Markup, escape

CONSOLE: Final = Path(__file__).parent.parent
NARROW: Final = "\u202f"
NO_BREAK: Final = "\u00a0"
MINUS: Final = "\u2212"
NONE: Final = "—"

_BEFORE = re.compile(r"[ \u00a0](?=[:;!?%»])")
_AFTER = re.compile(r"«[ \u00a0]")
_THOUSANDS = re.compile(r"(?<=\d)(?=(?:\d{3})+$)")


class Untranslated(KeyError):
    """A sentence has no French: add it to the fr.po of its page."""


@cache
def french() -> dict[str, str | tuple[str, str]]:
    """Return the French of every sentence; of one with a plural, both forms."""
    sentences: dict[str, str | tuple[str, str]] = {}
    for file in sorted(CONSOLE.rglob("fr.po")):
        for message in catalogue(file):
            if message.id:
                key = message.id if isinstance(message.id, str) else message.id[0]
                forms = message.string if isinstance(message.string, tuple | list) else [message.string or ""]
                written = [_french(form) for form in forms]
                sentences[key] = written[0] if len(written) == 1 else (written[0], written[1])
    return sentences


def catalogue(file: Path) -> Catalog:
    """Return the catalogue in a file."""
    with file.open("rb") as stream:
        return read_po(stream, locale="fr")


def _french(sentence: str) -> str:
    """Return a sentence with the spaces and apostrophes of French typography."""
    tight = _BEFORE.sub(NARROW, sentence)
    return _AFTER.sub("«" + NARROW, tight).replace("'", "’")


@dataclass(frozen=True, slots=True)
class Locale:
    """The language and the time zone of one reader."""

    language: str
    timezone: str = "Africa/Douala"

    def gettext(self, sentence: str, **values: object) -> str:
        """Return a sentence in the reader's language, with its values: numbers as the reader writes them."""
        found = sentence if self.language == "en" else french().get(sentence)
        if not isinstance(found, str):
            raise Untranslated(sentence)
        return self._fill(found, values)

    def ngettext(self, one: str, many: str, number: int, **values: object) -> str:
        """Return the form of a sentence for a number, which fills its {n}."""
        # French counts 0 as one.
        singular = abs(number) < 2 if self.language == "fr" else number == 1
        if self.language == "en":
            return self._fill(one if singular else many, {"n": number, **values})
        found = french().get(one)
        if not isinstance(found, tuple):
            raise Untranslated(one)
        return self._fill(found[0 if singular else 1], {"n": number, **values})

    def _fill(self, sentence: str, values: dict[str, object]) -> str:
        if not values:
            return sentence
        if any(isinstance(v, Markup) for v in values.values()):
            written = {name: self._written(v) for name, v in values.items()}
            return escape(sentence).format_map({k: escape(v) for k, v in written.items()})
        return sentence.format_map({name: self._written(v) for name, v in values.items()})

    def _written(self, value: object) -> object:
        return self.number(value) if isinstance(value, int) and not isinstance(value, bool) else value

    def number(self, value: float | None, digits: int = 0) -> str:
        """Return a number with its thousands apart and a true minus."""
        if value is None:
            return NONE
        whole, _, rest = f"{abs(value):.{digits}f}".partition(".")
        comma, apart = (",", NARROW) if self.language == "fr" else (".", ",")
        return f"{MINUS if value < 0 else ''}{_THOUSANDS.sub(apart, whole)}{comma + rest if rest else ''}"

    def signed(self, value: int) -> str:
        """Return a movement of credits: its sign, then the number."""
        if value == 0:
            return "0"
        sign = "+" if value > 0 else MINUS
        return f"{sign}{NARROW if self.language == 'fr' else ''}{self.number(abs(value))}"

    def percent(self, part: int, whole: int, digits: int = 1) -> str:
        """Return a part of a whole in percent; a dash where there is no whole."""
        if not whole:
            return NONE
        return f"{self.number(100 * part / whole, digits)}{NARROW if self.language == 'fr' else ''}%"

    def local(self, moment: datetime) -> datetime:
        """Return a moment in the reader's time zone."""
        return moment.astimezone(ZoneInfo(self.timezone))

    def time(self, moment: datetime | None, *, seconds: bool = False) -> str:
        """Return a moment as `27/11/2026 18:52`."""
        if moment is None:
            return NONE
        return self.local(moment).strftime("%d/%m/%Y %H:%M:%S" if seconds else "%d/%m/%Y %H:%M")

    def day(self, day: date | None) -> str:
        """Return a day as `27/11/2026`."""
        return NONE if day is None else day.strftime("%d/%m/%Y")

    def since(self, moment: datetime, now: datetime) -> str:
        """Return how long ago something was, in words; a moment of another day as it is."""
        ago = now - moment
        if ago < timedelta(seconds=5):
            return self.gettext("just now")
        if ago < timedelta(minutes=1):
            return self.gettext("{seconds} s ago", seconds=int(ago.total_seconds()))
        if ago < timedelta(hours=1):
            return self.gettext("{minutes} min ago", minutes=int(ago.total_seconds() // 60))
        clock = self.local(moment).strftime("%H:%M")
        days = (self.local(now).date() - self.local(moment).date()).days
        if days == 0:
            return self.gettext("today {clock}", clock=clock)
        if days == 1:
            return self.gettext("yesterday {clock}", clock=clock)
        return self.time(moment)

    def duration(self, span: timedelta) -> str:
        """Return a duration as `210 ms`, `41 s`, `3 min 52 s`, `2 h 05` or `12 days`."""
        seconds = int(span.total_seconds())
        if seconds < 1 and span:
            return f"{max(1, round(span / timedelta(milliseconds=1)))}{NO_BREAK}ms"
        if seconds < 60:
            return f"{seconds}{NO_BREAK}s"
        if seconds < 3600:
            return f"{seconds // 60}{NO_BREAK}min" + (f" {seconds % 60}{NO_BREAK}s" if seconds % 60 else "")
        if seconds < 2 * 86_400:
            return f"{seconds // 3600}{NO_BREAK}h{NO_BREAK}{seconds % 3600 // 60:02}"
        return self.ngettext("{n} day", "{n} days", seconds // 86_400)

    def read_time(self, written: str) -> datetime | None:
        """Return the moment that a form's `YYYY-MM-DDTHH:MM` or `DD/MM/YYYY HH:MM` means here, or None for neither."""
        for form in ("%Y-%m-%dT%H:%M", "%d/%m/%Y %H:%M"):
            try:
                return datetime.strptime(written.strip(), form).replace(tzinfo=ZoneInfo(self.timezone)).astimezone(UTC)
            except ValueError:
                continue
        return None


def own(written: str) -> Markup:
    """Return what somebody wrote, to stand within a sentence of ours: no browser translates it."""
    return Markup('<span translate="no">{}</span>').format(written)


def phone(number: str) -> str:
    """Return a number as people read it: `+237 6 99 04 18 27`, or in groups of three elsewhere."""
    if number.startswith("+237") and len(number) == 13:
        rest = number[4:]
        return NO_BREAK.join(["+237", rest[0], *(rest[i : i + 2] for i in range(1, 9, 2))])
    digits = number.lstrip("+")
    return (
        "+" + NO_BREAK.join(digits[i : i + 3] for i in range(0, len(digits), 3)) if number.startswith("+") else number
    )
