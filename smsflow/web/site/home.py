"""`/`: the first page, which presents SMSFLOW and leads to signing in and to the documentation."""

from dataclasses import dataclass
from functools import cache
from typing import Final

import falcon.asgi

from smsflow.web.http.access import Access
from smsflow.web.look.pages import HEADERS, environment, language

_HEADERS: Final = {**HEADERS, "Vary": "Accept-Language"}


@dataclass(frozen=True, slots=True)
class _HomeWords:
    skip: str
    title: str
    lead: str
    points: tuple[tuple[str, str], ...]
    sign_in: str
    docs: str
    docs_address: str


_WORDS = {
    "fr": _HomeWords(
        "Aller au contenu",
        "Des SMS qui arrivent, au crédit près",
        "SMSFLOW envoie les campagnes, les notifications et les codes de vérification de votre société, et dit ce que chacun est devenu.",
        (
            (
                "Pour le marketing",
                "Importez vos clients, écrivez, voyez le coût avant d’envoyer, puis suivez la campagne en direct.",
            ),
            (
                "Pour les développeurs",
                "Une API HTTP documentée, des exemples en cinq langages, un exemple à coller qui envoie un SMS.",
            ),
            (
                "Pour la comptabilité",
                "Chaque crédit a sa cause\u202f; les crédits d’un SMS qui n’a pas pu partir sont rendus.",
            ),
        ),
        "Se connecter",
        "Documentation",
        "/docs/",
    ),
    "en": _HomeWords(
        "Skip to the content",
        "SMS that arrive, to the credit",
        "SMSFLOW sends the campaigns, notifications and verification codes of your company, and says what became of each.",
        (
            (
                "For marketing",
                "Import your customers, write, see the cost before you send, then follow the campaign live.",
            ),
            (
                "For developers",
                "A documented HTTP API, samples in five languages, and one to paste that sends an SMS.",
            ),
            ("For accounting", "Each credit has its cause; the credits of an SMS that could not leave are returned."),
        ),
        "Sign in",
        "Documentation",
        "/docs/en/",
    ),
}


class Home:
    """`/`."""

    access = Access.PUBLIC

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Show the page."""
        tongue = language(req.get_header("Accept-Language") or "")
        resp.text = _page(tongue)
        resp.set_headers({**_HEADERS, "Content-Language": tongue})

    on_head = on_get


@cache
def _page(tongue: str) -> str:
    words = _WORDS[tongue]
    return environment(__package__ or __name__).get_template("home.html").render(language=tongue, words=words)
