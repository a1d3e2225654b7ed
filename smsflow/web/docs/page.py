"""A page: the calls and the words of one language, laid out for one server address."""

import json
from dataclasses import dataclass
from functools import cache
from typing import Final

from jinja2 import Environment

from smsflow.web.docs import programs
from smsflow.web.docs.catalogue import words
from smsflow.web.docs.markup import inline, program
from smsflow.web.http.calls import Api
from smsflow.web.look.assets import Assets
from smsflow.web.look.pages import LANGUAGES, environment

_PACKAGE: Final = __package__ or __name__
ASSETS: Final = Assets(_PACKAGE, "/docs/static", "docs.css", "docs.js")

ADDRESSES = {"fr": "/docs/", "en": "/docs/en/"}

# The contents of the page in reading order: its groups, and the sections and calls in each.
CONTENTS = {
    "begin": ("introduction", "start", "conventions", "login"),
    "sms": ("send", "sms"),
    "codes": ("smscode", "verify_code", "codes"),
    "account": ("balance",),
    "reference": ("errors", "statuses", "code_statuses", "segments", "numbers", "dates", "openapi"),
}

_START = ("login", "send", "sms")


@dataclass(frozen=True, slots=True)
class Segments:
    """How many characters fit in one segment, in each of several, and in the longest message."""

    label: str
    alone: int
    joined: int
    longest: int


_SEGMENTS = (Segments("gsm_only", 160, 153, 1530), Segments("other_too", 70, 67, 670))


@cache
def _environment() -> Environment:
    templates = environment(_PACKAGE)
    templates.filters["inline"] = inline
    return templates


def render(api: Api, language: str, base: str) -> str:
    """Return the whole page on `api` in `language`, its samples addressed to `base`."""
    catalogue = words(language)
    values = {**catalogue.placeholders, "server": base}
    if base == programs.PLACEHOLDERS["server"]:
        values["server"] = catalogue.placeholders.get("server", base)

    def sample(tongue: programs.Language, call: str) -> str:
        return program(programs.source(tongue, call), tongue.lexer, values)

    def as_json(value: object) -> str:
        return program(json.dumps(value, ensure_ascii=False, indent=2), "json", values)

    other = next(tag for tag in LANGUAGES if tag != language)
    return (
        _environment()
        .get_template("page.html")
        .render(
            words=catalogue,
            labels=catalogue.labels,
            other=words(other),
            addresses=ADDRESSES,
            base=values["server"],
            contents=CONTENTS,
            calls={call.name: call for call in api.calls},
            general_errors=api.errors,
            error_example=api.error_example,
            sms_statuses=api.sms_statuses,
            code_statuses=api.code_statuses,
            segments=_SEGMENTS,
            start=_START,
            languages=programs.LANGUAGES,
            curl=programs.LANGUAGES[0],
            placeholders={**programs.PLACEHOLDERS, **values},
            sample=sample,
            as_json=as_json,
            asset=ASSETS.url,
        )
    )
