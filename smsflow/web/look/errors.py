"""The error page of every door that people read: in French or English, with the way on."""

from dataclasses import dataclass
from functools import cache

from smsflow.web.http.errors import DoorError, ErrorPage
from smsflow.web.look.pages import HEADERS, HTML, environment, language


@dataclass(frozen=True, slots=True)
class _PageWords:
    title: str
    text: str


_WORDS = {
    "fr": {
        400: _PageWords("Cette demande est mal formée", "Le navigateur a envoyé une demande que la plateforme ne peut pas lire."),
        404: _PageWords("Cette page n’existe pas", "L’adresse est peut-être incomplète ou mal recopiée, ou la page a été déplacée."),
        405: _PageWords("Cette page ne prend pas cette demande", "Elle se lit, mais ne reçoit pas ce qui lui a été envoyé."),
        408: _PageWords("La demande n’est pas arrivée à temps", "La connexion est peut-être lente. Envoyez-la à nouveau."),
        413: _PageWords("Ce qui a été envoyé est trop grand", "Réduisez-le, puis envoyez-le à nouveau."),
        429: _PageWords("Trop de demandes", "Elles viennent de trop près les unes des autres. Attendez quelques minutes, puis réessayez."),
        431: _PageWords("L’en-tête de la demande est trop long", "Effacez les cookies de ce site, puis réessayez."),
        500: _PageWords("Une erreur s’est produite", "Elle est de notre côté et a été notée. Réessayez dans un moment."),
        503: _PageWords("La plateforme n’est pas disponible", "Elle ne peut pas répondre en ce moment. Réessayez dans un moment."),
    },
    "en": {
        400: _PageWords("This request is malformed", "The browser sent a request that the platform cannot read."),
        404: _PageWords("This page does not exist", "The address may be incomplete or mistyped, or the page has moved."),
        405: _PageWords("This page does not take this request", "It can be read, but it does not take what was sent to it."),
        408: _PageWords("The request did not arrive in time", "The connection may be slow. Send it again."),
        413: _PageWords("What was sent is too large", "Make it smaller, then send it again."),
        429: _PageWords("Too many requests", "They came too close to one another. Wait a few minutes, then try again."),
        431: _PageWords("The head of the request is too long", "Delete this site’s cookies, then try again."),
        500: _PageWords("Something went wrong", "The error is on our side and has been recorded. Try again in a moment."),
        503: _PageWords("The platform is not available", "It cannot answer at the moment. Try again in a moment."),
    },
}  # fmt: skip
_ANY = {
    "fr": _PageWords("La demande est refusée", "La plateforme ne peut pas y répondre."),
    "en": _PageWords("The request is refused", "The platform cannot answer it."),
}
# The empty address is the page itself.
_AGAIN = {"fr": ("Réessayer", ""), "en": ("Try again", "")}
_WAYS_ON = {
    "fr": (("Ouvrir la console", "/app"), ("Page d’accueil", "/"), ("Documentation de l’API", "/docs/")),
    "en": (("Open the console", "/app"), ("Home page", "/"), ("API documentation", "/docs/en/")),
}
_PASSING = frozenset({408, 429, 500, 503})


def page(failure: DoorError) -> ErrorPage:
    """Return the page for a failure, in its reader's language."""
    return _page(failure.status, language(failure.languages))


@cache
def _page(status: int, tongue: str) -> ErrorPage:
    words = _WORDS[tongue].get(status, _ANY[tongue])
    ways = (_AGAIN[tongue], *_WAYS_ON[tongue]) if status in _PASSING else _WAYS_ON[tongue]
    html = (
        environment(__package__ or __name__)
        .get_template("error.html")
        .render(language=tongue, status=status, title=words.title, text=words.text, ways=ways)
    )
    return ErrorPage(HTML, html.encode(), {**HEADERS, "Content-Language": tongue, "Vary": "Accept-Language"})
