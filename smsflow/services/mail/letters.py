"""The texts of letters, in French and English (letters.toml)."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_LONGEST_SUBJECT = 200


@dataclass(frozen=True, slots=True)
class Letter:
    """The subject and the text of a mail, in its reader's language."""

    subject: str
    text: str


@cache
def _letters() -> dict[str, dict[str, dict[str, str]]]:
    return tomllib.loads(files(__package__).joinpath("letters.toml").read_text(encoding="utf-8"))


def letter(name: str, language: str, **values: str) -> Letter:
    """Return a letter with its values, each of them one line: none can bring in a header, or lines of its own."""
    words = _letters()[name]["en" if language == "en" else "fr"]
    lines = {key: " ".join(value.split()) for key, value in values.items()}
    return Letter(words["subject"].format_map(lines)[:_LONGEST_SUBJECT], words["text"].format_map(lines))
