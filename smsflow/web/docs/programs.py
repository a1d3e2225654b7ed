"""The sample programs: files that run as they are once their placeholders have values."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Language:
    """A language in which every call has a sample."""

    name: str
    title: str
    extension: str
    lexer: str
    requires: str


LANGUAGES = (
    Language("curl", "curl", "sh", "bash", "curl"),
    Language("javascript", "JavaScript", "js", "javascript", "npm install axios form-data"),
    Language("python", "Python", "py", "python", "pip install requests"),
    Language("go", "Go", "go", "go", "Go ≥ 1.16"),
    Language("php", "PHP", "php", "php", "pear install HTTP_Request2"),
    Language("php-curl", "PHP (cURL)", "php", "php", "PHP with its curl extension"),
)

# A sample file holds these in the place of the values. None is a part of another, and none is a word of a language.
PLACEHOLDERS = {
    "server": "https://VOTRE-SERVEUR",
    "username": "VOTRE_NOM_UTILISATEUR",
    "password": "VOTRE_MOT_DE_PASSE",
    "token": "VOTRE_TOKEN",
    "number": "+237690000001",
    "message": "Votre commande est arrivée",
    "sms_id": "SMS0000001",
    "code": "422510",
    "code_id": "1042",
}

SLOT = re.compile("|".join(re.escape(text) for text in PLACEHOLDERS.values()))
SLOT_NAMES = {text: name for name, text in PLACEHOLDERS.items()}

# Values stand inside the string literals of these languages: a value that could end or change one of those is refused.
_UNSAFE = re.compile(r"""['"\\`$%\x00-\x1f\x7f]""")


@cache
def source(language: Language, call: str) -> str:
    """Return the sample of `call` as its file holds it, placeholders included."""
    file = resources.files(__package__) / "samples" / language.name / f"{call}.{language.extension}"
    return file.read_text("utf-8")


def fill(text: str, values: Mapping[str, str]) -> str:
    """Return `text` with each placeholder that has a value in `values` replaced by it."""
    for name, value in values.items():
        if name not in PLACEHOLDERS:
            raise ValueError(f"no placeholder is called {name}")
        if _UNSAFE.search(value):
            raise ValueError(f"the value of {name} has a character that a sample cannot quote")

    def value_of(match: re.Match[str]) -> str:
        return values.get(SLOT_NAMES[match[0]], match[0])

    return SLOT.sub(value_of, text)


def slots(text: str) -> list[str]:
    """Return the names of the placeholders in `text`, in order, each as often as it stands there."""
    return [SLOT_NAMES[found] for found in SLOT.findall(text)]
