"""The parts of every page: its templates' environment, its security headers, and the language of its reader."""

from functools import cache
from typing import Final

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from smsflow.web.look.assets import LOOK

LANGUAGES: Final = ("fr", "en")
HTML: Final = "text/html; charset=utf-8"

HEADERS: Final = {
    # Our own files only: nothing inline, nothing from elsewhere, in nobody's frame.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


@cache
def environment(package: str) -> Environment:
    """Return the templates of a door's package, and behind them those of the look."""
    found = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader(__package__ or __name__)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals["look"] = LOOK.url
    return found


def language(accepted: str) -> str:
    """Return the one of our languages that an Accept-Language header likes best (RFC 9110 §12.5.4): French unless it is English."""
    weights = dict.fromkeys(LANGUAGES, 0.0)
    for entry in accepted.lower().split(","):
        tag, *parameters = entry.split(";")
        primary = tag.strip().partition("-")[0]
        if primary in weights:
            weights[primary] = max(weights[primary], _weight(parameters))
    return max(LANGUAGES, key=lambda one: weights[one])


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
